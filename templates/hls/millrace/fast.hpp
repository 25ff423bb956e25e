// SPDX-License-Identifier: Apache-2.0
//
// Native numbers for C simulation: words are unpacked once into small arrays of native integers,
// which the compiler can vectorise, and packed again at the end. Not seen by synthesis.
//
// An array element is the narrowest native type that holds every number of the encoding, so the
// conversion never loses anything. Packing keeps the low bits, as encode() does in hardware.
#ifndef MILLRACE_FAST_HPP
#define MILLRACE_FAST_HPP

#include "types.hpp"

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace millrace {
namespace fast {

__extension__ typedef __int128 Wide;

// Bits that an encoding needs as a two's complement number.
template <typename E> constexpr int signed_bits() {
    return E::is_bipolar ? 2 : E::is_signed ? E::bits : E::bits + 1;
}

// A native integer of at least that many bits; 32 bits where that is enough.
template <int BITS>
using Integer = typename std::conditional<
    (BITS <= 32), std::int32_t,
    typename std::conditional<(BITS <= 64), std::int64_t, Wide>::type>::type;

// Vectors of so many elements that are computed at once: arrays that stay in the cache, and few
// enough calls of the streams.
constexpr int vectors_at_once(long long elements) {
    return elements >= 512 ? 1 : static_cast<int>(512 / elements);
}

// A native integer for an operand of a product: 16 bits where that is enough.
template <int BITS>
using Operand = typename std::conditional<(BITS <= 16), std::int16_t, Integer<BITS>>::type;

template <typename E> inline std::int64_t decode_code(std::uint64_t code) {
    if (E::is_bipolar) return code != 0 ? 1 : -1;
    constexpr int spare = 64 - E::bits;
    return E::is_signed ? static_cast<std::int64_t>(code << spare) >> spare
                        : static_cast<std::int64_t>(code);
}

template <typename E, typename N> inline std::uint64_t encode_code(N number) {
    if (E::is_bipolar) return number >= 0 ? 1 : 0;
    constexpr std::uint64_t mask = ~std::uint64_t(0) >> (64 - E::bits);
    return static_cast<std::uint64_t>(number) & mask;
}

template <int W> inline std::uint64_t get_limb(const ap_uint<W>& word, int limb) {
    if (W <= 64) return word.to_uint64();
    const int hi = 64 * limb + 63;
    return word.range(hi < W ? hi : W - 1, 64 * limb).to_uint64();
}

template <int W> inline void set_limb(ap_uint<W>& word, int limb, std::uint64_t value) {
    if (W <= 64) {
        word = ap_uint<W>(value);
        return;
    }
    const int hi = 64 * limb + 63;
    word.range(hi < W ? hi : W - 1, 64 * limb) = ap_uint<64>(value);
}

// Lane codes of BITS bits; the limb loads are shared by neighbouring lanes.
template <int BITS, int LANES, int W, typename Sink>
inline void for_each_lane(const ap_uint<W>& word, Sink sink) {
    constexpr std::uint64_t mask = ~std::uint64_t(0) >> (64 - BITS);
    constexpr int limbs = (W + 63) / 64;
    std::uint64_t limb[limbs + 1];
    for (int i = 0; i < limbs; ++i) limb[i] = get_limb(word, i);
    limb[limbs] = 0;
    for (int lane = 0; lane < LANES; ++lane) {
        const int at = lane * BITS;
        const int offset = at & 63;
        std::uint64_t code = limb[at >> 6] >> offset;
        if (64 % BITS != 0 && offset + BITS > 64) code |= limb[(at >> 6) + 1] << (64 - offset);
        sink(lane, code & mask);
    }
}

// Whether lanes are the bytes of a native integer; the host's bytes are in little-endian order.
template <typename E> constexpr bool is_native() {
    return !E::is_bipolar && (E::bits == 8 || E::bits == 16 || E::bits == 32 || E::bits == 64);
}
// That integer.
template <typename E>
using NativeLane = typename std::conditional<
    (E::bits > 32), typename std::conditional<E::is_signed, std::int64_t, std::uint64_t>::type,
    typename std::conditional<
        (E::bits > 16), typename std::conditional<E::is_signed, std::int32_t, std::uint32_t>::type,
        typename std::conditional<
            (E::bits > 8),
            typename std::conditional<E::is_signed, std::int16_t, std::uint16_t>::type,
            typename std::conditional<E::is_signed, std::int8_t, std::uint8_t>::type>::type>::
        type>::type;

template <typename E, int LANES, int W, typename N>
inline void unpack(const ap_uint<W>& word, N* numbers) {
    if (LANES == 1) {
        numbers[0] = static_cast<N>(decode_code<E>(word.to_uint64()));
        return;
    }
    if (is_native<E>()) {
        constexpr int limbs = (W + 63) / 64;
        std::uint64_t limb[limbs];
        for (int i = 0; i < limbs; ++i) limb[i] = get_limb(word, i);
        NativeLane<E> lanes[LANES];
        std::memcpy(lanes, limb, is_native<E>() ? sizeof(lanes) : 0);
        for (int lane = 0; lane < LANES; ++lane) numbers[lane] = static_cast<N>(lanes[lane]);
        return;
    }
    for_each_lane<E::bits, LANES>(word, [numbers](int lane, std::uint64_t code) {
        numbers[lane] = static_cast<N>(decode_code<E>(code));
    });
}

// The number in a word of one lane; short codes in short arithmetic, which vectorises.
template <typename E, typename N, int W> inline N decode_word(const ap_uint<W>& word) {
    if (E::is_bipolar || E::bits > 32) return static_cast<N>(decode_code<E>(word.to_uint64()));
    constexpr int spare = E::bits <= 32 ? 32 - E::bits : 0;
    const std::uint32_t code = static_cast<std::uint32_t>(word.to_uint64());
    return E::is_signed ? static_cast<N>(static_cast<std::int32_t>(code << spare) >> spare)
                        : static_cast<N>(code);
}

// The numbers of consecutive words.
template <typename E, int LANES, int W, typename N>
inline void unpack_words(const ap_uint<W>* words, int count, N* numbers) {
    if (LANES == 1) {
        for (int i = 0; i < count; ++i) numbers[i] = decode_word<E, N>(words[i]);
    } else {
        for (int i = 0; i < count; ++i) unpack<E, LANES>(words[i], numbers + i * LANES);
    }
}

template <int BITS, int LANES, int W, typename Source> inline ap_uint<W> pack_codes(Source source) {
    constexpr int limbs = (W + 63) / 64;
    std::uint64_t limb[limbs + 1] = {};
    for (int lane = 0; lane < LANES; ++lane) {
        const int at = lane * BITS;
        const int offset = at & 63;
        const std::uint64_t code = source(lane);
        limb[at >> 6] |= code << offset;
        if (64 % BITS != 0 && offset + BITS > 64) limb[(at >> 6) + 1] |= code >> (64 - offset);
    }
    ap_uint<W> word;
    for (int i = 0; i < limbs; ++i) set_limb(word, i, limb[i]);
    return word;
}

template <typename E, int LANES, typename N>
inline ap_uint<LANES * E::bits> pack(const N* numbers) {
    if (LANES == 1) return ap_uint<LANES * E::bits>(encode_code<E>(numbers[0]));
    if (is_native<E>()) {
        constexpr int limbs = (LANES * E::bits + 63) / 64;
        NativeLane<E> lanes[LANES];
        for (int lane = 0; lane < LANES; ++lane) {
            lanes[lane] = static_cast<NativeLane<E>>(numbers[lane]);
        }
        std::uint64_t limb[limbs] = {};
        std::memcpy(limb, lanes, is_native<E>() ? sizeof(lanes) : 0);
        ap_uint<LANES * E::bits> word;
        for (int i = 0; i < limbs; ++i) set_limb(word, i, limb[i]);
        return word;
    }
    return pack_codes<E::bits, LANES, LANES * E::bits>(
        [numbers](int lane) { return encode_code<E>(numbers[lane]); });
}

template <typename E, int LANES, int W, typename N>
inline void pack_words(const N* numbers, int count, ap_uint<W>* words) {
    for (int i = 0; i < count; ++i) words[i] = pack<E, LANES>(numbers + i * LANES);
}

// The numbers of consecutive words in words of another encoding, which holds them.
template <typename In, typename Out, int PE>
inline void convert_words(const ap_uint<PE * In::bits>* from, int count,
                          ap_uint<PE * Out::bits>* to) {
    typedef ap_uint<PE * Out::bits> OutWord;
    if (In::bits == Out::bits && In::is_bipolar == Out::is_bipolar) {
        for (int i = 0; i < count; ++i) to[i] = OutWord(from[i]);
    } else if (PE == 1) {
        for (int i = 0; i < count; ++i) {
            to[i] = OutWord(encode_code<Out>(decode_word<In, Integer<signed_bits<In>()>>(from[i])));
        }
    } else {
        Integer<signed_bits<In>()> numbers[PE];
        for (int i = 0; i < count; ++i) {
            unpack<In, PE>(from[i], numbers);
            to[i] = pack<Out, PE>(numbers);
        }
    }
}

// The next words of a stream as an array: in place where the stream offers that, else through
// `spare`. The array is valid until the next use of the stream or of `spare`.
template <typename Word, typename Stream>
inline auto read_block(Stream& stream, std::size_t count, std::vector<Word>&, int)
    -> decltype(stream.read_block(count)) {
    return stream.read_block(count);
}
template <typename Word, typename Stream>
inline const Word* read_block(Stream& stream, std::size_t count, std::vector<Word>& spare, long) {
    spare.resize(count);
    for (std::size_t i = 0; i < count; ++i) spare[i] = stream.read();
    return spare.data();
}

// Writes `count` words that fill(array of words) assigns.
template <typename Word, typename Stream, typename Fill>
inline auto write_block(Stream& stream, std::size_t count, std::vector<Word>&, Fill fill, int)
    -> decltype(stream.write_block(count), void()) {
    fill(stream.write_block(count));
}
template <typename Word, typename Stream, typename Fill>
inline void write_block(Stream& stream, std::size_t count, std::vector<Word>& spare, Fill fill,
                        long) {
    spare.resize(count);
    fill(spare.data());
    for (std::size_t i = 0; i < count; ++i) stream.write(spare[i]);
}

} // namespace fast
} // namespace millrace

#endif // MILLRACE_FAST_HPP
