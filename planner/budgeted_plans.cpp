// SPDX-License-Identifier: Apache-2.0
#include "planner/budgeted_plans.hpp"

#include "planner/latency_descent.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace millrace::planner {

namespace {

/// What a latency leaves for cycles that paces count. (Where nothing is left, all is excluded.)
double cycles_on(const FrameFlow::Path& path, std::int64_t latency) {
    return static_cast<double>(std::max<std::int64_t>(1, latency - path.start));
}

/// Of frames that are followed word by word at once, and where that makes a difference.
constexpr std::int64_t few_elements = 16384;
constexpr std::int64_t most_elements = 1'000'000;

} // namespace

BudgetedPlans::BudgetedPlans(const Graph& body, const ProvedFunctions& functions,
                             const Budget& budget, const Objective& objective)
    : model_(body, functions, budget.device),
      budget_(budget),
      objective_(objective),
      body_(body),
      elements_(FrameWords::elements_of(body, model_)) {}

Use BudgetedPlans::left() const {
    Use left = budget_.available;
    for (std::size_t r = 0; r < resource_count; ++r) {
        left[r] = std::max(0.0, reserved_.share * left[r] - reserved_.fifos[r]);
    }
    return left;
}

void BudgetedPlans::keep_to(std::int64_t cycles) {
    model_.keep_to(cycles);
    if (must_cut_) {
        model_.keep_to_regions();
    }
}

SearchResult BudgetedPlans::search_at(std::int64_t cycles, const SearchLimits& limits) {
    keep_to(cycles);
    return search_within(left(), limits);
}

SearchResult BudgetedPlans::search_within(const Use& left, const SearchLimits& limits) {
    if (!reserved_.by_region || !must_cut()) {
        return search(model_.problem(), budget_.weights, left, limits);
    }
    // The sum alone often excludes more in less time.
    SearchLimits brief = limits;
    brief.work = std::min(limits.work, approach.work);
    brief.accept = nullptr;
    SearchResult sum = search(model_.problem(), budget_.weights, left, brief);
    if (sum.status == SearchResult::Status::impossible) {
        return sum;
    }
    std::vector<Use> regions = budget_.device.regions;
    for (Use& region : regions) {
        for (double& one : region) {
            one *= reserved_.share;
        }
    }
    SearchResult result =
        search_in_regions(model_.problem(), model_.nodes(), regions, budget_.weights, left, limits);
    result.work += sum.work;
    if (result.status != SearchResult::Status::impossible) {
        result.bound = std::max(result.bound, sum.bound);
    }
    if (result.status == SearchResult::Status::found) {
        result.bound = std::min(result.bound, result.value);
        result.proved = result.value <= result.bound * (1 + 1e-9);
    }
    return result;
}

SearchResult BudgetedPlans::search_at(std::int64_t cycles, std::int64_t latency,
                                      const SearchLimits& limits) {
    if (latency >= any_latency) {
        return search_at(cycles, limits);
    }
    keep_to(cycles);
    SearchLimits brief = limits;
    brief.work = std::min(limits.work, approach.work);
    SearchResult result = search_paths(latency, brief);
    const bool found = result.status == SearchResult::Status::found;
    if (!limits.first && !result.proved && result.status != SearchResult::Status::impossible) {
        SearchLimits rest = limits;
        rest.below = found ? result.value : limits.below;
        SearchResult better = search_ranges(cycles, latency, result.bound, rest);
        const std::int64_t work = result.work + better.work;
        const bool excluded = better.status == SearchResult::Status::impossible;
        if (better.status == SearchResult::Status::found || (excluded && !found)) {
            result = std::move(better);
        } else {
            result.bound = better.bound;
            result.proved = excluded;
        }
        result.work = work;
    }
    if (!result.choice.empty()) { // too late, but who asked sees that and learns from it
        result.status = SearchResult::Status::found;
    }
    return result;
}

SearchResult BudgetedPlans::search_ranges(std::int64_t cycles, std::int64_t latency, double bound,
                                          const SearchLimits& limits) {
    model_.keep_to(cycles); // so that cycles of windows are known
    // Plans of few cycles are too dear whatever their latency.
    std::int64_t low = 0;
    if (std::isfinite(limits.below)) {
        const std::vector<std::int64_t> counts = model_.cycle_counts();
        SearchLimits cheaper{approach.work};
        cheaper.below = limits.below;
        const auto last_dear = std::partition_point(
            counts.begin(), std::upper_bound(counts.begin(), counts.end(), cycles),
            [&](std::int64_t count) {
                return search_at(count, cheaper).status == SearchResult::Status::impossible;
            });
        low = last_dear == counts.begin() ? 0 : *std::prev(last_dear);
    }
    std::vector<SlowestRange> ranges;
    std::vector<std::vector<std::int64_t>> counts;
    for (std::size_t factor = 0; factor < model_.problem().factors().size(); ++factor) {
        std::vector<std::int64_t> between = model_.cycle_counts(factor);
        std::erase_if(between, [&](std::int64_t count) { return count <= low || count > cycles; });
        if (!between.empty()) {
            ranges.push_back({factor, low, between.back()});
            counts.push_back(std::move(between));
        }
    }
    return search_by_slowest(
        ranges, counts, bound, limits,
        [&](const SlowestRange& range, const SearchLimits& range_limits) {
            SearchResult result;
            result.status = SearchResult::Status::impossible;
            if (!model_.keep_to_slowest(range.factor, range.above, range.most)) {
                return result;
            }
            if (must_cut_) {
                model_.keep_to_regions();
            }
            return search_paths(latency, range_limits);
        });
}

SearchResult BudgetedPlans::search_paths(std::int64_t latency, const SearchLimits& limits) {
    model_.keep_to_latency(flow(), latency);
    // Where choices are judged, paths are found before.
    SearchLimits any = limits;
    any.accept = nullptr;
    const std::int64_t most_work = 5 * limits.work;
    constexpr int most_rounds = 60; // where searches are short and paths take turns
    SearchResult result;
    double bound = 0;
    std::int64_t work = 0;
    bool judged = false;
    for (int round = 0; round < most_rounds && work < most_work; ++round) {
        Use left = this->left();
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            left[resource_count + i] = cycles_on(paths_[i], latency);
        }
        result = search_within(left, judged ? limits : any);
        work += result.work;
        bound = std::max(bound, result.bound);
        ++searches_;
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            if (result.prices[resource_count + i] > 0) {
                used_[i] = searches_;
            }
        }
        if (judged || result.status == SearchResult::Status::impossible) {
            break;
        }
        if (result.status == SearchResult::Status::found) {
            const FrameFlow::Path path = flow().longest(model_.paces(result.choice));
            if (path.latency > latency) {
                add_path(path);
                result.status = SearchResult::Status::open;
                result.proved = false;
                continue;
            }
        }
        if (limits.accept == nullptr) {
            break;
        }
        judged = true;
    }
    result.work = work;
    result.bound = bound;
    if (result.status == SearchResult::Status::found) {
        result.bound = std::min(bound, result.value);
        result.proved = result.value <= bound * (1 + 1e-9);
    }
    constexpr std::size_t most_late = 64;
    if (result.status == SearchResult::Status::open && !result.choice.empty() &&
        std::find(late_.begin(), late_.end(), result.choice) == late_.end()) {
        if (late_.size() == most_late) {
            late_.erase(late_.begin());
        }
        late_.push_back(result.choice);
    }
    return result;
}

std::vector<SearchResult> BudgetedPlans::descend(const std::vector<Choice>& starts,
                                                 std::int64_t latency, double below,
                                                 std::int64_t& work, bool further) {
    keep_to(any_cycles);
    LatencyDescent descent(model_, flow(), budget_.weights, left(), work);
    std::vector<LatencyDescent::Found> found;
    for (const Choice& start : starts) {
        if (auto one = descent.run(start, latency)) {
            if (further) {
                descent.improve(*one, latency);
            }
            found.push_back(std::move(*one));
        }
    }
    work -= descent.work();
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.value < b.value; });
    std::vector<SearchResult> results;
    for (const LatencyDescent::Found& one : found) {
        if (one.value < below && (results.empty() || results.back().choice != one.choice)) {
            SearchResult& result = results.emplace_back();
            result.status = SearchResult::Status::found;
            result.choice = one.choice;
            result.use = *model_.problem().use(one.choice);
            result.value = one.value;
        }
    }
    return results;
}

std::int64_t BudgetedPlans::least_latency(const Choice& choice, FrameDetail detail) {
    const std::vector<Pace> paces = model_.paces(choice);
    return followed(detail).latency(paces);
}

const FrameFlow& BudgetedPlans::flow() {
    if (!flow_) {
        flow_.emplace(body_, model_.stages(), model_.ports());
    }
    return *flow_;
}

bool BudgetedPlans::has_few_words() const { return elements_ && *elements_ <= few_elements; }

bool BudgetedPlans::has_many_words() const {
    return elements_ && *elements_ > few_elements && *elements_ <= most_elements;
}

FollowedFrame BudgetedPlans::followed(FrameDetail detail) {
    if (detail == FrameDetail::vectors ||
        !(has_few_words() || (detail == FrameDetail::words && has_many_words()))) {
        return {flow(), nullptr};
    }
    if (!words_) {
        words_.emplace(body_, model_);
    }
    return {flow(), &*words_};
}

void BudgetedPlans::add_path(const FrameFlow::Path& path) {
    std::size_t index = paths_.size();
    if (index == path_count) {
        const auto oldest = std::min_element(used_.begin(), used_.end());
        index = static_cast<std::size_t>(oldest - used_.begin());
    } else {
        paths_.emplace_back();
        used_.push_back(0);
    }
    model_.limit_path(index, path);
    paths_[index] = path;
    used_[index] = searches_;
}

FramePrices BudgetedPlans::frame_prices(const SearchResult& found, std::int64_t latency,
                                        const Use& left) const {
    FramePrices one{paths_, {}, {}};
    for (std::size_t p = 0; p < paths_.size(); ++p) {
        one.of_paths.push_back(found.prices[resource_count + p] / cycles_on(paths_[p], latency));
    }
    for (std::size_t r = 0; r < resource_count; ++r) {
        one.of_resources[r] = std::isfinite(left[r]) ? found.prices[r] / std::max(left[r], 1.0) : 0;
    }
    return one;
}

std::optional<FrameSearch> BudgetedPlans::search_frames(std::int64_t latency, SearchResult& result,
                                                        const FrameAim& aim) {
    keep_to(any_cycles);
    result = search_paths(latency, prices);
    if (result.status == SearchResult::Status::impossible) {
        return std::nullopt;
    }
    const Use left = this->left();
    // Each search finds more of the paths that matter. Those for less time have prices for designs
    // that have lost some.
    constexpr std::array<double, 3> others{0.9, 1, 1.1};
    std::vector<FramePrices> all{frame_prices(result, latency, left)};
    for (const double factor : others) {
        const auto other = static_cast<std::int64_t>(factor * static_cast<double>(latency));
        keep_to(any_cycles);
        const SearchResult found = search_paths(std::max<std::int64_t>(1, other), prices);
        result.work += found.work;
        if (found.status != SearchResult::Status::impossible) {
            all.push_back(frame_prices(found, other, left));
        }
    }
    keep_to(any_cycles);
    model_.keep_to_latency(flow(), latency);
    return FrameSearch(model_, followed(aim.detail), aim.at_any_cost ? Use{} : budget_.weights,
                       left, latency, std::move(all));
}

SearchResult BudgetedPlans::search_judged(std::int64_t cycles, std::int64_t latency, double below,
                                          const SearchLimits& limits, const JudgeChoice& judge) {
    const std::int64_t most_tries = 400 * objective_.effort;
    const std::int64_t most_words = 20'000'000 * objective_.effort;
    std::map<Choice, bool> known;
    std::int64_t followed = 0;
    const AcceptChoice accept = [&](const Choice& choice) -> std::optional<bool> {
        if (const auto found = known.find(choice); found != known.end()) {
            return found->second;
        }
        if (latency < any_latency && least_latency(choice) > latency) {
            return false;
        }
        if (std::ssize(known) == most_tries || followed > most_words) {
            return std::nullopt;
        }
        SearchResult found;
        found.choice = choice;
        found.use = *model_.problem().use(choice);
        found.value =
            std::inner_product(found.use.begin(), found.use.end(), budget_.weights.begin(), 0.0);
        const std::optional<Judgement> judgement = judge(found);
        if (!judgement) {
            return std::nullopt;
        }
        followed += judgement->words;
        return known[choice] = judgement->will_do;
    };
    SearchLimits judged = limits;
    judged.below = below;
    judged.accept = &accept;
    SearchResult result = search_at(cycles, latency, judged);
    result.work += work_of_word * followed;
    return result;
}

std::optional<Solution> BudgetedPlans::solution_of(const SearchResult& found,
                                                   const TryPlan& try_plan, std::int64_t latency) {
    Solution solution;
    solution.objective = objective_;
    solution.choice = found.choice;
    solution.plan = model_.plan(found.choice);
    const DesignModel::Part slowest = model_.slowest(found.choice);
    solution.interval = slowest.cycles;
    solution.slowest = slowest.name;
    solution.value = found.value;
    solution.bound = found.bound;
    solution.proved = found.proved;
    solution.cut_short = !found.proved;
    if (latency > 0) {
        solution.plan.latency = latency;
        solution.least_latency = least_latency(found.choice);
    }
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
            double& held_back = reserved_.fifos[r];
            const double excess = solution.trial.use[r] - budget_.available[r];
            if (excess > 0) {
                held_back = std::max(held_back + excess, solution.fifos[r]);
            } else if (moved) {
                held_back = std::max(held_back, solution.fifos[r]); // where they moved to
            }
        }
        return false;
    }
    if (can_be_built(solution)) {
        return true;
    }
    if (reserved_.by_region || budget_.device.regions.size() > most_regions) {
        reserved_.share *= 0.95;
    } else {
        reserved_.by_region = true;
    }
    return false;
}

} // namespace millrace::planner
