// SPDX-License-Identifier: Apache-2.0
//
// A layered drawing of an acyclic graph: every edge leads downwards, edges over several layers keep
// clear of the nodes in between.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace::cli {

struct Point {
    double x = 0; ///< columns, 0 is the leftmost centre
    double y = 0; ///< layers
};

struct GraphLayout {
    std::vector<Point> nodes;
    /// For each edge the points that it goes through: its source, a point in every layer between,
    /// its target.
    std::vector<std::vector<Point>> edges;
    double width = 0; ///< the largest x
    std::size_t layers = 0;
};

/// Lays out `count` nodes; edges (from, to) have from < to, that is the nodes are in topological
/// order. Throws Defect otherwise.
GraphLayout lay_out(std::size_t count,
                    const std::vector<std::pair<std::size_t, std::size_t>>& edges);

} // namespace millrace::cli
