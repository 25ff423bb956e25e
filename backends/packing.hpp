// SPDX-License-Identifier: Apache-2.0
//
// Integers of a tensor as they lie in a kernel's memory: one container of the next power of two of
// bits each, containers packed from bit 0, frames padded to whole memory words.
#pragma once

#include "ir/integer_executor.hpp"
#include "ir/type.hpp"

#include <cstdint>
#include <span>

namespace millrace::backends {

/// How the frames of a port are laid out.
struct FrameLayout {
    ElementFormat element;
    std::int64_t elements = 0;
    std::int64_t container_bits = 8;
    std::int64_t frame_bytes = 0;
};

/// Packs one frame; `bytes` has layout.frame_bytes bytes, zeroed here.
void pack_frame(const FrameLayout& layout, std::span<const std::int64_t> integers,
                std::span<std::byte> bytes);
/// The inverse.
void unpack_frame(const FrameLayout& layout, std::span<const std::byte> bytes,
                  std::span<std::int64_t> integers);

} // namespace millrace::backends
