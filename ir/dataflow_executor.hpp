// SPDX-License-Identifier: Apache-2.0
//
// The interpreter of the dataflow level: actor by actor, word by word, in each actor's own loop
// order, with bits of the declared width only.
#pragma once

#include "ir/graph.hpp"
#include "ir/integer_executor.hpp"

#include <vector>

namespace millrace {

/// Executes one frame. inputs[i] are the integers of graph.inputs[i]; returns those of
/// graph.outputs. Throws Defect when a value does not fit its stream's format or an actor leaves
/// words unread.
std::vector<IntegerBuffer> execute_dataflow(const Graph& dataflow,
                                            const std::vector<IntegerBuffer>& inputs);

} // namespace millrace
