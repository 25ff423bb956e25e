// SPDX-License-Identifier: Apache-2.0
//
// What a frame's way through a body says about its beginning and its end, whatever the lanes: what
// actors can do before an input comes, and what an output waits for.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <vector>

namespace millrace::planner {

/// By value: how many of its first elements depend on no input, such as the upper edge of a pad.
/// Streams are in order, so nothing behind them comes earlier.
std::vector<std::int64_t> early_elements(const Graph& body);

/// How many of the first elements of an input a node needs for the first `count` of its result.
/// At least; not of matrix products.
std::int64_t needed_elements(const Graph& body, const Node& node, std::size_t input,
                             std::int64_t count);

/// Whether the last element of a node's first result waits for the last of its inputs.
bool ends_with_input(const Graph& body, const Node& node);

/// By value: whether some output waits for its last element.
std::vector<bool> awaited_to_the_end(const Graph& body);

} // namespace millrace::planner
