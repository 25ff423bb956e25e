// SPDX-License-Identifier: Apache-2.0
//
// Random graphs that hold every op of every level with random fields, for what must not depend on
// a graph's meaning, and structural equality of graphs. The graphs need not be well-typed.
#pragma once

#include "ir/graph.hpp"

#include <random>

namespace millrace::tests {

/// A graph with at least one node of every op.
Graph random_graph(std::mt19937& random);

/// The same level, names, types, constants (storage included), nodes and fields; value ids may
/// differ.
bool equal(const Graph& a, const Graph& b);

} // namespace millrace::tests
