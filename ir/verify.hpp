// SPDX-License-Identifier: Apache-2.0
//
// The verifier that runs around every pass.
#pragma once

#include "ir/graph.hpp"

namespace millrace {

/// Checks that ids are in range, names unique, every value is a constant, an input or produced
/// exactly once and before its uses, each op belongs to the graph's level, every type is what
/// infer() says, constants have their type's shape, and level-specific rules (ranges not empty,
/// word widths at most 4,096 bits, one reader for each stream). Throws Defect naming `stage`, the
/// node and the broken rule.
void verify(const Graph& graph, std::string_view stage);

/// True when ops of this kind may stand in a graph of the level.
bool belongs_to(const Op& op, Level level);

} // namespace millrace
