// SPDX-License-Identifier: Apache-2.0
//
// Containers of a byte or more are stored byte by byte (little endian); smaller ones never straddle
// a byte, as their widths divide eight.
#include "backends/packing.hpp"

#include <algorithm>

namespace millrace::backends {

namespace {

std::uint64_t low_bits(std::int64_t bits) {
    return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

} // namespace

void pack_frame(const FrameLayout& layout, std::span<const std::int64_t> integers,
                std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    const bool bipolar = layout.element.encoding == Encoding::bipolar;
    const std::uint64_t mask = low_bits(layout.container_bits);
    for (std::size_t i = 0; i < integers.size(); ++i) {
        const std::uint64_t code =
            bipolar ? (integers[i] > 0 ? 1U : 0U) : static_cast<std::uint64_t>(integers[i]) & mask;
        const std::size_t bit = i * static_cast<std::size_t>(layout.container_bits);
        if (layout.container_bits < 8) {
            bytes[bit / 8] |= static_cast<std::byte>(code << (bit % 8));
        } else {
            for (std::size_t b = 0; b < static_cast<std::size_t>(layout.container_bits) / 8; ++b) {
                bytes[bit / 8 + b] = static_cast<std::byte>(code >> (8 * b));
            }
        }
    }
}

void unpack_frame(const FrameLayout& layout, std::span<const std::byte> bytes,
                  std::span<std::int64_t> integers) {
    const std::uint64_t mask = low_bits(layout.element.bits);
    const std::uint64_t sign_bit = std::uint64_t{1} << (layout.element.bits - 1);
    for (std::size_t i = 0; i < integers.size(); ++i) {
        const std::size_t bit = i * static_cast<std::size_t>(layout.container_bits);
        std::uint64_t code = 0;
        if (layout.container_bits < 8) {
            code = std::to_integer<std::uint64_t>(bytes[bit / 8]) >> (bit % 8);
        } else {
            for (std::size_t b = 0; b < static_cast<std::size_t>(layout.container_bits) / 8; ++b) {
                code |= std::to_integer<std::uint64_t>(bytes[bit / 8 + b]) << (8 * b);
            }
        }
        code &= mask;
        switch (layout.element.encoding) {
        case Encoding::unsigned_integer:
            integers[i] = static_cast<std::int64_t>(code);
            break;
        case Encoding::signed_integer:
            integers[i] = static_cast<std::int64_t>((code ^ sign_bit) - sign_bit);
            break;
        case Encoding::bipolar:
            integers[i] = code != 0 ? 1 : -1;
            break;
        }
    }
}

} // namespace millrace::backends
