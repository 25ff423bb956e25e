// SPDX-License-Identifier: Apache-2.0
//
// Plans with little latency. What a frame takes from its first word to its last depends on all
// actors together and is known of a plan only when that was followed word by word
// (ir/token_simulation.hpp). Two limits lead to plans that keep to a latency: on the cycles of the
// slowest actor, and on what bounds latencies from below (planner/frame_flow.hpp). The second is
// nearly exact, but the cheapest plan within it is often not found; within the first it is. Either
// is searched alone, then both around the best plan.
#pragma once

#include "planner/solver.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::planner {

class LatencySearch {
  public:
    struct Attempt {
        std::optional<Solution> solution; ///< of the least resources within the limits, if any
        bool lost = false;                ///< the search is to end
    };
    using Try = std::function<Attempt(std::int64_t cycles, std::int64_t bound)>;

    /// `attempt`: with limits on the cycles of the slowest actor and on the latency's bound.
    LatencySearch(std::int64_t target, Try attempt) : target_(target), try_(std::move(attempt)) {}

    /// The cheapest plan found that keeps to the target. `counts`: cycles that plans can have.
    std::optional<Solution> run(const std::vector<std::int64_t>& counts);
    /// Of the plans that were tried; null: none.
    [[nodiscard]] const Solution* quickest() const { return quickest_ ? &*quickest_ : nullptr; }

  private:
    /// Null: there is none within the limits, or no more may be tried.
    const Solution* attempt(std::int64_t cycles, std::int64_t bound);
    [[nodiscard]] bool may_try() const;
    [[nodiscard]] bool keeps(const Solution& solution) const {
        return solution.trial.latency <= target_;
    }
    /// The bound with which a plan would keep to the target if all else stayed.
    [[nodiscard]] std::int64_t bound_for_target(const Solution& solution) const {
        return solution.least_latency - (solution.trial.latency - target_);
    }
    void search_bounds();
    void search_cycles(const std::vector<std::int64_t>& counts);
    void search_around();

    std::int64_t target_;
    Try try_;
    std::map<std::pair<std::int64_t, std::int64_t>, std::optional<Solution>> tried_;
    std::int64_t followed_ = 0; ///< words
    int simulated_ = 0;
    bool lost_ = false;
    std::optional<Solution> best_;
    std::optional<Solution> quickest_;
};

} // namespace millrace::planner
