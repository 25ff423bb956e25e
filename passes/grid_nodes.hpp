// SPDX-License-Identifier: Apache-2.0
//
// Between the reals of a host graph and the integers of the hardware, as nodes.
#pragma once

#include "ir/graph.hpp"

#include <string>

namespace millrace::passes {

/// Adds Sub and Mul nodes for real = scale * (q - zero_point), those that change something; returns
/// the reals. Parameters per channel run along q's last axis.
ValueId add_decode_nodes(Graph& graph, ValueId integers, const Grid& grid, const std::string& name);

/// Adds Reshape (to `shape`, whose last axis the grid's parameters run along), Div and Add nodes
/// for q = real / scale + zero_point, those that change something; returns the integers.
ValueId add_encode_nodes(Graph& graph, ValueId reals, const Shape& shape, const Grid& grid,
                         const std::string& name);

} // namespace millrace::passes
