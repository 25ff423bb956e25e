// SPDX-License-Identifier: Apache-2.0
#include "planner/exploration.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::planner {

std::vector<std::int64_t> exploration_targets(const Graph& body, const ProvedFunctions& functions,
                                              const Budget& budget, std::int64_t points,
                                              std::int64_t effort, const TryPlan& try_plan,
                                              const TryPlan& glance, Diagnostics& diagnostics) {
    const std::optional<Solution> fastest =
        solve(body, functions, budget, {Objective::Kind::fastest, 0, effort}, try_plan, diagnostics,
              glance);
    if (!fastest) {
        return {};
    }
    // Memories may be slower than the plan that suits them.
    const std::int64_t first = std::max(fastest->interval, budget.memory_cycles);
    DesignModel model(body, functions, budget.device);
    Elimination elimination(model.problem());
    const auto cheapest = elimination.cheapest(budget.weights, model.problem().full_domains());
    const std::int64_t slowest = std::max(first, model.slowest(cheapest->choice).cycles);
    std::vector<std::int64_t> targets;
    for (std::int64_t i = 0; i < points; ++i) {
        const double share =
            points == 1 ? 0 : static_cast<double>(i) / static_cast<double>(points - 1);
        const double ratio = static_cast<double>(slowest) / static_cast<double>(first);
        const std::int64_t target =
            i == 0 ? first
            : i == points - 1
                ? slowest
                : static_cast<std::int64_t>(static_cast<double>(first) * std::pow(ratio, share));
        if (targets.empty() || target > targets.back()) {
            targets.push_back(target);
        }
    }
    return targets;
}

std::vector<Solution> pareto_front(std::vector<Solution> solutions) {
    const auto no_worse = [](const Solution& a, const Solution& b) {
        bool result = a.interval <= b.interval;
        for (std::size_t r = 0; r < resource_count; ++r) {
            result = result && a.trial.use[r] <= b.trial.use[r];
        }
        return result;
    };
    std::vector<Solution> front;
    for (std::size_t i = 0; i < solutions.size(); ++i) {
        const bool dominated =
            std::any_of(solutions.begin(), solutions.end(), [&](const Solution& o) {
                const auto other = static_cast<std::size_t>(&o - solutions.data());
                // Of equals the first stays.
                return other != i && no_worse(o, solutions[i]) &&
                       (!no_worse(solutions[i], o) || other < i);
            });
        if (!dominated) {
            front.push_back(solutions[i]);
        }
    }
    std::sort(front.begin(), front.end(),
              [](const Solution& a, const Solution& b) { return a.interval < b.interval; });
    return front;
}

} // namespace millrace::planner
