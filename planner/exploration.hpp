// SPDX-License-Identifier: Apache-2.0
//
// What a network costs at every speed: the plans of least resources from the fastest that fits to
// the cheapest there is.
#pragma once

#include "planner/solver.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace millrace::planner {

/// Targets in cycles a frame, ascending, in equal ratios: from the fastest interval within the
/// budget to that of the plan that takes the least of all; at most `points`. `effort`: of the
/// search for the fastest (Objective). Empty, with diagnostics, when nothing fits.
std::vector<std::int64_t> exploration_targets(const Graph& body, const ProvedFunctions& functions,
                                              const Budget& budget, std::int64_t points,
                                              std::int64_t effort, const TryPlan& try_plan,
                                              const TryPlan& glance, Diagnostics& diagnostics);

/// The solutions that no other is better than or as good as in cycles and every resource (FIFOs
/// included), by ascending cycles.
std::vector<Solution> pareto_front(std::vector<Solution> solutions);

} // namespace millrace::planner
