// SPDX-License-Identifier: Apache-2.0
#include "planner/budgeted_plans.hpp"

#include <algorithm>
#include <utility>

namespace millrace::planner {

BudgetedPlans::BudgetedPlans(const Graph& body, const ProvedFunctions& functions,
                             const Budget& budget, const Objective& objective)
    : model_(body, functions, budget.device),
      budget_(budget),
      objective_(objective) {}

Use BudgetedPlans::left() const {
    Use left = budget_.available;
    left[delay_index] = delay_;
    left[fill_index] = delay_;
    for (std::size_t r = 0; r < resource_count; ++r) {
        left[r] = std::max(0.0, share_ * left[r] - reserved_[r]);
    }
    return left;
}

SearchResult BudgetedPlans::search_at(std::int64_t cycles, const SearchLimits& limits) {
    if (delay_ < std::numeric_limits<double>::infinity()) {
        model_.keep_to(cycles, static_cast<std::int64_t>(delay_) + 1);
    } else {
        model_.keep_to(cycles);
    }
    return search(model_.problem(), budget_.weights, left(), limits);
}

double BudgetedPlans::bound_within_budget(std::int64_t cycles) {
    const Use reserved = std::exchange(reserved_, Use{});
    const double share = std::exchange(share_, 1);
    const double bound = search_at(cycles, optimise).bound;
    reserved_ = reserved;
    share_ = share;
    return bound;
}

std::optional<Solution> BudgetedPlans::solution_of(const SearchResult& found,
                                                   const TryPlan& try_plan) {
    Solution solution;
    solution.objective = objective_;
    solution.plan = model_.plan(found.choice);
    const DesignModel::Part slowest = model_.slowest(found.choice);
    solution.interval = slowest.cycles;
    solution.slowest = slowest.name;
    solution.value = found.value;
    solution.bound = found.bound;
    solution.proved = found.proved;
    const double delay = std::max(found.use[delay_index], found.use[fill_index]);
    solution.least_latency =
        std::max(static_cast<std::int64_t>(delay) + 1, model_.most_work(found.choice));
    solution.use = found.use;
    return retry(solution, try_plan) ? std::optional(std::move(solution)) : std::nullopt;
}

bool BudgetedPlans::retry(Solution& solution, const TryPlan& try_plan) const {
    std::optional<Trial> trial = try_plan(solution.plan);
    if (trial && moves_ && !fits(trial->use, budget_)) {
        move_fifos(trial->fifos, budget_.device.family, budget_.available, trial->use);
        for (const SizedFifo& fifo : trial->fifos) {
            if (fifo.moved) {
                solution.plan.fifos[fifo.name].memory = fifo.fifo.memory;
            }
        }
        if (fits(trial->use, budget_)) {
            trial = try_plan(solution.plan); // the moved ones send a word later
        }
    }
    if (trial) {
        solution.trial = std::move(*trial);
        for (std::size_t r = 0; r < resource_count; ++r) {
            solution.fifos[r] = solution.trial.use[r] - solution.use[r];
        }
    }
    return trial.has_value();
}

bool BudgetedPlans::suits(const Solution& solution) {
    if (!fits(solution.trial.use, budget_)) {
        const bool moved = !solution.plan.fifos.empty();
        moved_ = moved_ || moved;
        for (std::size_t r = 0; r < resource_count; ++r) {
            const double excess = solution.trial.use[r] - budget_.available[r];
            if (excess > 0) {
                reserved_[r] = std::max(reserved_[r] + excess, solution.fifos[r]);
            } else if (moved) {
                reserved_[r] = std::max(reserved_[r], solution.fifos[r]); // where they moved to
            }
        }
        return false;
    }
    if (!solution.trial.placed) {
        share_ *= 0.95;
    }
    return solution.trial.placed;
}

void BudgetedPlans::reserve_nothing() {
    reserved_ = {};
    share_ = 1;
}

} // namespace millrace::planner
