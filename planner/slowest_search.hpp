// SPDX-License-Identifier: Apache-2.0
//
// The cheapest plan of a latency, by which actor is the slowest. A frame takes what its slowest
// actor takes, and before and behind that the time in which the others fill; where many actors
// could be the slowest, each a little late, prices on the paths of a frame let all of them be late
// in part, and bounds are far off. So the plans are divided by their slowest actor and its cycles:
// no other takes more, and what is left of the latency is for filling. Ranges of cycles are halved
// where they may still hold something better, those of the lowest bounds first.
#pragma once

#include "planner/budgeted_search.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace millrace::planner {

/// Plans of which an actor is the slowest, of several the first, in a range of cycles.
struct SlowestRange {
    std::size_t factor = 0; ///< of the actor's cycles (DesignModel)
    std::int64_t above = 0; ///< it takes more cycles than these
    std::int64_t most = 0;  ///< and at most these
};

using SearchRange = std::function<SearchResult(const SlowestRange&, const SearchLimits&)>;

/// The cheapest choice of all ranges, as search(): `accept` is for `search_range`. `counts`: by
/// range, the cycles that its actor can have in it, ascending. `bound`: of all.
SearchResult search_by_slowest(const std::vector<SlowestRange>& ranges,
                               const std::vector<std::vector<std::int64_t>>& counts, double bound,
                               const SearchLimits& limits, const SearchRange& search_range);

} // namespace millrace::planner
