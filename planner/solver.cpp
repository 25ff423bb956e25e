// SPDX-License-Identifier: Apache-2.0
#include "planner/solver.hpp"

#include "planner/latency_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();
constexpr std::int64_t most_delay = std::int64_t{1} << 40;
constexpr std::int64_t any_cycles = std::int64_t{1} << 60;

/// For a decision whether anything fits, and for the last word on the least resources. About 3e8 a
/// second: so much that the first answers and proofs of real networks have room many times over.
constexpr SearchLimits exclude{60'000'000, true, true};
constexpr SearchLimits decide{250'000'000, true};
constexpr SearchLimits optimise{400'000'000};
/// For one of many attempts.
constexpr SearchLimits approach{60'000'000};

class Solver {
  public:
    Solver(const Graph& body, const ProvedFunctions& functions, const Budget& budget,
           const TryPlan& try_plan, const TryPlan& glance, Diagnostics& diagnostics)
        : model_(body, functions, budget.device),
          budget_(budget),
          try_plan_(try_plan),
          glance_(glance ? glance : try_plan),
          diagnostics_(diagnostics) {}

    std::optional<Solution> run(const Objective& objective) {
        objective_ = objective;
        switch (objective.kind) {
        case Objective::Kind::cycles:
            return for_cycles(objective.target);
        case Objective::Kind::fastest: {
            auto solution = fastest();
            if (!solution && !diagnostics_.has_errors()) {
                explain_misfit(model_.cycle_counts().back());
            }
            return solution;
        }
        case Objective::Kind::latency:
            return for_latency(objective.target);
        }
        throw Defect("unknown objective");
    }

  private:
    [[nodiscard]] bool limited() const {
        return std::any_of(budget_.available.begin(), budget_.available.end(),
                           [](double one) { return std::isfinite(one); });
    }
    /// What is left for all but the depths of FIFOs.
    [[nodiscard]] Use left() const {
        Use left = budget_.available;
        left[delay_index] = delay_;
        for (std::size_t r = 0; r < resource_count; ++r) {
            left[r] = std::max(0.0, scale_ * left[r] - reserved_[r]);
        }
        return left;
    }
    SearchResult search_at(std::int64_t cycles, const SearchLimits& limits) {
        model_.keep_to(cycles);
        return search(model_.problem(), budget_.weights, left(), limits);
    }

    void reserve_nothing() {
        reserved_ = {};
        scale_ = 1;
    }
    static bool is_bound(const Solution& solution) {
        return solution.value <= solution.bound * (1 + 1e-9);
    }

    /// False when the trial ended the search.
    static bool tried(Solution& solution, const TryPlan& try_plan) {
        const std::optional<Trial> trial = try_plan(solution.plan);
        if (trial) {
            solution.trial = *trial;
            for (std::size_t r = 0; r < resource_count; ++r) {
                solution.fifos[r] = trial->use[r] - solution.use[r];
            }
        }
        return trial.has_value();
    }

    /// Nothing when the trial ended the search.
    std::optional<Solution> solution_of(const SearchResult& found, const TryPlan& try_plan) {
        Solution solution;
        solution.objective = objective_;
        solution.plan = model_.plan(found.choice);
        const DesignModel::Part slowest = model_.slowest(found.choice);
        solution.interval = slowest.cycles;
        solution.slowest = slowest.name;
        solution.value = found.value;
        solution.bound = found.bound;
        solution.proved = found.proved;
        solution.least_latency = static_cast<std::int64_t>(found.use[delay_index]) + 1;
        solution.use = found.use;
        return tried(solution, try_plan) ? std::optional(std::move(solution)) : std::nullopt;
    }

    /// A bound that also holds for what was reserved since.
    double bound_within_budget(std::int64_t cycles) {
        const Use reserved = std::exchange(reserved_, Use{});
        const double scale = std::exchange(scale_, 1);
        const double bound = search_at(cycles, optimise).bound;
        reserved_ = reserved;
        scale_ = scale;
        return bound;
    }

    /// The cheapest plan of a target with its FIFOs. `lost`: the trial ended the search.
    std::optional<Solution> with_fifos(std::int64_t cycles, bool& lost) {
        constexpr int rounds = 12;
        for (int round = 0; round < rounds; ++round) {
            const SearchResult found = search_at(cycles, optimise);
            if (found.status != SearchResult::Status::found) {
                return std::nullopt;
            }
            std::optional<Solution> solution = solution_of(found, try_plan_);
            lost = !solution;
            if (lost) {
                return solution;
            }
            if (fits(solution->trial.use, budget_)) {
                if (reserved_ != Use{} || scale_ < 1) {
                    solution->bound = std::min(solution->value, bound_within_budget(cycles));
                    solution->proved = solution->proved && is_bound(*solution);
                }
                if (solution->trial.placed) {
                    return solution;
                }
                if (!unplaced_) {
                    unplaced_ = std::move(solution);
                }
                scale_ *= 0.95;
                continue;
            }
            reserve_for(*solution);
        }
        return std::nullopt;
    }
    /// What the FIFOs of a plan that does not fit took.
    void reserve_for(const Solution& solution) {
        for (std::size_t r = 0; r < resource_count; ++r) {
            const double excess = solution.trial.use[r] - budget_.available[r];
            if (excess > 0) {
                reserved_[r] = std::max(reserved_[r] + excess, solution.fifos[r]);
            }
        }
    }

    std::optional<Solution> for_cycles(std::int64_t target) {
        if (!reachable(target)) {
            return std::nullopt;
        }
        reserve_nothing();
        bool lost = false;
        std::optional<Solution> solution = with_fifos(target, lost);
        if (!solution && !lost) {
            if (unplaced_) {
                return unplaced_;
            }
            explain_misfit(target);
        }
        return solution;
    }

    /// Whether every actor can keep to a target; says which cannot.
    bool reachable(std::int64_t target) {
        const auto failures = model_.keep_to(target);
        std::int64_t best = 0;
        for (const auto& [name, cycles] : failures) {
            best = std::max(best, cycles);
        }
        for (const auto& [name, cycles] : failures) {
            diagnostics_.add({Code::target_unreachable, Severity::error, "", name, "",
                              fmt::format("{} cycles a frame cannot be reached: the fastest "
                                          "folding needs {}",
                                          target, cycles),
                              fmt::format("ask for at least {} cycles", best)});
        }
        return failures.empty();
    }

    /// The parts of a choice that take most, by what `worth` says of each.
    template <class Worth>
    [[nodiscard]] std::vector<DesignModel::Part> largest_parts(const Choice& choice,
                                                               const Worth& worth) const {
        constexpr std::size_t most = 3;
        std::vector<DesignModel::Part> parts = model_.parts(choice);
        std::erase_if(parts, [&](const auto& part) { return worth(part.use) <= 0; });
        std::stable_sort(parts.begin(), parts.end(),
                         [&](const auto& a, const auto& b) { return worth(a.use) > worth(b.use); });
        parts.resize(std::min(most, parts.size()));
        return parts;
    }

    /// Which resources do not suffice together for a target, and the actors that take most of them:
    /// those with a price in the proof.
    std::string scarce_together(std::int64_t target) {
        const SearchResult found = search_at(target, exclude);
        Elimination elimination(model_.problem());
        const auto cheapest = elimination.cheapest(found.prices, model_.problem().full_domains());
        if (found.status != SearchResult::Status::impossible || !cheapest) {
            return "no plan was found in which all do";
        }
        std::vector<std::string_view> names;
        for (std::size_t r = 0; r < resource_count; ++r) {
            if (found.prices[r] > 0) {
                names.push_back(resource_name(r));
            }
        }
        std::vector<std::string> most;
        for (const auto& part : largest_parts(cheapest->choice, [&](const Use& use) {
                 return std::inner_product(use.begin(), use.end(), found.prices.begin(), 0.0);
             })) {
            most.push_back(part.name);
        }
        return fmt::format("not {} together; most of them take {}", fmt::join(names, " and "),
                           fmt::join(most, ", "));
    }

    /// Why no plan of a target fits: the resources of which even the plans that take the least of
    /// them take too much, with the actors that take most; and what does fit.
    void explain_misfit(std::int64_t target) {
        std::string missing;
        scale_ = 1;
        model_.keep_to(target);
        Elimination elimination(model_.problem());
        const Domains domains = model_.problem().full_domains();
        for (std::size_t r = 0; r < resource_count; ++r) {
            if (!std::isfinite(budget_.available[r])) {
                continue;
            }
            Use only{};
            only[r] = 1;
            const auto least = elimination.cheapest(only, domains);
            if (!least || least->value <= left()[r]) {
                continue;
            }
            std::string most;
            for (const auto& part :
                 largest_parts(least->choice, [r](const Use& use) { return use[r]; })) {
                most +=
                    fmt::format("{}{} {:.0f}", most.empty() ? "" : ", ", part.name, part.use[r]);
            }
            missing += fmt::format("{}{:.0f} {} of {:.0f} ({})", missing.empty() ? "" : "; ",
                                   least->value, resource_name(r), budget_.available[r], most);
        }
        if (missing.empty()) {
            missing = "each resource would suffice alone, but " + scarce_together(target);
        } else {
            missing = "it takes at least " + missing;
        }
        const std::optional<Solution> best =
            objective_.kind == Objective::Kind::cycles ? fastest() : std::nullopt;
        diagnostics_.add(
            {Code::target_unreachable, Severity::error, "", "", "",
             fmt::format("{} cycles a frame do not fit {}: {}", target, budget_.name, missing),
             best
                 ? fmt::format("ask for at least {} cycles, or take a larger board", best->interval)
                 : "take a larger board: no folding of this network fits"});
    }

    std::optional<Solution> fastest() {
        const auto failures = model_.keep_to(1);
        std::int64_t least = 1;
        for (const auto& [name, cycles] : failures) {
            least = std::max(least, cycles);
        }
        if (!limited()) {
            bool lost = false;
            auto solution = with_fifos(least, lost);
            if (solution) {
                solution->interval_bound = least;
            }
            return solution;
        }
        reserve_nothing();
        constexpr int rounds = 12;
        std::optional<std::int64_t> bound; // within the whole budget
        for (int round = 0; round < rounds; ++round) {
            const std::optional<Fastest> found = fastest_within(least);
            if (!found) {
                break;
            }
            bound = bound.value_or(found->bound);
            const Use left_before = left();
            bool lost = false;
            auto solution = with_fifos(found->cycles, lost);
            if (lost) {
                return std::nullopt;
            }
            // Where FIFOs left no room at this speed, or no cut does, a slower one is looked for
            // with their share taken off.
            if (solution) {
                solution->interval_bound = *bound;
                solution->binding = found->binding;
                return solution;
            }
            if (left() == left_before) {
                break;
            }
        }
        if (unplaced_ && bound) {
            unplaced_->interval_bound = *bound;
        }
        return unplaced_;
    }

    struct Fastest {
        std::int64_t cycles = 0;
        std::int64_t bound = 0; ///< fewer are proved not to fit
        std::string binding;
    };

    /// Bisects on the cycle counts that plans can have.
    std::optional<Fastest> fastest_within(std::int64_t least) {
        Fastest result;
        result.bound = least;
        std::int64_t too_fast = least - 1; // does not fit, or was not found to
        std::optional<std::int64_t> fitting;
        const auto attempt = [&](std::int64_t cycles) {
            SearchResult found = search_at(cycles, exclude);
            if (found.status == SearchResult::Status::open) {
                found = search_at(cycles, decide);
            }
            if (found.status == SearchResult::Status::found) {
                fitting = model_.slowest(found.choice).cycles;
                return;
            }
            too_fast = cycles;
            if (found.status == SearchResult::Status::impossible) {
                result.bound = std::max(result.bound, cycles + 1);
                const auto most = std::max_element(found.prices.begin(), found.prices.end());
                result.binding =
                    *most > 0 ? resource_name(static_cast<std::size_t>(most - found.prices.begin()))
                              : "";
            }
        };
        // From the fastest on, slower by two each time, up to something that fits.
        // (What is known of windows grows when they are followed.)
        std::int64_t cycles = least;
        while (true) {
            attempt(cycles);
            if (fitting) {
                break;
            }
            const std::int64_t slowest = model_.cycle_counts().back();
            if (cycles >= slowest) {
                return std::nullopt;
            }
            cycles = std::min(2 * cycles, slowest);
        }
        while (true) {
            const std::vector<std::int64_t> counts = model_.cycle_counts();
            const auto from = std::upper_bound(counts.begin(), counts.end(), too_fast);
            const auto to = std::lower_bound(counts.begin(), counts.end(), *fitting);
            if (from >= to) {
                break;
            }
            attempt(*(from + (to - from) / 2));
        }
        result.cycles = *fitting;
        // Between the last that is excluded and the fastest that was found there may be none.
        const std::vector<std::int64_t> counts = model_.cycle_counts();
        const auto next = std::lower_bound(counts.begin(), counts.end(), result.bound);
        result.bound = next == counts.end() ? result.cycles : std::min(*next, result.cycles);
        return result;
    }

    /// Every plan that is tried is followed word by word; what excludes plans, and what they take
    /// at least, is proved by the delays that the model knows.
    std::optional<Solution> for_latency(std::int64_t target) {
        delay_ = static_cast<double>(target - 1);
        const SearchResult least = search_at(any_cycles, optimise);
        if (least.status == SearchResult::Status::impossible) {
            delay_ = no_limit;
            if (search_at(any_cycles, exclude).status == SearchResult::Status::impossible) {
                explain_misfit(model_.cycle_counts().back());
                return std::nullopt;
            }
            const std::int64_t bound = least_delay(target) + 1;
            refuse_latency(fmt::format("a latency of {} cycles cannot be reached{}: no plan has "
                                       "less than {}",
                                       target, on_board(), bound),
                           0);
            return std::nullopt;
        }
        std::int64_t quickest = 0;
        std::optional<Solution> best = near_latency(target, quickest);
        SearchResult rest;
        if (!diagnostics_.has_errors()) {
            rest = search_latency(target, best);
        }
        if (diagnostics_.has_errors()) {
            return std::nullopt;
        }
        if (best) {
            best->bound = std::min(best->value, std::max(least.bound, rest.bound));
            best->proved = is_bound(*best);
            return best;
        }
        const bool excluded = rest.status == SearchResult::Status::impossible;
        refuse_latency(
            excluded ? fmt::format("a latency of {} cycles cannot be reached{}", target, on_board())
                     : fmt::format("no plan with a latency of {} cycles was found{}", target,
                                   on_board()),
            quickest);
        return std::nullopt;
    }

    /// A cheap plan that keeps to a latency, found by glances. Sized FIFOs may make it slower than
    /// it looked, or too large: then a little less is looked for.
    std::optional<Solution> near_latency(std::int64_t target, std::int64_t& quickest) {
        reserve_nothing();
        constexpr int rounds = 4;
        std::int64_t aim = target;
        for (int round = 0; round < rounds && aim > 0; ++round) {
            LatencySearch latency(aim, [this](std::int64_t cycles, std::int64_t delay) {
                delay_ = static_cast<double>(delay);
                const SearchResult found = search_at(cycles, approach);
                LatencySearch::Attempt attempt;
                if (found.status == SearchResult::Status::found) {
                    attempt.solution = solution_of(found, glance_);
                    attempt.lost = !attempt.solution;
                }
                return attempt;
            });
            std::optional<Solution> solution = latency.run(model_.cycle_counts());
            if (!solution) {
                if (const Solution* known = latency.quickest(); known != nullptr) {
                    Solution tried_again = *known;
                    quickest = tried(tried_again, try_plan_) && fits(tried_again.trial.use, budget_)
                                   ? tried_again.trial.latency
                                   : 0;
                }
                return std::nullopt;
            }
            if (!tried(*solution, try_plan_)) {
                return std::nullopt;
            }
            if (!fits(solution->trial.use, budget_)) {
                reserve_for(*solution);
            } else if (!solution->trial.placed) {
                scale_ *= 0.95;
            } else if (solution->trial.latency <= target) {
                return solution;
            }
            aim -= std::max<std::int64_t>(0, solution->trial.latency - target);
        }
        return std::nullopt;
    }

    /// Of the plans that the delays do not exclude, and that are cheaper than the best known, tries
    /// one after the other; small networks have so few that the best is found for certain.
    SearchResult search_latency(std::int64_t target, std::optional<Solution>& best) {
        constexpr std::size_t most_tries = 400;
        constexpr std::int64_t most_words = 300'000;
        std::map<Choice, bool> known;
        std::int64_t followed = 0;
        std::int64_t words = best ? best->trial.words : 0; // of the last one
        SearchLimits limits = approach;
        limits.below = best ? best->value : no_limit;
        const AcceptChoice accept = [&](const Choice& choice) -> std::optional<bool> {
            if (const auto found = known.find(choice); found != known.end()) {
                return found->second;
            }
            if (known.size() == most_tries || followed + words > most_words) {
                return std::nullopt;
            }
            SearchResult found;
            found.choice = choice;
            found.use = *model_.problem().use(choice);
            found.value = std::inner_product(found.use.begin(), found.use.end(),
                                             budget_.weights.begin(), 0.0);
            std::optional<Solution> solution = solution_of(found, try_plan_);
            if (!solution) {
                return std::nullopt;
            }
            words = solution->trial.words;
            followed += words;
            const bool keeps = solution->trial.latency <= target && solution->trial.placed &&
                               fits(solution->trial.use, budget_);
            if (keeps) {
                best = std::move(solution);
            }
            return known[choice] = keeps;
        };
        limits.accept = &accept;
        reserve_nothing();
        delay_ = static_cast<double>(target - 1);
        model_.keep_to(any_cycles);
        return search(model_.problem(), budget_.weights, left(), limits);
    }

    [[nodiscard]] std::string on_board() const {
        return budget_.name.empty() ? std::string() : " that fits " + budget_.name;
    }
    /// `quickest`: the least latency of a plan that was found; 0: none.
    void refuse_latency(std::string message, std::int64_t quickest) {
        diagnostics_.add({Code::target_unreachable, Severity::error, "", "", "", std::move(message),
                          quickest > 0 ? fmt::format("ask for {} cycles, which the quickest plan "
                                                     "that was found has",
                                                     quickest)
                                       : "ask for more cycles, or take a larger board"});
    }
    /// The least sum of delays within the budget, as far as it can be proved, of plans that may be
    /// slower than a target that excludes all.
    std::int64_t least_delay(std::int64_t target) {
        std::int64_t excluded = target - 1;
        std::int64_t possible = excluded;
        SearchResult::Status status = SearchResult::Status::impossible;
        while (status == SearchResult::Status::impossible && possible < most_delay) {
            excluded = possible;
            possible = 2 * possible + 1;
            delay_ = static_cast<double>(possible);
            status = search_at(any_cycles, exclude).status;
        }
        while (excluded + 1 < possible) {
            const std::int64_t middle = excluded + (possible - excluded) / 2;
            delay_ = static_cast<double>(middle);
            (search_at(any_cycles, exclude).status == SearchResult::Status::impossible ? excluded
                                                                                       : possible) =
                middle;
        }
        return possible;
    }

    DesignModel model_;
    const Budget& budget_;
    const TryPlan& try_plan_;
    const TryPlan& glance_;
    Diagnostics& diagnostics_;
    Objective objective_;
    double delay_ = no_limit;          ///< that a frame may have on its way
    Use reserved_{};                   ///< for depths of FIFOs
    double scale_ = 1;                 ///< of the budget, where no cut was found into regions
    std::optional<Solution> unplaced_; ///< the first for which there was none
};

} // namespace

std::string_view resource_name(std::size_t resource) {
    constexpr std::array<std::string_view, resource_count> names{"LUT", "FF", "BRAM18", "URAM",
                                                                 "DSP"};
    return names.at(resource);
}

bool fits(const Use& use, const Budget& budget) {
    for (std::size_t r = 0; r < resource_count; ++r) {
        if (use[r] > budget.available[r]) {
            return false;
        }
    }
    return true;
}

Cost available_on(const Board& board) {
    Cost free;
    for (const BoardRegion& region : board.regions) {
        free.lut += static_cast<double>(region.free.lut);
        free.ff += static_cast<double>(region.free.ff);
        free.bram18 += 2 * static_cast<double>(region.free.bram36);
        free.uram += static_cast<double>(region.free.uram);
        free.dsp += static_cast<double>(region.free.dsp);
    }
    free.lut = std::floor(free.lut * board.caps.lut);
    free.ff = std::floor(free.ff * board.caps.ff);
    free.bram18 = std::floor(free.bram18 * board.caps.bram);
    free.uram = std::floor(free.uram * board.caps.uram);
    free.dsp = std::floor(free.dsp * board.caps.dsp);
    return free;
}

Budget budget_of(const Board* board, const std::string& part, std::int64_t compute_units) {
    Budget budget;
    if (board == nullptr) {
        budget.available.fill(no_limit);
        // LUT : FF : BRAM18 : DSP = 53,200 : 106,400 : 280 : 220; an UltraRAM is 16 block RAMs.
        budget.weights = {1, 0.5, 190, 16 * 190, 242, 0};
        budget.device = {family_of(part), false};
        return budget;
    }
    const Use all = use_of(available_on(*board));
    budget.name = board->title;
    budget.device = {family_of(board->part), all[3] > 0};
    budget.available = all;
    budget.available[delay_index] = no_limit;
    for (std::size_t r = 0; r < resource_count; ++r) {
        budget.weights[r] = all[r] > 0 ? 1 / all[r] : 1;
    }
    if (compute_units == 1) {
        return budget;
    }
    const auto regions = std::ssize(board->regions);
    for (std::int64_t region = 0; region < std::min(regions, compute_units); ++region) {
        Board alone = *board;
        alone.regions = {board->regions[static_cast<std::size_t>(region)]};
        const Use here = use_of(available_on(alone));
        const std::int64_t units = (compute_units - region + regions - 1) / regions;
        for (std::size_t r = 0; r < resource_count; ++r) {
            budget.available[r] =
                std::min(budget.available[r], std::floor(here[r] / static_cast<double>(units)));
        }
    }
    return budget;
}

std::optional<Solution> solve(const Graph& body, const ProvedFunctions& functions,
                              const Budget& budget, const Objective& objective,
                              const TryPlan& try_plan, Diagnostics& diagnostics,
                              const TryPlan& glance) {
    return Solver(body, functions, budget, try_plan, glance, diagnostics).run(objective);
}

} // namespace millrace::planner
