// SPDX-License-Identifier: Apache-2.0
#include "planner/solver.hpp"

#include "planner/budgeted_plans.hpp"
#include "planner/latency_solver.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>
#include <string_view>
#include <utility>

namespace millrace::planner {

namespace {

/// For a decision whether anything fits that `exclude` left open.
constexpr SearchLimits decide{250'000'000, true};

class Solver {
  public:
    Solver(const Graph& body, const ProvedFunctions& functions, const Budget& budget,
           const Objective& objective, const TryPlan& try_plan, const TryPlan& glance,
           Diagnostics& diagnostics)
        : plans_(body, functions, budget, objective),
          model_(plans_.model()),
          budget_(budget),
          try_plan_(try_plan),
          glance_(glance ? glance : try_plan),
          diagnostics_(diagnostics) {}

    std::optional<Solution> run() {
        const Objective& objective = plans_.objective();
        switch (objective.kind) {
        case Objective::Kind::cycles:
            return for_cycles(objective.target);
        case Objective::Kind::fastest: {
            auto solution = fastest_built();
            if (!solution && !diagnostics_.has_errors()) {
                explain_misfit(model_.cycle_counts().back(), false);
            }
            return solution;
        }
        case Objective::Kind::latency:
            if (plans_.search_at(any_cycles, exclude).status == SearchResult::Status::impossible) {
                explain_misfit(model_.cycle_counts().back(), true);
                return std::nullopt;
            }
            return solve_latency(plans_, try_plan_, glance_, diagnostics_);
        }
        throw Defect("unknown objective");
    }

  private:
    [[nodiscard]] bool limited() const {
        return std::any_of(budget_.available.begin(), budget_.available.end(),
                           [](double one) { return std::isfinite(one); });
    }

    /// What is known of a target.
    struct Answer {
        std::optional<Solution> best;
        bool lost = false;     ///< a trial ended the search
        bool excluded = false; ///< proved: no plan can be built
    };

    /// The cheapest plan of a target that can be built. Where nothing was found, or only in a part
    /// of the budget, plans within all of it are tried.
    Answer answer_for(std::int64_t cycles) {
        Answer answer;
        plans_.reserve({});
        answer.best = with_fifos(cycles, answer.lost);
        if (!answer.lost && (!answer.best || plans_.reserves())) {
            judge_all(cycles, answer);
        }
        return answer;
    }

    /// Tries the plans of a target that are cheaper than the best, if that is known.
    void judge_all(std::int64_t cycles, Answer& answer) {
        const BudgetedPlans::Reserve reserved = plans_.reserved();
        plans_.reserve(plans_.nothing_but_regions());
        const double below = answer.best ? answer.best->value : SearchLimits().below;
        const SearchResult found =
            plans_.search_judged(cycles, any_latency, below, plans_.with_effort(optimise),
                                 [&](const SearchResult& choice) -> std::optional<Judgement> {
                                     std::optional<Solution> solution = build(choice);
                                     answer.lost = !solution;
                                     if (answer.lost) {
                                         return std::nullopt;
                                     }
                                     const Judgement judgement{plans_.can_be_built(*solution),
                                                               words_followed(*solution)};
                                     if (judgement.will_do) {
                                         answer.best = std::move(solution);
                                     }
                                     return judgement;
                                 });
        plans_.reserve(reserved); // for who says what is missing
        spent_ += found.work;
        if (answer.lost) {
            answer.best.reset();
        }
        answer.excluded = !answer.best && found.status == SearchResult::Status::impossible;
        if (answer.best) {
            set_bound(*answer.best, found.bound);
        }
    }

    /// A choice with its plan, tried, unless a glance says that it cannot be cut into the regions.
    /// Nothing: a trial ended the search.
    std::optional<Solution> build(const SearchResult& choice) {
        if (!plans_.must_cut()) {
            return plans_.solution_of(choice, try_plan_);
        }
        std::optional<Solution> solution = plans_.solution_of(choice, glance_);
        const bool lost = solution && solution->trial.placed && !plans_.retry(*solution, try_plan_);
        return lost ? std::nullopt : solution;
    }
    static std::int64_t words_followed(const Solution& solution) {
        constexpr std::int64_t frames = 10; // are followed each time for an interval
        return (solution.trial.fifos.empty() ? 1 : frames * sizing) * solution.trial.words;
    }
    static void set_bound(Solution& solution, double bound) {
        solution.bound = std::min(solution.value, bound);
        solution.proved = is_bound(solution);
        solution.cut_short = !solution.proved;
    }

    /// The cheapest plan of a target with its FIFOs, for which ever more is held back until they
    /// have room. `lost`: the trial ended the search. Where FIFOs that were moved leave no room for
    /// constants, they stay where they were.
    std::optional<Solution> with_fifos(std::int64_t cycles, bool& lost) {
        const BudgetedPlans::Reserve reserved = plans_.reserved();
        plans_.allow_moves(true);
        std::optional<Solution> solution = with_moved_fifos(cycles, lost);
        if (!solution && !lost && plans_.has_moved()) {
            plans_.reserve(reserved);
            plans_.allow_moves(false);
            solution = with_moved_fifos(cycles, lost);
            plans_.allow_moves(true);
        }
        return solution;
    }

    std::optional<Solution> with_moved_fifos(std::int64_t cycles, bool& lost) {
        constexpr int rounds = 12;
        for (int round = 0; round < rounds && spent_ < most_spent_; ++round) {
            const SearchResult found = plans_.search_at(cycles, plans_.with_effort(optimise));
            spent_ += found.work;
            if (found.status != SearchResult::Status::found) {
                return std::nullopt;
            }
            std::optional<Solution> solution = build(found);
            lost = !solution;
            if (lost) {
                return solution;
            }
            spent_ += work_of_word * words_followed(*solution);
            if (plans_.suits(*solution)) {
                return solution;
            }
        }
        return std::nullopt;
    }

    std::optional<Solution> for_cycles(std::int64_t target) {
        if (!reachable(target)) {
            return std::nullopt;
        }
        Answer answer = answer_for(target);
        const bool excluded = answer.excluded;
        if (!answer.best && !answer.lost && plans_.has_regions()) {
            plans_.cut(false);
            answer = answer_for(target);
            plans_.cut(true);
        }
        if (!answer.best && !answer.lost) {
            explain_misfit(target, excluded);
        }
        return std::move(answer.best);
    }

    /// Whether every actor, and the memories, can keep to a target; says which cannot.
    bool reachable(std::int64_t target) {
        const auto failures = model_.keep_to(target);
        const bool memory = target < budget_.memory_cycles;
        if (failures.empty() && !memory) {
            return true;
        }
        std::int64_t possible = memory ? budget_.memory_cycles : 0;
        for (const auto& [name, cycles] : failures) {
            possible = std::max(possible, cycles);
        }
        if (limited()) {
            const std::optional<Solution> best = fastest_built();
            possible = best ? std::max(possible, best->interval) : possible;
        }
        const std::string remedy = fmt::format("ask for at least {} cycles", possible);
        for (const auto& [name, cycles] : failures) {
            diagnostics_.add({Code::target_unreachable, Severity::error, "", name, "",
                              fmt::format("{} cycles a frame cannot be reached: the fastest "
                                          "folding needs {}",
                                          target, cycles),
                              remedy});
        }
        if (memory) {
            diagnostics_.add(
                {Code::target_unreachable, Severity::error, "", "", "",
                 fmt::format("{} cycles a frame cannot be reached: {} of {} carries a "
                             "frame in {}",
                             target, budget_.memory, budget_.name, budget_.memory_cycles),
                 remedy});
        }
        return false;
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
        const SearchResult found = plans_.search_at(target, exclude);
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
    /// them take too much, with the actors that take most; and what does fit. `excluded`: that none
    /// fits is proved.
    void explain_misfit(std::int64_t target, bool excluded) {
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
            if (!least || least->value <= plans_.left()[r]) {
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
        const std::vector<std::string> too_large = model_.keep_to_regions();
        if (missing.empty() && !too_large.empty()) {
            missing = fmt::format("no region has room for {} alone", fmt::join(too_large, ", "));
        } else if (missing.empty()) {
            missing = "each resource would suffice alone, but " + scarce_together(target);
        } else {
            missing = "it takes at least " + missing;
        }
        std::optional<Solution> best;
        if (plans_.objective().kind == Objective::Kind::cycles) {
            best = fastest_built();
        }
        // What FIFOs took of other plans was held back.
        const bool proved = excluded || !best || target < best->interval_bound;
        const std::string message =
            plans_.objective().kind != Objective::Kind::cycles
                ? fmt::format("no folding fits {}: {}", budget_.name, missing)
            : proved
                ? fmt::format("{} cycles a frame do not fit {}: {}", target, budget_.name, missing)
                : fmt::format("no plan of {} cycles a frame was found that fits {} (below {} there "
                              "is none): {}",
                              target, budget_.name, best->interval_bound, missing);
        diagnostics_.add(
            {Code::target_unreachable, Severity::error, "", "", "", message,
             best
                 ? fmt::format("ask for at least {} cycles, or take a larger board", best->interval)
                 : "take a larger board: no folding of this network was found that fits"});
    }

    struct Fastest {
        std::int64_t cycles = 0;
        std::int64_t bound = 0; ///< fewer are proved not to fit
        std::string binding;
    };

    /// The resource of the highest price in a proof, with those of half that and more. What the
    /// board has none of has a price, too, but is nothing to be short of.
    [[nodiscard]] std::string binding_of(const Use& prices) const {
        double most = 0;
        for (std::size_t r = 0; r < resource_count; ++r) {
            most = budget_.available[r] > 0 ? std::max(most, prices[r]) : most;
        }
        std::vector<std::string_view> names;
        for (std::size_t r = 0; r < resource_count; ++r) {
            if (most > 0 && budget_.available[r] > 0 && prices[r] >= most / 2) {
                names.push_back(resource_name(r));
            }
        }
        return fmt::format("{}", fmt::join(names, " and "));
    }

    /// Where nothing can be cut into the regions, for these together.
    std::optional<Solution> fastest_built() {
        auto solution = fastest();
        if (!solution && !diagnostics_.has_errors() && plans_.has_regions()) {
            plans_.cut(false);
            solution = fastest();
            plans_.cut(true);
        }
        return solution;
    }

    std::optional<Solution> fastest() {
        const auto failures = model_.keep_to(1);
        std::int64_t least = 1;
        for (const auto& [name, cycles] : failures) {
            least = std::max(least, cycles);
        }
        // More speed than the memories have would be of no use.
        const bool of_memory = budget_.memory_cycles > least;
        least = of_memory ? budget_.memory_cycles : least;
        auto solution = fastest_from(least);
        if (solution && of_memory && solution->interval_bound <= least) {
            solution->binding = budget_.memory;
        }
        return solution;
    }

    /// Of so many cycles or more.
    std::optional<Solution> fastest_from(std::int64_t least) {
        plans_.reserve({});
        bool lost = false;
        if (!limited()) {
            auto solution = with_fifos(least, lost);
            if (solution) {
                solution->interval_bound = least;
            }
            return solution;
        }
        constexpr int rounds = 12;
        std::optional<Fastest> first; // within the whole budget
        for (int round = 0; round < rounds; ++round) {
            const std::optional<Fastest> found = fastest_within(least);
            if (!found) {
                break;
            }
            if (!first || !plans_.reserves()) {
                first = found;
            }
            const BudgetedPlans::Reserve before = plans_.reserved();
            auto solution = with_fifos(found->cycles, lost);
            if (lost) {
                return std::nullopt;
            }
            if (solution && plans_.reserves()) {
                return closer(std::move(*solution), *first);
            }
            if (solution) {
                solution->binding = first->binding;
                solution->interval_bound = first->bound;
                return solution;
            }
            // Where FIFOs left no room at this speed, or no cut does, a slower one is looked for
            // with their share taken off.
            if (plans_.reserved() == before) {
                break;
            }
        }
        return first ? slower(*first) : std::nullopt;
    }

    /// A plan that fits with its FIFOs: at twice the cycles each time, until there is one, then
    /// between that and the last that did not fit. FIFOs of faster plans, which were held back
    /// before, may take more than its own.
    std::optional<Solution> slower(const Fastest& first) {
        const std::int64_t slowest = model_.cycle_counts().back();
        for (std::int64_t cycles = first.bound; cycles < slowest;) {
            cycles = std::min(2 * cycles, slowest);
            Answer answer = answer_for(cycles);
            if (answer.lost) {
                return std::nullopt;
            }
            if (answer.best) {
                return closer(std::move(*answer.best), first);
            }
        }
        return std::nullopt;
    }

    /// A plan at least as good as one that can be built: it and speeds between it and the bound are
    /// tried for some seconds, within the whole budget. Nothing: a trial ended the search.
    std::optional<Solution> closer(Solution best, const Fastest& first) {
        constexpr int most_attempts = 12; // each sizes the FIFOs of a plan or more
        constexpr std::int64_t most_work = 2'000'000'000;
        most_spent_ = spent_ + most_work * plans_.objective().effort;
        Answer answer{std::move(best)};
        judge_all(answer.best->interval, answer);
        std::int64_t bound = first.bound;
        std::int64_t too_fast = bound - 1; // or not found to fit
        for (int i = 0; i < most_attempts && spent_ < most_spent_ && !answer.lost; ++i) {
            const std::vector<std::int64_t> counts = model_.cycle_counts();
            const auto from = std::upper_bound(counts.begin(), counts.end(), too_fast);
            const auto to = std::lower_bound(counts.begin(), counts.end(), answer.best->interval);
            if (from >= to) {
                break;
            }
            const std::int64_t cycles = *(from + (to - from) / 2);
            Answer quicker = answer_for(cycles);
            answer.lost = quicker.lost;
            if (quicker.best) {
                answer.best = std::move(quicker.best);
                continue;
            }
            too_fast = cycles;
            if (quicker.excluded) {
                bound = *std::upper_bound(counts.begin(), counts.end(), cycles);
            }
        }
        most_spent_ = any_work;
        if (answer.lost) {
            return std::nullopt;
        }
        answer.best->binding = first.binding;
        answer.best->interval_bound = bound;
        return std::move(answer.best);
    }

    /// Bisects on the cycle counts that plans can have.
    std::optional<Fastest> fastest_within(std::int64_t least) {
        Fastest result;
        result.bound = least;
        std::int64_t too_fast = least - 1; // does not fit, or was not found to
        std::optional<std::int64_t> fitting;
        const auto attempt = [&](std::int64_t cycles) {
            SearchResult found = plans_.search_at(cycles, plans_.with_effort(exclude));
            if (found.status == SearchResult::Status::open) {
                found = plans_.search_at(cycles, plans_.with_effort(decide));
            }
            if (found.status == SearchResult::Status::found) {
                fitting = model_.slowest(found.choice).cycles;
                return;
            }
            too_fast = cycles;
            if (found.status == SearchResult::Status::impossible) {
                result.bound = std::max(result.bound, cycles + 1);
                result.binding = binding_of(found.prices);
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

    BudgetedPlans plans_;
    DesignModel& model_;
    const Budget& budget_;
    const TryPlan& try_plan_;
    const TryPlan& glance_;
    Diagnostics& diagnostics_;
    std::int64_t spent_ = 0; ///< work of searches and simulations
    std::int64_t most_spent_ = any_work;
};

} // namespace

Trial trial_of(const Graph& dataflow, Family family) {
    Trial trial;
    trial.use = use_of(design_cost(dataflow, family));
    trial.fifos = sized_fifos(dataflow);
    for (const SizedFifo& fifo : trial.fifos) {
        trial.words += fifo.words;
    }
    return trial;
}

std::optional<Solution> solve(const Graph& body, const ProvedFunctions& functions,
                              const Budget& budget, const Objective& objective,
                              const TryPlan& try_plan, Diagnostics& diagnostics,
                              const TryPlan& glance) {
    return Solver(body, functions, budget, objective, try_plan, glance, diagnostics).run();
}

} // namespace millrace::planner
