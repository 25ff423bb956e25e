// SPDX-License-Identifier: Apache-2.0
//
// The cheapest choice whose design can be cut into pieces for the regions of a board. The nodes of
// a design are a sequence, and a cut gives each region a piece of it: going up or down, no node is
// in an earlier region than the one before. So each node gets a variable for its region, neighbours
// in the sequence a table that keeps their order, and each resource of each region a budget of its
// own, behind the paths of a latency.
//
// FIFOs and forks count for the sum only, and wires between regions do not count: the bounds hold
// for all plans that can be cut, but what is found may turn out not to be cut after all.
#pragma once

#include "planner/budgeted_search.hpp"

#include <vector>

namespace millrace::planner {

/// As search(). `nodes`: beside the problem's factors, by entry, what one node takes of it; none
/// for factors of no node; in the design's order. At most `most_regions` regions. The result is a
/// choice of `problem`; what regions cost in the proof is with the prices of their resources.
SearchResult search_in_regions(const ChoiceProblem& problem,
                               const std::vector<std::vector<ResourceUse>>& nodes,
                               const std::vector<Use>& regions, const Use& weights,
                               const Use& budgets, const SearchLimits& limits);

} // namespace millrace::planner
