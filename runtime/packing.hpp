// SPDX-License-Identifier: Apache-2.0
//
// Integers as they lie in a kernel's memory: one container of 1, 2, 4, 8, 16, 32 or 64 bits each,
// from bit 0 upwards, little endian, frames padded with zeros to whole memory words
// (docs/manifest.md, "Packing").
//
// Packing has two steps. An integer becomes a code: its container's bits in the smallest unsigned
// type that holds them. Codes of a byte or more are the memory's bytes; smaller ones are merged.
// All loops run over blocks of a fixed number of elements without branches, so that compilers use
// vector instructions at -O2 on any machine.
#pragma once

#include "runtime/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace millrace::runtime {

/// How the frames of a port are laid out.
struct FrameLayout {
    std::uint32_t bits = 8;
    Encoding encoding = Encoding::unsigned_integer;
    std::uint32_t container_bits = 8;
    std::size_t elements = 0;
    std::size_t frame_bytes = 0;

    FrameLayout() = default;
    explicit FrameLayout(const PortInfo& port);
    /// Smallest and largest integer of an element.
    [[nodiscard]] std::int64_t lowest() const;
    [[nodiscard]] std::int64_t highest() const;
    /// Bytes of the codes' type: 1, 2, 4 or 8.
    [[nodiscard]] std::size_t code_bytes() const {
        return container_bits < 8 ? 1 : container_bits / 8;
    }
};

/// Elements of a block: a multiple of 8, so that blocks of any container end at a byte.
inline constexpr std::size_t pack_block = 64;

/// What turns integers into codes: code = ((q + add) >> shift) & mask. For bipolar elements -1 and
/// 1 become 0 and 1, everything else keeps its low bits.
template <class Code> struct CodeMap {
    Code add = 0;
    int shift = 0;
    Code mask = static_cast<Code>(~Code{0});

    explicit CodeMap(const FrameLayout& layout) {
        if (layout.encoding == Encoding::bipolar) {
            add = 1;
            shift = 1;
        }
        if (layout.container_bits < 8 * sizeof(Code)) {
            mask = static_cast<Code>((Code{1} << layout.container_bits) - 1);
        }
    }
    template <class Q> [[nodiscard]] Code operator()(Q q) const {
        return static_cast<Code>((static_cast<Code>(static_cast<Code>(q) + add) >> shift) & mask);
    }
};

/// Stores codes (below 2^container_bits; for `Code` see code_bytes()) from a byte on: writes
/// ceil(count * container_bits / 8) bytes, the unused bits of the last one 0.
template <class Code>
void store_codes(std::uint32_t container_bits, const Code* codes, std::size_t count, std::byte* to);

/// Packs one frame of layout.elements integers within lowest()..highest(); frame has
/// layout.frame_bytes bytes. Q: int8_t, int16_t, int32_t, int64_t.
template <class Q> void pack_frame(const FrameLayout& layout, const Q* integers, std::byte* frame);
/// The inverse: elements [first, first + count) of a frame; `first` is a multiple of 8. Only the
/// low `bits` of each container count. Q must hold all of lowest()..highest().
template <class Q>
void unpack_frame(const FrameLayout& layout, const std::byte* frame, std::size_t first,
                  std::size_t count, Q* integers);

/// Zeros from the end of the last container's byte to the end of the frame.
void zero_padding(const FrameLayout& layout, std::byte* frame);

} // namespace millrace::runtime
