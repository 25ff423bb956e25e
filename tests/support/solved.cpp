// SPDX-License-Identifier: Apache-2.0
#include "tests/support/solved.hpp"

#include "planner/solver.hpp"

namespace millrace::tests {

std::optional<Plan> solved(const Graph& body, std::int64_t cycles, Diagnostics& diagnostics) {
    const planner::Budget budget = planner::budget_of(nullptr, "xc7z020", 1);
    const auto solution = planner::solve(
        body, prove_functions(body), budget, {planner::Objective::Kind::cycles, cycles},
        [](const Plan&) { return std::optional(planner::Trial{}); }, diagnostics);
    return solution ? std::optional(solution->plan) : std::nullopt;
}

} // namespace millrace::tests
