// SPDX-License-Identifier: Apache-2.0
//
// The cheapest choice within budgets, with a proof.
//
// For prices on the resources, the choice that is cheapest with them added, less what the budgets
// are worth, is a lower bound for all choices within the budgets (the Lagrangian dual). Prices are
// raised where the choice takes too much and lowered where it takes less. Where the bound stays
// below the best choice within the budgets, domains are split in two and both halves are searched
// alike, the more promising first. Domains are finite, so the search ends with the optimum; with a
// limit on the work it may end sooner, and says how far off the optimum can be.
#pragma once

#include "planner/choice_problem.hpp"

#include <functional>
#include <limits>
#include <optional>

namespace millrace::planner {

/// Whether a choice within the budgets that is cheaper than all before will do; nothing: the search
/// is to end. May be asked more than once of a choice.
using AcceptChoice = std::function<std::optional<bool>(const Choice& choice)>;

struct SearchLimits {
    /// Table entries that may be looked at, about 3e8 a second. The same limit gives the same
    /// answer on every machine.
    std::int64_t work = 4'000'000'000;
    /// Whether any choice within the budgets will do.
    bool first = false;
    /// Whether only the budgets count, and the weights but break ties: for proofs that nothing
    /// fits. (Where something fits, the weights lead to it sooner.)
    bool only_budgets = false;
    /// Choices that are not cheaper than this are not looked for.
    double below = std::numeric_limits<double>::infinity();
    /// Null: all do.
    const AcceptChoice* accept = nullptr;
};

struct SearchResult {
    enum class Status : std::uint8_t {
        found,      ///< `choice` is within the budgets
        impossible, ///< proved: no choice is, or none that is cheap enough and will do
        open,       ///< none was found within the limits, and none excluded
    };
    Status status = Status::open;
    Choice choice;
    Use use{};
    double value = 0; ///< of `choice`
    double bound = 0; ///< no choice within the budgets is cheaper
    /// found: whether `choice` is the optimum (value == bound but for rounding).
    bool proved = false;
    Use prices{}; ///< impossible: what each resource's budget counts in the proof
    std::int64_t work = 0;
};

/// The choice of the least weighted sum that takes no more of any resource than its budget
/// (infinity: no limit).
SearchResult search(ChoiceProblem& problem, const Use& weights, const Use& budgets,
                    const SearchLimits& limits = {});

} // namespace millrace::planner
