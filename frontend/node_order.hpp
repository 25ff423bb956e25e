// SPDX-License-Identifier: Apache-2.0
//
// The order in which nodes are read: each after those that its inputs come from, and otherwise as
// the file has them.
#pragma once

#include <cstddef>
#include <vector>

namespace millrace::frontend {

struct NodeOrder {
    std::vector<std::size_t> sorted; ///< all nodes that no cycle holds up
    std::vector<std::size_t> cyclic; ///< the nodes on cycles (or between two), in file order
};

/// `needs[n]`: the nodes that node n reads from; repetitions and n itself allowed.
NodeOrder order_nodes(const std::vector<std::vector<std::size_t>>& needs);

} // namespace millrace::frontend
