// SPDX-License-Identifier: Apache-2.0
//
// Plans within a budget, of which a part is held back: for the depths of FIFOs, which are sized
// when a plan is known, and where a plan that fits a board as a whole does not fit its regions.
#pragma once

#include "planner/budgeted_search.hpp"
#include "planner/design_model.hpp"
#include "planner/solver.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace millrace::planner {

// Work of searches, about 3e8 a second: so much that the first answers and proofs of real networks
// have room many times over. For a proof that nothing fits, for the last word on the least
// resources, and for one of many attempts.
inline constexpr SearchLimits exclude{60'000'000, true, true};
inline constexpr SearchLimits optimise{400'000'000};
inline constexpr SearchLimits approach{60'000'000};

// Against the work of a search, as long: following a word; and the simulations that FIFOs take.
inline constexpr std::int64_t work_of_word = 16;
inline constexpr std::int64_t sizing = 10;
inline constexpr std::int64_t any_work = std::int64_t{1} << 60;

/// A limit on cycles that is none.
inline constexpr std::int64_t any_cycles = std::int64_t{1} << 60;
inline constexpr std::int64_t any_latency = std::int64_t{1} << 60;

inline bool is_bound(const Solution& solution) {
    return solution.value <= solution.bound * (1 + 1e-9);
}

class BudgetedPlans {
  public:
    /// Keeps a reference to the budget.
    BudgetedPlans(const Graph& body, const ProvedFunctions& functions, const Budget& budget,
                  const Objective& objective);

    [[nodiscard]] DesignModel& model() { return model_; }
    [[nodiscard]] const Budget& budget() const { return budget_; }
    [[nodiscard]] const Objective& objective() const { return objective_; }
    /// With as much more work as the objective allows.
    [[nodiscard]] SearchLimits with_effort(SearchLimits limits) const {
        limits.work *= objective_.effort;
        return limits;
    }

    /// What is left for all but the depths of FIFOs.
    [[nodiscard]] Use left() const;
    /// The cheapest choice within that of which no actor takes more cycles.
    SearchResult search_at(std::int64_t cycles, const SearchLimits& limits);
    /// And of which no frame must have a greater latency (planner/frame_flow.hpp).
    SearchResult search_at(std::int64_t cycles, std::int64_t latency, const SearchLimits& limits);
    /// No design of a choice has less.
    [[nodiscard]] std::int64_t least_latency(const Choice& choice);
    /// A bound for the same within the whole budget.
    double bound_within_budget(std::int64_t cycles);

    /// A choice with its plan, tried. Nothing: the trial ended the search.
    std::optional<Solution> solution_of(const SearchResult& found, const TryPlan& try_plan);
    /// Tries a plan again, with FIFOs in other memories where it does not fit. False: the trial
    /// ended the search.
    bool retry(Solution& solution, const TryPlan& try_plan) const;
    /// Whether a plan fits with its FIFOs and can be placed. If not, more is held back from now on.
    bool suits(const Solution& solution);

    /// Whether anything is held back.
    [[nodiscard]] bool reserves() const { return reserved_ != Use{} || share_ < 1; }
    void reserve_nothing();
    [[nodiscard]] const Use& reserved() const { return reserved_; }
    void reserve(const Use& use) { reserved_ = use; }
    /// Whether FIFOs may be moved to other memories, and whether some of a plan that did not suit
    /// were since that was last said.
    void allow_moves(bool allowed) {
        moves_ = allowed;
        moved_ = false;
    }
    [[nodiscard]] bool has_moved() const { return moved_; }

  private:
    const FrameFlow& flow();
    /// Counts the cycles on a path from now on, in place of those of the path that was of no use
    /// for the longest time.
    void add_path(const FrameFlow::Path& path);

    DesignModel model_;
    const Budget& budget_;
    Objective objective_;
    const Graph& body_;
    std::optional<FrameFlow> flow_;   ///< made when it is asked for
    std::vector<std::int64_t> paths_; ///< by path: the search to which it was last a limit
    std::int64_t searches_ = 0;
    Use reserved_{}; ///< for depths of FIFOs
    bool moves_ = true;
    bool moved_ = false;
    double share_ = 1; ///< of the budget, where no cut was found into regions
};

} // namespace millrace::planner
