// SPDX-License-Identifier: Apache-2.0
//
// The cheapest choice whose design can be cut into pieces for the regions of a board. The nodes of
// a design are a sequence, and a cut gives each region a piece of it: going up or down, no node is
// in an earlier region than the one before. So each node gets a variable for its region, neighbours
// in the sequence a table that keeps their order, and each resource of each region a budget of its
// own, in the places where a latency's paths are counted otherwise.
//
// FIFOs and forks count for the sum only, and wires between regions do not count: the bounds hold
// for all plans that can be cut, but what is found may turn out not to be cut after all.
#pragma once

#include "planner/budgeted_search.hpp"

#include <vector>

namespace millrace::planner {

/// Regions for which there are places: 4 of 5 resources.
inline constexpr std::size_t most_regions = path_count / resource_count;

/// As search(). `nodes`: beside the problem's factors, by entry, what one node takes of it; none
/// for factors of no node; in the design's order. Paths of the factors are left out. The result is
/// a choice of `problem`, its use that of resources.
SearchResult search_in_regions(const ChoiceProblem& problem,
                               const std::vector<std::vector<ResourceUse>>& nodes,
                               const std::vector<Use>& regions, const Use& weights,
                               const Use& budgets, const SearchLimits& limits);

} // namespace millrace::planner
