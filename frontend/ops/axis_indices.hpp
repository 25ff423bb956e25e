// SPDX-License-Identifier: Apache-2.0
//
// Repeating and picking along one axis by a constant list of indices: how Resize, Pad (but for
// constant values), Tile and Expand are written.
#pragma once

#include "frontend/context.hpp"

#include <cstdint>
#include <vector>

namespace millrace::frontend {

/// The elements of a value at these indices along an axis; the value itself when they are
/// 0, 1, ... to the last.
ValueId taken_along(NodeContext& node, ValueId value, std::int64_t axis,
                    const std::vector<std::int64_t>& indices);

/// Where an axis of the result begins and how long it is; index_of(position) gives the index in an
/// axis of the input. Checks the length against the limits before it makes the list.
template <class IndexOf>
std::vector<std::int64_t> index_list(NodeContext& node, std::int64_t length, IndexOf&& index_of) {
    node.builder().reserve_folded({length}, node.report());
    std::vector<std::int64_t> indices;
    indices.reserve(static_cast<std::size_t>(length));
    for (std::int64_t position = 0; position < length; ++position) {
        indices.push_back(index_of(position));
    }
    return indices;
}

} // namespace millrace::frontend
