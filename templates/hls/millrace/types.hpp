// SPDX-License-Identifier: Apache-2.0
//
// Element encodings and the layout of stream words, shared by all actors.
//
// A stream word is ap_uint<LANES * bits>; lane i is bits [i * bits, (i + 1) * bits), so lane 0 is
// lowest. An encoding says what number the bits of a lane mean: Unsigned<B> a natural number,
// Signed<B> two's complement, Bipolar one bit b that means 2 * b - 1. encode() keeps the low bits,
// decode() is its inverse for every number that the encoding holds, so a word written by one actor
// is read as the same numbers by the next.
//
// Include this file (or any actor) before <ap_int.h>: it lifts the limit on the width of ap_uint to
// the 4,096 bits that a stream word may have.
#ifndef MILLRACE_TYPES_HPP
#define MILLRACE_TYPES_HPP

#ifndef AP_INT_MAX_W
#define AP_INT_MAX_W 4096
#endif

#include <ap_int.h>
#include <hls_stream.h>

#include <cstdint>

namespace millrace {

constexpr int max_word_bits = 4096;

template <int B> struct Unsigned {
    static_assert(B >= 1 && B <= 64, "element widths are 1 to 64 bits");
    static constexpr int bits = B;
    static constexpr bool is_signed = false;
    static constexpr bool is_bipolar = false;
    typedef ap_uint<B> value;   // the number, in arithmetic
    typedef ap_uint<B> storage; // the number, in a parameter array

    static value decode(const ap_uint<B>& code) {
#pragma HLS INLINE
        return code;
    }
    template <typename V> static ap_uint<B> encode(const V& number) {
#pragma HLS INLINE
        return ap_uint<B>(number);
    }
};

template <int B> struct Signed {
    static_assert(B >= 1 && B <= 64, "element widths are 1 to 64 bits");
    static constexpr int bits = B;
    static constexpr bool is_signed = true;
    static constexpr bool is_bipolar = false;
    typedef ap_int<B> value;
    typedef ap_int<B> storage;

    static value decode(const ap_uint<B>& code) {
#pragma HLS INLINE
        return ap_int<B>(code);
    }
    template <typename V> static ap_uint<B> encode(const V& number) {
#pragma HLS INLINE
        return ap_uint<B>(number);
    }
};

struct Bipolar {
    static constexpr int bits = 1;
    static constexpr bool is_signed = true;
    static constexpr bool is_bipolar = true;
    typedef ap_int<2> value;
    typedef ap_uint<1> storage; // the code, not the number

    static value decode(const ap_uint<1>& code) {
#pragma HLS INLINE
        return code == 1 ? ap_int<2>(1) : ap_int<2>(-1);
    }
    template <typename V> static ap_uint<1> encode(const V& number) {
#pragma HLS INLINE
        return number >= 0 ? ap_uint<1>(1) : ap_uint<1>(0);
    }
};

// Reads a parameter array's entry as a number.
template <typename E> typename E::value decode_storage(const typename E::storage& entry) {
#pragma HLS INLINE
    return E::decode(ap_uint<E::bits>(entry));
}

// The number in a lane of a word.
template <typename E, int W> typename E::value get_lane(const ap_uint<W>& word, int lane) {
#pragma HLS INLINE
    const ap_uint<E::bits> code = word.range(lane * E::bits + E::bits - 1, lane * E::bits);
    return E::decode(code);
}

// Writes the low bits of a number into a lane of a word.
template <typename E, int W, typename V>
void set_lane(ap_uint<W>& word, int lane, const V& number) {
#pragma HLS INLINE
    word.range(lane * E::bits + E::bits - 1, lane * E::bits) = E::encode(number);
}

// How many bits count up to n - 1; at least 1.
constexpr int index_bits(long long n) { return n <= 2 ? 1 : 1 + index_bits((n + 1) / 2); }
constexpr int greater(int a, int b) { return a > b ? a : b; }
constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

// Bits of a memory container: the next power of two.
constexpr int container_bits(int bits) {
    return bits <= 1 ? 1 : 2 * container_bits((bits + 1) / 2);
}

#ifndef __SYNTHESIS__
// Iterations that pipelined loops of this thread have made. In the hardware form of an
// actor one iteration is one clock cycle, so tests compare this with the documented schedules.
inline long long& loop_iterations() {
    static thread_local long long count = 0;
    return count;
}
#endif

inline void count_iteration() {
#pragma HLS INLINE
#ifndef __SYNTHESIS__
    ++loop_iterations();
#endif
}

} // namespace millrace

#endif // MILLRACE_TYPES_HPP
