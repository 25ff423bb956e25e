// SPDX-License-Identifier: Apache-2.0
#include "planner/latency_solver.hpp"

#include "planner/latency_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <string>

namespace millrace::planner {

namespace {

constexpr std::int64_t most_latency = std::int64_t{1} << 40;
constexpr SearchLimits frame_work{6'000'000'000};
constexpr SearchLimits brief_frame_work{2'000'000'000};
constexpr SearchLimits excluded_frame_work{500'000'000};
constexpr SearchLimits quickest_work{500'000'000};
constexpr double any_value = std::numeric_limits<double>::infinity();
constexpr std::int64_t again = 8'000'000'000; ///< work after which searches are not made again

class LatencySolver {
  public:
    LatencySolver(BudgetedPlans& plans, const TryPlan& try_plan, const TryPlan& glance,
                  Diagnostics& diagnostics)
        : plans_(plans),
          try_plan_(try_plan),
          glance_(glance),
          diagnostics_(diagnostics) {}

    std::optional<Solution> run() {
        const std::int64_t target = plans_.objective().target;
        SearchResult least;
        std::optional<FrameSearch> frames = plans_.search_frames(target, least);
        spent_ += least.work;
        std::optional<Solution> best;
        double bound = least.bound;
        bool excluded = !frames;
        if (frames) {
            bound = search_frames(*frames, least.bound, target, best);
            // Where flow does not know what makes designs late, words do; where times of words have
            // no room, those of vectors may have.
            const bool few = plans_.has_few_words();
            if ((few ? too_many_ : plans_.has_many_words() && !too_many_) && !std::isinf(bound) &&
                !proves(bound, best)) {
                std::optional<FrameSearch> other = plans_.search_frames(
                    target, least, {few ? FrameDetail::vectors : FrameDetail::words});
                spent_ += least.work;
                bound = other ? search_frames(*other, bound, target, best) : any_value;
                frames.reset();
                if (other) {
                    frames.emplace(std::move(*other));
                }
            }
            if (frames && best && !too_many_ && !proves(bound, best)) {
                bound = search_excluded(*frames, bound, target, best);
            }
            excluded = std::isinf(bound);
        }
        if (excluded) {
            const std::int64_t possible = put_quickest_together(least_latency(target));
            look_for_quickest(possible - 1);
            refuse(
                fmt::format("a latency of {} cycles cannot be reached{}: no plan has less than {}",
                            target, on_board(), possible));
            return std::nullopt;
        }
        if (!best) {
            Aims aims;
            best = near_latency(target, aims);
            if (best) {
                refine(target, aims, bound, *best);
            }
        }
        if (!proves(bound, best)) {
            // A bound of branch and bound, which need not try what it finds for that.
            SearchLimits cheaper = plans_.with_effort(optimise);
            cheaper.below = best ? best->value : cheaper.below;
            const SearchResult other = plans_.search_at(any_cycles, target, cheaper);
            spent_ += other.work;
            bound = std::max(bound, other.bound);
        }
        if (best) {
            best->bound = std::min(best->value, bound);
        }
        SearchResult rest;
        for (bool better = !(best && is_bound(*best)); better && !diagnostics_.has_errors();) {
            rest = search_latency(target, best);
            bound = std::max(bound, rest.bound);
            if (best) {
                best->bound = std::min(best->value, bound);
            }
            // With something cheaper to compare with, more is excluded; where that is little work.
            better = !(best && is_bound(*best)) && !diagnostics_.has_errors() &&
                     descend(target, best) && spent_ < again * plans_.objective().effort;
        }
        if (diagnostics_.has_errors()) {
            return std::nullopt;
        }
        if (best) {
            best->bound = std::min(best->value, bound);
            best->proved = is_bound(*best);
            best->cut_short = !best->proved;
            return best;
        }
        put_quickest_together(target + 1);
        look_for_quickest(target);
        refuse(rest.status == SearchResult::Status::impossible
                   ? fmt::format("a latency of {} cycles cannot be reached{}", target, on_board())
                   : fmt::format("no plan with a latency of {} cycles was found{}", target,
                                 on_board()));
        return std::nullopt;
    }

  private:
    /// Whether nothing is cheaper than the best.
    static bool proves(double bound, const std::optional<Solution>& best) {
        return best && best->value <= bound * (1 + 1e-9);
    }

    /// For times of partial designs: with the effort, as far as most machines have it.
    [[nodiscard]] std::size_t memory() const {
        constexpr std::int64_t most = 8;
        return static_cast<std::size_t>(std::min(most, plans_.objective().effort));
    }

    /// Puts designs together stage by stage: those not far above the bound first, which are the
    /// fewest, then ever more, until one will do and what is cheaper is known not to. Where memory
    /// or time have no room for all, it ends. Returns a bound; infinite: there is none.
    double search_frames(FrameSearch& frames, double least, std::int64_t target,
                         std::optional<Solution>& best) {
        constexpr double first_margin = 0.01;
        constexpr double last_margin = 2;
        constexpr double least_more = 1.15;
        constexpr double first_more = 1.4;
        double more = first_more;
        double bound = least;
        std::int64_t work = plans_.with_effort(frame_work).work;
        std::vector<FrameSearchResult::Found> dear; // nothing is known of others that cost as much
        for (double margin = first_margin; frames.can_search(); margin *= more) {
            double below = margin <= last_margin ? least * (1 + margin) : any_value;
            const bool last = below == any_value || (best && best->value <= below);
            below = best ? std::min(below, best->value) : below;
            FrameSearchResult result = frames.run({work, below, 0, memory()});
            work -= result.work;
            spent_ += result.work;
            if (!result.complete && (more < least_more || work <= 0)) {
                too_many_ = true;
                break;
            }
            if (!result.complete) { // maybe half as far
                margin /= more;
                more = std::sqrt(more);
                continue;
            }
            bound = std::max(bound, result.bound);
            const auto from = std::find_if(result.found.begin(), result.found.end(),
                                           [&](const auto& one) { return one.value >= below; });
            dear.assign(std::make_move_iterator(from), std::make_move_iterator(result.found.end()));
            result.found.erase(from, result.found.end());
            try_found(result.found, target, best);
            if (last || diagnostics_.has_errors() || proves(bound, best)) {
                return bound;
            }
            if (more < first_more) { // the whole step was too much
                too_many_ = true;
                break;
            }
        }
        try_found(dear, target, best);
        // And of those that are dearer the most promising, where these are many.
        constexpr std::size_t designs = 1024;
        for (double margin = 0.05; frames.can_search() && margin < 1 && !diagnostics_.has_errors();
             margin *= 3) {
            const double below =
                std::min(bound * (1 + margin), best ? best->value : FrameSearchLimits().below);
            const FrameSearchResult result =
                frames.run({plans_.with_effort(brief_frame_work).work, below, designs});
            spent_ += result.work;
            try_found(result.found, target, best);
            if (best && best->value <= bound * (1 + margin)) {
                break;
            }
        }
        return bound;
    }

    /// Where what is followed of frames has excluded designs by others that are late in truth: goes
    /// through all that are cheaper than the best, if these are few. Returns a bound.
    double search_excluded(FrameSearch& frames, double bound, std::int64_t target,
                           std::optional<Solution>& best) {
        constexpr std::size_t most_tries = 200;
        const std::int64_t most_words = plans_.with_effort({20'000'000}).work;
        FrameSearchResult all = frames.run({plans_.with_effort(excluded_frame_work).work,
                                            best->value, 0, memory(), /*excluded=*/true});
        spent_ += all.work;
        if (!all.complete) {
            return bound;
        }
        std::int64_t followed = 0;
        std::size_t tries = 0;
        for (const FrameSearchResult::Found& one : all.found) {
            if (one.value >= best->value || tries == most_tries || followed > most_words) {
                return std::max(bound, std::min(one.value, best->value));
            }
            const auto [known, is_new] = tried_.try_emplace(one.choice);
            if (is_new) {
                ++tries;
                if (!try_choice(result_of(one), target, best, followed, known->second)) {
                    return bound;
                }
            }
            // What is late for its FIFOs, or too large, stands for others of its paces that may not
            // be.
            if (!known->second.always) {
                return std::max(bound, one.value);
            }
        }
        return std::max(bound, best->value);
    }

    [[nodiscard]] SearchResult result_of(const FrameSearchResult::Found& found) {
        SearchResult result;
        result.status = SearchResult::Status::found;
        result.choice = found.choice;
        result.use = *plans_.model().problem().use(found.choice);
        result.value = found.value;
        return result;
    }
    /// Follows designs, the cheapest first, until one keeps to the target. Where one is too late,
    /// others are, too, that are hardly quicker as far as flow knows.
    void try_found(const std::vector<FrameSearchResult::Found>& found, std::int64_t target,
                   std::optional<Solution>& best) {
        constexpr std::size_t most_tries = 40;
        constexpr std::int64_t most_words = 4'000'000;
        constexpr std::int64_t few_words = 400'000; // so far: those hardly quicker are tried, too
        std::size_t tries = 0;
        std::int64_t followed = 0;
        std::int64_t latency = target;
        for (const FrameSearchResult::Found& one : found) {
            if (one.latency > latency) {
                continue;
            }
            if (best && one.value >= best->value) {
                return;
            }
            if (tries++ == most_tries || followed > most_words) {
                return;
            }
            const SearchResult choice = result_of(one);
            const auto [known, is_new] = tried_.try_emplace(one.choice);
            if (is_new && !try_choice(choice, target, best, followed, known->second)) {
                return;
            }
            if (known->second.late == 0) {
                return;
            }
            latency = one.latency - (followed < few_words ? 1 : (known->second.late + 1) / 2);
        }
    }

    /// What came of a design.
    struct Tried {
        std::int64_t late = 0; ///< cycles, at least one; 0: it will do
        bool always = false;   ///< late with FIFOs of any depth
    };
    /// Follows a design, and sizes its FIFOs if it keeps to the target; it is the best if it does
    /// then. False: a trial ended the search.
    bool try_choice(const SearchResult& choice, std::int64_t target, std::optional<Solution>& best,
                    std::int64_t& followed, Tried& tried) {
        std::optional<Solution> solution = plans_.solution_of(choice, glance_, target);
        if (!solution) {
            return false;
        }
        followed += solution->trial.words;
        tried.always = solution->trial.latency > target;
        if (!tried.always && solution->trial.placed) {
            if (!plans_.retry(*solution, try_plan_)) {
                return false;
            }
            followed += sizing * solution->trial.words;
            if (plans_.can_be_built(*solution)) {
                note_latency(solution->trial.latency);
                if (solution->trial.latency <= target) {
                    best = std::move(solution);
                    tried.late = 0;
                    return true;
                }
            }
        }
        tried.late = std::max<std::int64_t>(1, solution->trial.latency - target);
        return true;
    }

    /// For a plan that can be built.
    void note_latency(std::int64_t latency) {
        quickest_ = quickest_ == 0 ? latency : std::min(quickest_, latency);
    }

    /// A cheap plan that would keep to a latency if no FIFO was ever full, or else the quickest
    /// that was seen; nothing: none fits, or a trial ended the search. FIFOs will be sized for
    /// `target`.
    std::optional<Solution> glance_at(std::int64_t latency, std::int64_t target) {
        LatencySearch glances(latency, [&](std::int64_t cycles, std::int64_t bound) {
            const SearchResult found = plans_.search_at(cycles, bound, approach);
            spent_ += found.work;
            LatencySearch::Attempt attempt;
            attempt.lost = spent_ > most_spent_;
            if (!attempt.lost && found.status == SearchResult::Status::found) {
                attempt.solution = plans_.solution_of(found, glance_, target);
                attempt.lost = !attempt.solution;
            }
            if (attempt.solution) {
                spent_ += work_of_word * attempt.solution->trial.words;
            }
            return attempt;
        });
        std::optional<Solution> best = glances.run(plans_.model().cycle_counts());
        if (!best && glances.quickest() != nullptr) {
            best = *glances.quickest();
        }
        return best;
    }

    /// Latencies that were looked for, and what came of it when FIFOs were sized.
    struct Aims {
        std::int64_t suited = 0; ///< a plan that keeps to the target
        std::int64_t failed = 0; ///< one that does not, or does not fit; the least of these
    };

    /// A cheap plan that keeps to a latency, found by glances. Sized FIFOs may make it slower than
    /// it looked, or too large: then a little less is looked for, and at last much less, so that
    /// some plan is found where there are any.
    std::optional<Solution> near_latency(std::int64_t target, Aims& aims) {
        plans_.reserve({});
        constexpr int fine_rounds = 4;
        constexpr std::int64_t most_words = 4'000'000; // of the plans whose FIFOs were sized
        constexpr std::array<std::int64_t, 3> coarse{64, 16, 4};
        std::size_t steps = 0;
        std::int64_t sized = 0;
        std::int64_t aim = target;
        for (int round = 1; aim > 0; ++round) {
            std::optional<Solution> solution = glance_at(aim, target);
            if (!solution) {
                return std::nullopt;
            }
            const std::int64_t seen = solution->trial.latency;
            if (!plans_.retry(*solution, try_plan_)) {
                return std::nullopt;
            }
            const std::int64_t latency = solution->trial.latency;
            const bool suits = plans_.suits(*solution);
            if (suits) {
                note_latency(latency);
            }
            if (suits && latency <= target) {
                aims.suited = aim;
                return solution;
            }
            aims.failed = aim;
            if (seen > aim) { // as quick as any
                return std::nullopt;
            }
            sized += solution->trial.words;
            spent_ += sizing * work_of_word * solution->trial.words;
            aim -= std::max<std::int64_t>(0, latency - target);
            aim = suits ? std::min(aim, seen - 1) : aim;
            if (round >= fine_rounds || sized > most_words) {
                if (steps == coarse.size()) {
                    break;
                }
                aim -= target / coarse[steps++];
            }
        }
        return std::nullopt;
    }

    /// Where the last step to a plan was a large one, cheaper ones may lie on the way: looks
    /// between the aim that failed and the one that suited, halfway on a scale of ratios, for no
    /// longer than it took to come so far.
    void refine(std::int64_t target, const Aims& aims, double bound, Solution& best) {
        constexpr int rounds = 4;
        most_spent_ = 2 * spent_;
        std::int64_t near = 1; // below the aim that failed
        std::int64_t far = aims.failed - aims.suited;
        for (int round = 0;
             round < rounds && far - near > 1 && may_look() && best.value > bound * (1 + 1e-9);
             ++round) {
            const auto middle = static_cast<std::int64_t>(
                std::sqrt(static_cast<double>(near) * static_cast<double>(far)));
            std::optional<Solution> solution = glance_at(aims.failed - middle, target);
            if (!solution || !plans_.retry(*solution, try_plan_)) {
                break;
            }
            spent_ += sizing * work_of_word * solution->trial.words;
            const bool keeps = plans_.can_be_built(*solution) && solution->trial.latency <= target;
            (keeps ? far : near) = middle;
            if (keeps && solution->value < best.value) {
                best = std::move(*solution);
            }
        }
        most_spent_ = any_work;
    }

    /// Goes on from what searches ended with that is too late, and then from the best, by small
    /// changes. Whether that found something.
    bool descend(std::int64_t target, std::optional<Solution>& best) {
        const auto later = [&] { return best ? best->trial.latency - best->least_latency : 0; };
        std::int64_t work = plans_.with_effort(optimise).work;
        bool any = descend_from(plans_.late_choices(), target - later(), target, best, work, false);
        work = 2 * plans_.with_effort(optimise).work;
        for (bool better = best.has_value(); better && !diagnostics_.has_errors();) {
            better = descend_from({best->choice}, target - later(), target, best, work, true) ||
                     descend_from({best->choice}, target, target, best, work, true);
            any = any || better;
        }
        return any;
    }

    /// Takes the first of the cheaper choices around `starts`, for some latency, that keeps to the
    /// target, if any. Some designs are later than paths know: then a little less is looked for,
    /// from there.
    bool descend_from(std::vector<Choice> starts, std::int64_t latency, std::int64_t target,
                      std::optional<Solution>& best, std::int64_t& work, bool further) {
        constexpr int rounds = 8;
        constexpr std::size_t most_tries = 6;
        constexpr std::int64_t most_words = 2'000'000; // of the plans that are followed
        std::int64_t followed = 0;
        for (int round = 0; round < rounds && work > 0 && followed < most_words; ++round) {
            // The first of several rounds must leave something to the next.
            const std::int64_t share = !further && round == 0 ? work / 2 : work;
            std::int64_t left = share;
            std::vector<SearchResult> found = plans_.descend(
                starts, latency, best ? best->value * (1 - 1e-9) : SearchLimits().below, left,
                further);
            work -= share - left;
            spent_ += share - left;
            found.resize(std::min(found.size(), most_tries));
            starts.clear();
            latency = 0;
            for (const SearchResult& choice : found) {
                Tried tried;
                if (!try_choice(choice, target, best, followed, tried)) {
                    return false;
                }
                if (tried.late == 0) {
                    return true;
                }
                latency = std::max(latency, plans_.least_latency(choice.choice) - tried.late);
                starts.push_back(choice.choice);
            }
            if (latency <= 0) {
                return false;
            }
        }
        return false;
    }

    /// Puts the quickest design together, of those that take at least so many cycles, and tries it.
    /// Returns the latency that no design is below, as far as that is known.
    std::int64_t put_quickest_together(std::int64_t possible) {
        possible = put_quickest_together(possible, FrameDetail::few_words);
        return plans_.has_many_words() && quickest_ != possible
                   ? put_quickest_together(possible, FrameDetail::words)
                   : possible;
    }
    std::int64_t put_quickest_together(std::int64_t possible, FrameDetail detail) {
        // Those with a bound above 0 would take more than there is.
        constexpr double nothing = 1e-6;
        std::int64_t work = plans_.with_effort(quickest_work).work;
        std::int64_t more = std::max<std::int64_t>(1, possible / 64);
        for (std::int64_t latency = possible; latency < most_latency && work > 0; more *= 2) {
            SearchResult root;
            std::optional<FrameSearch> frames = plans_.search_frames(latency, root, {detail, true});
            FrameSearchResult result;
            result.complete = !frames;
            if (frames && frames->can_search()) {
                result = frames->run({work, nothing});
            }
            work -= root.work + result.work;
            if (!result.complete) {
                break;
            }
            if (!result.found.empty()) {
                try_quickest(result.found.back());
                return result.found.back().latency;
            }
            possible = latency + 1;
            latency += more;
        }
        return possible;
    }
    /// Of a design that was put together, what it takes with its FIFOs.
    void try_quickest(const FrameSearchResult::Found& found) {
        constexpr int rounds = 3; // FIFOs may make it later
        std::optional<Solution> none;
        std::int64_t followed = 0;
        std::int64_t latency = found.latency;
        const SearchResult choice = result_of(found);
        for (int round = 0; round < rounds && !none; ++round) {
            Tried tried;
            if (!try_choice(choice, latency, none, followed, tried)) {
                return;
            }
            latency += tried.late;
        }
    }

    /// For the latency that a refusal names: finds plans slower than what was refused, as few
    /// cycles as it takes, then quicker ones between the two. In networks that take long it ends
    /// early, maybe with none.
    void look_for_quickest(std::int64_t refused) {
        if (quickest_ == refused + 1) {
            return;
        }
        most_spent_ = spent_ + 1'000'000'000;
        std::int64_t step = std::max<std::int64_t>(1, refused / 8);
        for (; quickest_ == 0 && may_look() && step < most_latency; step *= 2) {
            find_any(refused + step);
        }
        while (may_look() && quickest_ > refused + 1) {
            const std::int64_t middle = refused + (quickest_ - refused) / 2;
            refused = find_any(middle) ? refused : middle;
        }
        most_spent_ = any_work;
    }
    [[nodiscard]] bool may_look() const {
        return spent_ < most_spent_ && !diagnostics_.has_errors();
    }
    /// Whether there is a plan that keeps to a latency, as far as it is found.
    bool find_any(std::int64_t latency) {
        Aims aims;
        std::optional<Solution> best = near_latency(latency, aims);
        if (!best && may_look()) {
            search_latency(latency, best);
        }
        return best.has_value();
    }

    /// Of the plans that paths of a frame do not exclude, and that are cheaper than the best known,
    /// tries one after the other; small networks have so few that the best is found for certain.
    SearchResult search_latency(std::int64_t target, std::optional<Solution>& best) {
        const JudgeChoice judge = [&](const SearchResult& choice) -> std::optional<Judgement> {
            std::int64_t words = 0;
            Tried tried;
            return try_choice(choice, target, best, words, tried)
                       ? std::optional(Judgement{tried.late == 0, words})
                       : std::nullopt;
        };
        // Regions have budgets where plans were seen that cannot be cut.
        plans_.reserve({{}, plans_.reserved().by_region, 1});
        SearchResult found =
            plans_.search_judged(any_cycles, target, best ? best->value : SearchLimits().below,
                                 plans_.with_effort(optimise), judge);
        spent_ += found.work;
        return found;
    }

    [[nodiscard]] std::string on_board() const {
        return plans_.budget().name.empty()
                   ? std::string()
                   : " on " + plans_.budget().name +
                         (plans_.must_cut() ? ", cut into its regions" : "");
    }
    void refuse(std::string message) {
        if (diagnostics_.has_errors()) {
            return; // a trial ended the search
        }
        diagnostics_.add({Code::target_unreachable, Severity::error, "", "", "", std::move(message),
                          quickest_ > 0 ? fmt::format("ask for {} cycles, which the quickest plan "
                                                      "that was found has",
                                                      quickest_)
                          : plans_.budget().name.empty()
                              ? "ask for more cycles"
                              : "ask for more cycles, or take a larger board"});
    }
    /// The least latency within the budget, as far as it can be proved, of plans that may be slower
    /// than a target that excludes all.
    std::int64_t least_latency(std::int64_t target) {
        std::int64_t excluded = target;
        std::int64_t possible = excluded;
        SearchResult::Status status = SearchResult::Status::impossible;
        while (status == SearchResult::Status::impossible && possible < most_latency) {
            excluded = possible;
            possible = 2 * possible + 1;
            status = plans_.search_at(any_cycles, possible, exclude).status;
        }
        while (excluded + 1 < possible) {
            const std::int64_t middle = excluded + (possible - excluded) / 2;
            (plans_.search_at(any_cycles, middle, exclude).status ==
                     SearchResult::Status::impossible
                 ? excluded
                 : possible) = middle;
        }
        return possible;
    }

    BudgetedPlans& plans_;
    const TryPlan& try_plan_;
    const TryPlan& glance_;
    Diagnostics& diagnostics_;
    std::map<Choice, Tried> tried_; ///< that were put together
    bool too_many_ = false;         ///< partial designs for a search of all
    std::int64_t quickest_ = 0;     ///< the least latency of a plan that can be built; 0: none yet
    std::int64_t spent_ = 0;        ///< work of searches and simulations
    std::int64_t most_spent_ = any_work;
};

} // namespace

std::optional<Solution> solve_latency(BudgetedPlans& plans, const TryPlan& try_plan,
                                      const TryPlan& glance, Diagnostics& diagnostics) {
    return LatencySolver(plans, try_plan, glance, diagnostics).run();
}

} // namespace millrace::planner
