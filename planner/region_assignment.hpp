// SPDX-License-Identifier: Apache-2.0
//
// Which super logic region of a large device each actor goes to. Only neighbouring regions are
// joined, by a limited number of wires; a streaming design is a chain with branches, so its order
// is cut into one piece for each region.
#pragma once

#include "ir/board.hpp"
#include "ir/graph.hpp"
#include "planner/choice_problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::planner {

/// Wires that may cross from one region to the next: about as many super long lines as a kernel
/// gets (shared field data).
inline constexpr std::int64_t most_crossing_wires = 5'000;

struct RegionAssignment {
    struct Part {
        std::size_t region = 0; ///< index in Board::regions
        Use use{};
        double share = 0;          ///< the largest, of what shell and caps leave of the region
        std::string first;         ///< node of the dataflow graph
        std::string last;          ///< another or the same
        std::int64_t crossing = 0; ///< wires to the next part
    };
    std::vector<Part> parts;            ///< in the order of the data
    std::vector<std::size_t> region_of; ///< by node of the dataflow graph
};

/// The assignment with the fewest regions, and of these the fewest crossing wires, such that no
/// region takes more than its caps allow; nothing when there is none. The control registers are in
/// the first region that is used.
std::optional<RegionAssignment> assign_regions(const Graph& dataflow, const Board& board);

/// Whether there would be one if FIFOs took nothing: without it there is none, whatever their
/// depths and memories.
bool may_be_cut(const Graph& dataflow, const Board& board);

} // namespace millrace::planner
