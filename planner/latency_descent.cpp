// SPDX-License-Identifier: Apache-2.0
#include "planner/latency_descent.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double rounding = 1e-9;

} // namespace

LatencyDescent::LatencyDescent(DesignModel& model, const FrameFlow& flow, const Use& weights,
                               const Use& budgets, std::int64_t work)
    : model_(model),
      flow_(flow),
      weights_(weights),
      budgets_(budgets),
      most_work_(work),
      around_(model.problem().factors_around()) {
    for (const Factor& factor : model.problem().factors()) {
        std::vector<double>& values = weighted_.emplace_back(factor.uses.size());
        for (std::size_t entry = 0; entry < values.size(); ++entry) {
            for (std::size_t r = 0; r < resource_count; ++r) {
                values[entry] += weights_[r] * factor.uses[entry][r];
            }
        }
    }
}

std::optional<LatencyDescent::State> LatencyDescent::state_of(const Choice& choice) {
    const std::optional<Use> use = model_.problem().use(choice);
    if (!use) {
        return std::nullopt;
    }
    for (std::size_t r = 0; r < resource_count; ++r) {
        if ((*use)[r] > budgets_[r] * (1 + rounding)) {
            return std::nullopt;
        }
    }
    State state{choice, *use, 0, model_.paces(choice), 0};
    for (std::size_t r = 0; r < resource_count; ++r) {
        state.value += weights_[r] * state.use[r];
    }
    state.latency = flow_.longest(state.paces).latency;
    work_ += flow_.words();
    return state;
}

template <class Rank>
std::vector<LatencyDescent::Move>
LatencyDescent::moves(const State& state, const std::vector<bool>& fixed, const Rank& rank) {
    const ChoiceProblem& problem = model_.problem();
    const FrameFlow::Through through = flow_.through(state.paces);
    work_ += 2 * flow_.words();
    // By stage and pace, what the longest path through the stage gains or loses.
    std::map<std::pair<std::size_t, Pace>, std::int64_t> known;
    const auto change = [&](std::size_t stage, const Pace& pace) {
        const auto [at, is_new] = known.try_emplace({stage, pace}, 0);
        if (is_new) {
            const std::int64_t before = through.latency(stage, state.paces[stage]);
            const std::int64_t after = through.latency(stage, pace);
            // Beside the stage there may be a path as long.
            at->second = after > before           ? std::max<std::int64_t>(0, after - state.latency)
                         : before < state.latency ? 0
                                                  : after - before;
            work_ += 2 * flow_.words(stage);
        }
        return at->second;
    };
    std::vector<Move> result;
    Choice choice = state.choice;
    for (std::size_t f = 0; f < problem.factors().size() && may_work(); ++f) {
        const std::vector<std::size_t>& variables = problem.factors()[f].variables;
        if (std::any_of(variables.begin(), variables.end(),
                        [&](std::size_t variable) { return fixed[variable]; })) {
            continue;
        }
        double before = 0;
        for (const std::size_t g : around_[f]) {
            before += weighted_[g][problem.entry(problem.factors()[g], state.choice)];
        }
        Choice digits(variables.size(), 0);
        do {
            double cost = -before;
            bool allowed = true;
            for (std::size_t d = 0; d < digits.size(); ++d) {
                choice[variables[d]] = digits[d];
            }
            for (const std::size_t g : around_[f]) {
                const std::size_t entry = problem.entry(problem.factors()[g], choice);
                allowed = allowed && problem.factors()[g].allowed[entry] != 0;
                cost += weighted_[g][entry];
            }
            work_ += std::ssize(around_[f]);
            // Whatever the latency, as if that became the least there is.
            if (!allowed || rank(cost, 0) <= 0) {
                continue;
            }
            std::map<std::size_t, Pace> paces;
            for (const std::size_t g : around_[f]) {
                model_.add_change(g, state.choice, choice, paces);
            }
            std::int64_t latency = state.latency;
            for (const auto& [stage, pace] : paces) {
                Pace changed = state.paces[stage];
                changed += pace;
                latency += changed == state.paces[stage] ? 0 : change(stage, changed);
            }
            if (const double ranked = rank(cost, latency); ranked > 0) {
                result.push_back({f, digits, cost, latency, ranked});
            }
        } while (next_combination(
            digits, [&](std::size_t d) { return problem.domain_size(variables[d]); }));
        for (const std::size_t variable : variables) {
            choice[variable] = state.choice[variable];
        }
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Move& a, const Move& b) { return a.rank > b.rank; });
    return result;
}

std::optional<LatencyDescent::State> LatencyDescent::after(const State& state, const Move& move) {
    Choice choice = state.choice;
    const std::vector<std::size_t>& variables = model_.problem().factors()[move.factor].variables;
    for (std::size_t d = 0; d < variables.size(); ++d) {
        choice[variables[d]] = move.values[d];
    }
    return state_of(choice);
}

template <class Good>
bool LatencyDescent::make_one(State& state, const std::vector<Move>& moves, const Good& good) {
    constexpr std::size_t most_tries = 12;
    for (std::size_t i = 0; i < std::min(moves.size(), most_tries) && may_work(); ++i) {
        std::optional<State> next = after(state, moves[i]);
        if (next && good(*next)) {
            state = std::move(*next);
            return true;
        }
    }
    return false;
}

bool LatencyDescent::reach(State& state, std::int64_t latency, const std::vector<bool>& fixed) {
    const double floor = rounding * state.value;
    while (state.latency > latency && may_work()) {
        const std::vector<Move> quicker =
            moves(state, fixed, [&](double cost, std::int64_t reached) {
                const std::int64_t gain = state.latency - std::max(reached, latency);
                return static_cast<double>(gain) / std::max(cost, floor);
            });
        if (!make_one(state, quicker,
                      [&](const State& next) { return next.latency < state.latency; })) {
            return false;
        }
    }
    return state.latency <= latency;
}

void LatencyDescent::save(State& state, std::int64_t latency) {
    const std::vector<bool> none(model_.problem().variables(), false);
    const double floor = rounding * state.value;
    bool made = true;
    while (made && may_work()) {
        const std::vector<Move> cheaper =
            moves(state, none, [&](double cost, std::int64_t reached) {
                const auto taken =
                    static_cast<double>(std::max<std::int64_t>(1, reached - state.latency));
                return cost < -floor && reached <= latency ? -cost / taken : 0.0;
            });
        made = make_one(state, cheaper, [&](const State& next) {
            return next.latency <= latency && next.value < state.value - floor;
        });
    }
}

std::optional<LatencyDescent::Found> LatencyDescent::run(const Choice& start,
                                                         std::int64_t latency) {
    std::optional<State> state = state_of(start);
    const std::vector<bool> none(model_.problem().variables(), false);
    if (!state || !reach(*state, latency, none)) {
        return std::nullopt;
    }
    save(*state, latency);
    return Found{state->choice, state->value, state->latency};
}

void LatencyDescent::improve(Found& found, std::int64_t latency) {
    std::optional<State> best = state_of(found.choice);
    if (!best) {
        return;
    }
    const std::vector<bool> none(model_.problem().variables(), false);
    constexpr std::size_t most_kicks = 40;
    for (bool better = true; better && may_work();) {
        better = false;
        const double floor = rounding * best->value;
        std::vector<Move> kicks = moves(*best, none, [&](double cost, std::int64_t /*reached*/) {
            return cost < -floor ? -cost : 0.0;
        });
        kicks.resize(std::min(kicks.size(), most_kicks));
        for (const Move& kick : kicks) {
            std::optional<State> state = may_work() ? after(*best, kick) : std::nullopt;
            if (!state) {
                continue;
            }
            std::vector<bool> kept = none;
            for (const std::size_t variable : model_.problem().factors()[kick.factor].variables) {
                kept[variable] = true;
            }
            if (!reach(*state, latency, kept)) {
                continue;
            }
            save(*state, latency);
            if (state->latency <= latency && state->value < best->value - floor) {
                best = std::move(state);
                better = true;
                break;
            }
        }
    }
    found = {best->choice, best->value, best->latency};
}

} // namespace millrace::planner
