// SPDX-License-Identifier: Apache-2.0
#include "planner/solver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace millrace::planner {

namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

/// For a decision whether anything fits, and for the last word on the least resources. About 3e8 a
/// second: so much that the first answers and proofs of real networks have room many times over.
constexpr SearchLimits exclude{60'000'000, true, true};
constexpr SearchLimits decide{250'000'000, true};
constexpr SearchLimits optimise{400'000'000, false};

class Solver {
  public:
    Solver(const Graph& body, const ProvedFunctions& functions, const Budget& budget,
           const std::function<std::optional<Trial>(const Plan&)>& try_plan,
           Diagnostics& diagnostics)
        : model_(body, functions, budget.device),
          budget_(budget),
          try_plan_(try_plan),
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
        for (std::size_t r = 0; r < resource_count; ++r) {
            left[r] = std::max(0.0, left[r] - reserved_[r]);
        }
        return left;
    }
    SearchResult search_at(std::int64_t cycles, const SearchLimits& limits) {
        model_.keep_to(cycles);
        return search(model_.problem(), budget_.weights, left(), limits);
    }

    /// Nothing when the trial ended the search.
    std::optional<Solution> solution_of(const SearchResult& found) {
        Solution solution;
        solution.objective = objective_;
        solution.plan = model_.plan(found.choice);
        const DesignModel::Part slowest = model_.slowest(found.choice);
        solution.interval = slowest.cycles;
        solution.slowest = slowest.name;
        solution.value = found.value;
        solution.bound = found.bound;
        solution.proved = found.proved;
        const std::optional<Trial> trial = try_plan_(solution.plan);
        if (!trial) {
            return std::nullopt;
        }
        solution.trial = *trial;
        for (std::size_t r = 0; r < resource_count; ++r) {
            solution.fifos[r] = trial->use[r] - found.use[r];
        }
        return solution;
    }

    /// The cheapest plan of a target with its FIFOs. `lost`: the trial ended the search.
    std::optional<Solution> with_fifos(std::int64_t cycles, bool& lost) {
        constexpr int rounds = 6;
        for (int round = 0; round < rounds; ++round) {
            const SearchResult found = search_at(cycles, optimise);
            if (found.status != SearchResult::Status::found) {
                return std::nullopt;
            }
            std::optional<Solution> solution = solution_of(found);
            lost = !solution;
            if (lost || fits(solution->trial.use, budget_)) {
                return solution;
            }
            for (std::size_t r = 0; r < resource_count; ++r) {
                const double excess = solution->trial.use[r] - budget_.available[r];
                if (excess > 0) {
                    reserved_[r] = std::max(reserved_[r] + excess, solution->fifos[r]);
                }
            }
        }
        return std::nullopt;
    }

    std::optional<Solution> for_cycles(std::int64_t target) {
        if (!reachable(target)) {
            return std::nullopt;
        }
        reserved_ = {};
        bool lost = false;
        std::optional<Solution> solution = with_fifos(target, lost);
        if (!solution && !lost) {
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

    /// Why no plan of a target fits: the resources of which even the plans that take the least of
    /// them take too much, with the actors that take most; and what does fit.
    void explain_misfit(std::int64_t target) {
        std::string missing;
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
            std::vector<DesignModel::Part> parts = model_.parts(least->choice);
            std::sort(parts.begin(), parts.end(),
                      [r](const auto& a, const auto& b) { return a.use[r] > b.use[r]; });
            std::string most;
            for (std::size_t i = 0; i < std::min<std::size_t>(3, parts.size()); ++i) {
                if (parts[i].use[r] > 0) {
                    most += fmt::format("{}{} {:.0f}", most.empty() ? "" : ", ", parts[i].name,
                                        parts[i].use[r]);
                }
            }
            missing += fmt::format("{}{:.0f} {} of {:.0f} ({})", missing.empty() ? "" : "; ",
                                   least->value, resource_name(r), budget_.available[r], most);
        }
        if (missing.empty()) {
            missing = "each resource would suffice alone, but no plan was found in which all do";
        } else {
            missing = "it takes at least " + missing;
        }
        reserved_ = {};
        const std::optional<Solution> best =
            objective_.kind == Objective::Kind::fastest ? std::nullopt : fastest();
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
        reserved_ = {};
        constexpr int rounds = 5;
        std::optional<std::int64_t> bound; // within the whole budget
        for (int round = 0; round < rounds; ++round) {
            const std::optional<Fastest> found = fastest_within(least);
            if (!found) {
                return std::nullopt;
            }
            bound = bound.value_or(found->bound);
            const Use before = reserved_;
            bool lost = false;
            auto solution = with_fifos(found->cycles, lost);
            if (lost) {
                return std::nullopt;
            }
            // Where FIFOs left no room at this speed, a slower one is looked for with their share
            // taken off.
            if (solution) {
                solution->interval_bound = *bound;
                solution->binding = found->binding;
                return solution;
            }
            if (reserved_ == before) {
                return std::nullopt;
            }
        }
        return std::nullopt;
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

    /// The slowest interval whose cheapest plan keeps to a latency: slower plans take less, and
    /// every plan that is tried is followed word by word.
    std::optional<Solution> for_latency(std::int64_t target) {
        const auto failures = model_.keep_to(1);
        std::int64_t low = 1;
        for (const auto& [name, cycles] : failures) {
            low = std::max(low, cycles);
        }
        std::optional<Solution> best;
        std::optional<Solution> quickest;
        std::int64_t high = std::max(low, target);
        constexpr int rounds = 12;
        std::int64_t at = low;
        for (int round = 0; round < rounds; ++round) {
            reserved_ = {};
            bool lost = false;
            auto solution = with_fifos(at, lost);
            if (lost) {
                return std::nullopt;
            }
            const bool meets = solution && solution->trial.latency <= target;
            if (solution && (!quickest || solution->trial.latency < quickest->trial.latency)) {
                quickest = solution;
            }
            if (meets) {
                best = std::move(solution);
                low = at;
            } else if (round == 0 && !solution) {
                // Does not fit: the fastest that does is where to begin.
                solution = fastest();
                if (!solution) {
                    break;
                }
                at = solution->interval;
                low = at;
                high = std::max(high, at);
                continue;
            } else if (round <= 1 && !best) {
                break; // the fastest is too slow
            } else {
                high = at;
            }
            const std::vector<std::int64_t> counts = model_.cycle_counts();
            const auto from = std::upper_bound(counts.begin(), counts.end(), low);
            const auto to = std::lower_bound(counts.begin(), counts.end(), high);
            if (from >= to) {
                break;
            }
            // Halfway between them on a scale of ratios.
            const auto middle = static_cast<std::int64_t>(
                std::sqrt(static_cast<double>(low) * static_cast<double>(high)));
            const auto next = std::clamp(std::lower_bound(counts.begin(), counts.end(), middle),
                                         from, std::prev(to));
            at = *next;
        }
        if (!best) {
            diagnostics_.add(
                {Code::target_unreachable, Severity::error, "", "", "",
                 fmt::format("no plan with a latency of {} cycles was found{} (a search over "
                             "intervals, without a proof)",
                             target, budget_.name.empty() ? "" : " that fits " + budget_.name),
                 quickest ? fmt::format("ask for {} cycles, which the quickest that was found has, "
                                        "or edit its plan",
                                        quickest->trial.latency)
                          : "take a larger board"});
        }
        return best;
    }

    DesignModel model_;
    const Budget& budget_;
    const std::function<std::optional<Trial>(const Plan&)>& try_plan_;
    Diagnostics& diagnostics_;
    Objective objective_;
    Use reserved_{}; ///< for depths of FIFOs
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
        budget.weights = {1, 0.5, 190, 16 * 190, 242};
        budget.device = {family_of(part), false};
        return budget;
    }
    const Use all = use_of(available_on(*board));
    budget.name = board->title;
    budget.device = {family_of(board->part), all[3] > 0};
    for (std::size_t r = 0; r < resource_count; ++r) {
        budget.available[r] = std::floor(all[r] / static_cast<double>(compute_units));
        budget.weights[r] = all[r] > 0 ? 1 / all[r] : 1;
    }
    return budget;
}

std::optional<Solution> solve(const Graph& body, const ProvedFunctions& functions,
                              const Budget& budget, const Objective& objective,
                              const std::function<std::optional<Trial>(const Plan&)>& try_plan,
                              Diagnostics& diagnostics) {
    return Solver(body, functions, budget, try_plan, diagnostics).run(objective);
}

} // namespace millrace::planner
