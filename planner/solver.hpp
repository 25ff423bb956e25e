// SPDX-License-Identifier: Apache-2.0
//
// Plans for an objective within a budget: lanes, multipliers, memories and forms of all actors
// together, as the optimum of planner/design_model's problem, found and proved by
// planner/budgeted_search. FIFOs are sized after that, and moved between LUTs and block RAM where
// one of them does not suffice (planner/fifo_memories); what they take more than their default
// depth is taken out of the budget, and the problem is solved again, until all fits. On boards of
// several regions the budget is their sum, and a plan must be possible to cut into pieces that keep
// to the caps of each.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/plan.hpp"
#include "planner/budget.hpp"
#include "planner/design_model.hpp"
#include "planner/fifo_memories.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::planner {

struct Objective {
    enum class Kind : std::uint8_t {
        cycles,  ///< least resources, at most `target` cycles a frame
        fastest, ///< fewest cycles that fit, and of those the least resources
        latency, ///< least resources, at most `target` cycles from the first word to the last
    };
    Kind kind = Kind::cycles;
    std::int64_t target = 0;
    std::int64_t effort = 1; ///< how much work searches may take, in usual amounts
};

/// A plan as a design, FIFOs sized.
struct Trial {
    Use use{};
    std::int64_t interval = 0;
    std::int64_t latency = 0;
    std::int64_t words = 0; ///< of a frame, in all streams: what it takes to follow one
    bool placed = true;     ///< a cut into the board's regions keeps each within its caps; of a
                            ///< glance: if FIFOs took nothing
    std::vector<SizedFifo> fifos;
};

/// What a design takes, and its FIFOs; the rest is for the caller to say.
Trial trial_of(const Graph& dataflow, Family family);

/// Nothing: the search is to end.
using TryPlan = std::function<std::optional<Trial>(const Plan&)>;

/// What is known about a solved plan.
struct Solution {
    Objective objective;
    Choice choice; ///< of planner/design_model.hpp
    Plan plan;
    std::int64_t interval = 0;       ///< cycles of the slowest part
    std::string slowest;             ///< its name
    double value = 0;                ///< weighted resources, FIFOs at the default depth
    double bound = 0;                ///< no plan of the same target within the budget takes less
    bool proved = false;             ///< value == bound, but for rounding
    bool cut_short = false;          ///< the search ended at its limit of work
    std::int64_t interval_bound = 0; ///< fastest: no plan within the budget has fewer cycles
    std::string binding; ///< fastest: resources, or the memory, that exclude fewer; may be empty
    std::int64_t least_latency = 0; ///< latency: no design of this choice has less
    Use use{};                      ///< FIFOs at the default depth
    Use fifos{};                    ///< what sized FIFOs take more than those of the default depth
    Trial trial;
};

/// Nothing: a target_unreachable diagnostic says which actor or resource is in the way, and what is
/// the best that can be had. Where no plan was found that can be placed, the solution is the best
/// that fits the regions together, and its trial says so. `try_plan` makes the design; `glance`,
/// for latencies and regions, one with FIFOs that are not sized and never fill. Empty: `try_plan`
/// does for both.
std::optional<Solution> solve(const Graph& body, const ProvedFunctions& functions,
                              const Budget& budget, const Objective& objective,
                              const TryPlan& try_plan, Diagnostics& diagnostics,
                              const TryPlan& glance = {});

} // namespace millrace::planner
