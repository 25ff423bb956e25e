// SPDX-License-Identifier: Apache-2.0
//
// Merging of small codes: k codes of b bits in k bytes are one integer v of 8k bits; OR-ing v with
// its shifts by multiples of 8 - b puts code j at bit j * b of the lowest byte, and everything that
// falls elsewhere is cut off. Spreading is the same backwards.
#include "runtime/packing.hpp"

#include "runtime/vectors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace millrace::runtime {

static_assert(std::endian::native == std::endian::little,
              "memory is little endian, and so are all hosts that XRT knows");

namespace {

std::size_t bytes_for(std::uint32_t container_bits, std::size_t count) {
    return (count * container_bits + 7) / 8;
}

std::uint8_t merged(std::uint64_t v) {
    v |= v >> 7;
    v |= v >> 14;
    return static_cast<std::uint8_t>(v | v >> 28);
}
std::uint64_t spread(std::uint8_t byte, std::uint64_t /*codes*/) {
    std::uint64_t v = byte;
    v = (v | v << 28) & 0x0000000f0000000fU;
    v = (v | v << 14) & 0x0003000300030003U;
    return (v | v << 7) & 0x0101010101010101U;
}
std::uint32_t spread(std::uint8_t byte, std::uint32_t /*codes*/) {
    const std::uint32_t v = byte;
    return (v | v << 6 | v << 12 | v << 18) & 0x03030303U;
}
std::uint16_t spread(std::uint8_t byte, std::uint16_t /*codes*/) {
    const std::uint32_t v = byte;
    return static_cast<std::uint16_t>((v | v << 4) & 0x0f0fU);
}

/// Group: the integer of as many bytes as codes go into a byte.
template <class Group> void merge_block(const std::uint8_t* codes, std::byte* to) {
    if constexpr (sizeof(Group) == 8) {
        for (std::size_t i = 0; i < pack_block / 8; ++i) {
            to[i] = static_cast<std::byte>(merged(simd::load<std::uint64_t>(codes + 8 * i)));
        }
    } else if constexpr (sizeof(Group) == 4) {
        simd::I4 bytes[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const auto v = simd::load<simd::U4>(codes + 16 * i);
            bytes[i] = reinterpret_cast<simd::I4>((v | v >> 6 | v >> 12 | v >> 18) & 0xff);
        }
        simd::store(to, simd::narrow(bytes[0], bytes[1], bytes[2], bytes[3]));
    } else {
        for (std::size_t i = 0; i < 2; ++i) {
            const auto a = simd::load<simd::U8>(codes + 32 * i);
            const auto b = simd::load<simd::U8>(codes + 32 * i + 16);
            simd::store(to + 16 * i, simd::narrow((a | a >> 4) & 0xff, (b | b >> 4) & 0xff));
        }
    }
}

template <class Group>
void merge_codes(std::uint32_t container_bits, const std::uint8_t* codes, std::size_t count,
                 std::byte* to) {
    constexpr std::size_t block_bytes = pack_block / sizeof(Group);
    for (; count >= pack_block; count -= pack_block) {
        merge_block<Group>(codes, to);
        codes += pack_block;
        to += block_bytes;
    }
    if (count != 0) {
        std::array<std::uint8_t, pack_block> rest{};
        std::array<std::byte, block_bytes> bytes;
        std::memcpy(rest.data(), codes, count);
        merge_block<Group>(rest.data(), bytes.data());
        std::memcpy(to, bytes.data(), bytes_for(container_bits, count));
    }
}

template <class Group>
void spread_codes(const std::byte* from, std::size_t count, std::uint8_t* codes) {
    std::array<std::uint8_t, pack_block / sizeof(Group)> bytes{};
    std::array<Group, pack_block / sizeof(Group)> wide;
    std::memcpy(bytes.data(), from, (count + sizeof(Group) - 1) / sizeof(Group));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        wide[i] = spread(bytes[i], Group{});
    }
    std::memcpy(codes, wide.data(), pack_block);
}

/// Up to a block of codes.
template <class Code>
void load_codes(std::uint32_t container_bits, const std::byte* from, std::size_t count,
                Code* codes) {
    if constexpr (sizeof(Code) == 1) {
        switch (container_bits) {
        case 1:
            return spread_codes<std::uint64_t>(from, count, codes);
        case 2:
            return spread_codes<std::uint32_t>(from, count, codes);
        case 4:
            return spread_codes<std::uint16_t>(from, count, codes);
        default:
            break;
        }
    }
    std::memcpy(codes, from, count * sizeof(Code));
}

/// The integers of a block of codes.
template <class Code, class Q>
void integers_of(const FrameLayout& layout, const Code* codes, Q* integers) {
    const auto mask = static_cast<Code>(layout.bits == 64 ? ~std::uint64_t{0}
                                                          : (std::uint64_t{1} << layout.bits) - 1);
    if (layout.encoding == Encoding::bipolar) {
        for (std::size_t i = 0; i < pack_block; ++i) {
            integers[i] = static_cast<Q>(2 * (codes[i] & 1) - 1);
        }
        return;
    }
    // (code ^ sign) - sign extends the sign; with sign = 0 nothing happens. In the codes' width
    // where the integers are no wider, else in theirs.
    using Wide = std::make_unsigned_t<
        std::conditional_t<(sizeof(Q) > sizeof(Code)), Q, std::make_signed_t<Code>>>;
    const auto sign = static_cast<Wide>(
        layout.encoding == Encoding::signed_integer ? std::uint64_t{1} << (layout.bits - 1) : 0);
    for (std::size_t i = 0; i < pack_block; ++i) {
        const auto code = static_cast<Wide>(codes[i] & mask);
        integers[i] = static_cast<Q>(static_cast<Wide>((code ^ sign) - sign));
    }
}

template <class Code, class Q>
void pack_as(const FrameLayout& layout, const Q* integers, std::byte* frame) {
    if constexpr (sizeof(Q) == sizeof(Code)) {
        if (layout.container_bits == 8 * sizeof(Code)) {
            std::memcpy(frame, integers, layout.elements * sizeof(Code));
            return;
        }
    }
    const CodeMap<Code> code(layout);
    std::array<Q, pack_block> q{};
    std::array<Code, pack_block> codes;
    const std::size_t block_bytes = bytes_for(layout.container_bits, pack_block);
    for (std::size_t first = 0; first < layout.elements; first += pack_block) {
        const std::size_t count = std::min(pack_block, layout.elements - first);
        std::memcpy(q.data(), integers + first, count * sizeof(Q));
        for (std::size_t i = 0; i < pack_block; ++i) {
            codes[i] = code(q[i]);
        }
        store_codes(layout.container_bits, codes.data(), count,
                    frame + first / pack_block * block_bytes);
    }
}

template <class Code, class Q>
void unpack_as(const FrameLayout& layout, const std::byte* frame, std::size_t first,
               std::size_t count, Q* integers) {
    std::array<Code, pack_block> codes{};
    std::array<Q, pack_block> q;
    const std::byte* from = frame + bytes_for(layout.container_bits, first);
    const std::size_t block_bytes = bytes_for(layout.container_bits, pack_block);
    while (count != 0) {
        const std::size_t block = std::min(pack_block, count);
        load_codes(layout.container_bits, from, block, codes.data());
        integers_of(layout, codes.data(), q.data());
        std::memcpy(integers, q.data(), block * sizeof(Q));
        integers += block;
        from += block_bytes;
        count -= block;
    }
}

} // namespace

FrameLayout::FrameLayout(const PortInfo& port)
    : bits(port.bits),
      encoding(port.encoding),
      container_bits(port.container_bits),
      elements(static_cast<std::size_t>(element_count(port.shape))),
      frame_bytes(port.frame_bytes) {}

std::int64_t FrameLayout::lowest() const {
    switch (encoding) {
    case Encoding::unsigned_integer:
        return 0;
    case Encoding::bipolar:
        return -1;
    case Encoding::signed_integer:
        break;
    }
    return static_cast<std::int64_t>(~std::uint64_t{0} << (bits - 1));
}

std::int64_t FrameLayout::highest() const {
    if (encoding == Encoding::bipolar) {
        return 1;
    }
    const std::uint32_t value_bits = encoding == Encoding::signed_integer ? bits - 1 : bits;
    // Integers of a host have 63 bits and a sign.
    return value_bits >= 63 ? INT64_MAX : (std::int64_t{1} << value_bits) - 1;
}

template <class Code>
void store_codes(std::uint32_t container_bits, const Code* codes, std::size_t count,
                 std::byte* to) {
    if constexpr (sizeof(Code) == 1) {
        switch (container_bits) {
        case 1:
            return merge_codes<std::uint64_t>(container_bits, codes, count, to);
        case 2:
            return merge_codes<std::uint32_t>(container_bits, codes, count, to);
        case 4:
            return merge_codes<std::uint16_t>(container_bits, codes, count, to);
        default:
            break;
        }
    }
    std::memcpy(to, codes, count * sizeof(Code));
}

void zero_padding(const FrameLayout& layout, std::byte* frame) {
    const std::size_t used = bytes_for(layout.container_bits, layout.elements);
    std::fill(frame + used, frame + layout.frame_bytes, std::byte{0});
}

template <class Q> void pack_frame(const FrameLayout& layout, const Q* integers, std::byte* frame) {
    switch (layout.code_bytes()) {
    case 1:
        pack_as<std::uint8_t>(layout, integers, frame);
        break;
    case 2:
        pack_as<std::uint16_t>(layout, integers, frame);
        break;
    case 4:
        pack_as<std::uint32_t>(layout, integers, frame);
        break;
    default:
        pack_as<std::uint64_t>(layout, integers, frame);
        break;
    }
    zero_padding(layout, frame);
}

template <class Q>
void unpack_frame(const FrameLayout& layout, const std::byte* frame, std::size_t first,
                  std::size_t count, Q* integers) {
    switch (layout.code_bytes()) {
    case 1:
        return unpack_as<std::uint8_t>(layout, frame, first, count, integers);
    case 2:
        return unpack_as<std::uint16_t>(layout, frame, first, count, integers);
    case 4:
        return unpack_as<std::uint32_t>(layout, frame, first, count, integers);
    default:
        return unpack_as<std::uint64_t>(layout, frame, first, count, integers);
    }
}

template void store_codes(std::uint32_t, const std::uint8_t*, std::size_t, std::byte*);
template void store_codes(std::uint32_t, const std::uint16_t*, std::size_t, std::byte*);
template void store_codes(std::uint32_t, const std::uint32_t*, std::size_t, std::byte*);
template void store_codes(std::uint32_t, const std::uint64_t*, std::size_t, std::byte*);
template void pack_frame(const FrameLayout&, const std::int8_t*, std::byte*);
template void pack_frame(const FrameLayout&, const std::int16_t*, std::byte*);
template void pack_frame(const FrameLayout&, const std::int32_t*, std::byte*);
template void pack_frame(const FrameLayout&, const std::int64_t*, std::byte*);
template void unpack_frame(const FrameLayout&, const std::byte*, std::size_t, std::size_t,
                           std::int8_t*);
template void unpack_frame(const FrameLayout&, const std::byte*, std::size_t, std::size_t,
                           std::int16_t*);
template void unpack_frame(const FrameLayout&, const std::byte*, std::size_t, std::size_t,
                           std::int32_t*);
template void unpack_frame(const FrameLayout&, const std::byte*, std::size_t, std::size_t,
                           std::int64_t*);

} // namespace millrace::runtime
