// SPDX-License-Identifier: Apache-2.0
//
// Plans within a budget, of which a part is held back: for the depths of FIFOs, which are sized
// when a plan is known, and where a plan that fits a board as a whole does not fit its regions.
#pragma once

#include "planner/budgeted_search.hpp"
#include "planner/design_model.hpp"
#include "planner/frame_search.hpp"
#include "planner/region_search.hpp"
#include "planner/slowest_search.hpp"
#include "planner/solver.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace millrace::planner {

// Work of searches, about 3e8 a second: so much that the first answers and proofs of real networks
// have room many times over. For a proof that nothing fits, for the last word on the least
// resources, for one of many attempts, and for what a search of another kind begins with.
inline constexpr SearchLimits exclude{60'000'000, true, true};
inline constexpr SearchLimits optimise{400'000'000};
inline constexpr SearchLimits approach{60'000'000};
inline constexpr SearchLimits prices{30'000'000};

// Against the work of a search, as long: following a word; and the simulations that FIFOs take.
inline constexpr std::int64_t work_of_word = 16;
inline constexpr std::int64_t sizing = 10;
inline constexpr std::int64_t any_work = std::int64_t{1} << 60;

/// A limit on cycles that is none.
inline constexpr std::int64_t any_cycles = std::int64_t{1} << 60;
inline constexpr std::int64_t any_latency = std::int64_t{1} << 60;

/// Whether a choice within the budgets, with what it takes and its value, will do, and how many
/// words were followed to see that (more for those of FIFOs that were sized).
struct Judgement {
    bool will_do = false;
    std::int64_t words = 0;
};
/// Nothing: a trial ended the search.
using JudgeChoice = std::function<std::optional<Judgement>(const SearchResult& choice)>;

inline bool is_bound(const Solution& solution) {
    return solution.value <= solution.bound * (1 + 1e-9);
}

/// What of a frame is followed: the first and last words of vectors, all words where these are few,
/// or also where they are many.
enum class FrameDetail : std::uint8_t { vectors, few_words, words };

/// What a search by frames is made for.
struct FrameAim {
    FrameDetail detail = FrameDetail::few_words;
    bool at_any_cost = false; ///< for the quickest within the budget; values are 0
};

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
    /// And of which `judge` says that it will do. Choices that are not cheaper than `below` are not
    /// looked for. Small networks have so few that the search ends with a proof; otherwise it ends
    /// when some hundred choices were tried.
    SearchResult search_judged(std::int64_t cycles, std::int64_t latency, double below,
                               const SearchLimits& limits, const JudgeChoice& judge);
    /// A search of all that keeps to a latency, as far as frames' flow knows (regions' budgets are
    /// not counted), and in `result` the bound with which it begins. Nothing: that excludes all. To
    /// be used before other searches.
    std::optional<FrameSearch> search_frames(std::int64_t latency, SearchResult& result,
                                             const FrameAim& aim = {});
    /// Whether a frame's words are followed for FrameDetail::few_words, or for FrameDetail::words
    /// only.
    [[nodiscard]] bool has_few_words() const;
    [[nodiscard]] bool has_many_words() const;
    /// Answers of searches with limits on latency that are too late all the same; the last of them.
    [[nodiscard]] const std::vector<Choice>& late_choices() const { return late_; }
    /// Choices that keep to a latency as far as paths know, cheaper than `below`, the cheapest
    /// first, by small changes of each start, and `further` (planner/latency_descent.hpp). `work`:
    /// what is left of it.
    std::vector<SearchResult> descend(const std::vector<Choice>& starts, std::int64_t latency,
                                      double below, std::int64_t& work, bool further);
    /// No design of a choice has less.
    [[nodiscard]] std::int64_t least_latency(const Choice& choice,
                                             FrameDetail detail = FrameDetail::few_words);

    /// A choice with its plan, tried, FIFOs sized for a latency (0: none). Nothing: the trial ended
    /// the search.
    std::optional<Solution> solution_of(const SearchResult& found, const TryPlan& try_plan,
                                        std::int64_t latency = 0);
    /// Tries a plan again, with FIFOs in other memories where it does not fit. False: the trial
    /// ended the search.
    bool retry(Solution& solution, const TryPlan& try_plan) const;
    /// Whether a plan fits with its FIFOs and can be placed.
    [[nodiscard]] bool can_be_built(const Solution& solution) const {
        return (solution.trial.placed || !must_cut_) && fits(solution.trial.use, budget_);
    }
    /// The same. If not, more is held back from now on.
    bool suits(const Solution& solution);

    /// Whether plans must be possible to cut into the board's regions; at first they must.
    void cut(bool must) { must_cut_ = must; }
    [[nodiscard]] bool must_cut() const { return must_cut_ && has_regions(); }
    [[nodiscard]] bool has_regions() const { return !budget_.device.regions.empty(); }

    struct Reserve {
        Use fifos{}; ///< for their depths
        /// Whether each region has its budget.
        bool by_region = false;
        double share = 1; ///< of the budgets that is left, where no cut was found all the same
        bool operator==(const Reserve& other) const = default;
    };
    [[nodiscard]] const Reserve& reserved() const { return reserved_; }
    void reserve(const Reserve& reserve) { reserved_ = reserve; }
    /// All of the budget, of each region.
    [[nodiscard]] Reserve nothing_but_regions() const {
        return {{}, budget_.device.regions.size() <= most_regions, 1};
    }
    /// Whether anything is held back that a plan might take.
    [[nodiscard]] bool reserves() const { return reserved_.fifos != Use{} || reserved_.share < 1; }
    /// Whether FIFOs may be moved to other memories, and whether some of a plan that did not suit
    /// were since that was last said.
    void allow_moves(bool allowed) {
        moves_ = allowed;
        moved_ = false;
    }
    [[nodiscard]] bool has_moved() const { return moved_; }

    /// The same, by the slowest actor. `bound`: of all.
    SearchResult search_ranges(std::int64_t cycles, std::int64_t latency, double bound,
                               const SearchLimits& limits);

  private:
    void keep_to(std::int64_t cycles);
    /// Of what is kept to, with the paths of a latency. Open, with a choice: it is too late.
    SearchResult search_paths(std::int64_t latency, const SearchLimits& limits);
    /// Of what is kept to, within what is left of the sum, and of each region where these count.
    SearchResult search_within(const Use& left, const SearchLimits& limits);
    const FrameFlow& flow();
    FollowedFrame followed(FrameDetail detail);
    /// Those with which a search of paths for a latency ended.
    [[nodiscard]] FramePrices frame_prices(const SearchResult& found, std::int64_t latency,
                                           const Use& left) const;
    /// Counts the cycles on a path from now on, in place of those of the path that was of no use
    /// for the longest time.
    void add_path(const FrameFlow::Path& path);

    DesignModel model_;
    const Budget& budget_;
    Objective objective_;
    const Graph& body_;
    std::optional<FrameFlow> flow_;        ///< made when it is asked for
    std::optional<std::int64_t> elements_; ///< of a frame, where its words can be followed
    std::optional<FrameWords> words_;      ///< made when they are asked for
    std::vector<FrameFlow::Path> paths_;   ///< that are limits
    std::vector<std::int64_t> used_;       ///< by path: the search to which it was last a limit
    std::int64_t searches_ = 0;
    std::vector<Choice> late_; ///< answers of searches that are too late, the last of them
    Reserve reserved_;
    bool must_cut_ = true;
    bool moves_ = true;
    bool moved_ = false;
};

} // namespace millrace::planner
