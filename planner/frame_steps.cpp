// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_steps.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::int64_t most_work = 20'000'000; // some seconds; tiny_unet takes 6 million

/// Whether a way takes no more than another of anything that counts.
bool no_more(const FrameSteps::Way& a, const FrameSteps::Way& b,
             const std::array<bool, resource_count>& counts) {
    bool result = a.value <= b.value;
    for (std::size_t r = 0; r < resource_count && result; ++r) {
        result = !counts[r] || a.use[r] <= b.use[r];
    }
    return result;
}

} // namespace

struct FrameSteps::Plan {
    std::vector<std::vector<std::size_t>> factors; ///< by step, in which they are decided
    std::vector<std::size_t> first, last;          ///< by variable: steps that need it

    Plan(const DesignModel& model, const std::vector<std::size_t>& order) {
        const ChoiceProblem& problem = model.problem();
        std::map<std::size_t, std::size_t> position;
        for (std::size_t i = 0; i < order.size(); ++i) {
            position[order[i]] = i;
        }
        factors.resize(order.size());
        const std::size_t undecided = order.size();
        first.assign(problem.variables(), undecided);
        last.assign(problem.variables(), 0);
        const auto add = [&](std::size_t factor, std::size_t step) {
            factors[step].push_back(factor);
            for (const std::size_t variable : problem.factors()[factor].variables) {
                first[variable] = std::min(first[variable], step);
                last[variable] = std::max(last[variable], step);
            }
        };
        for (std::size_t f = 0; f < problem.factors().size(); ++f) {
            if (const auto paces = model.paces_of(f)) {
                add(f, position.at(paces->stage));
            }
        }
        // What has no pace is decided as soon as its variables are.
        for (std::size_t f = 0; f < problem.factors().size(); ++f) {
            const std::vector<std::size_t>& variables = problem.factors()[f].variables;
            if (model.paces_of(f) || variables.empty()) {
                continue;
            }
            std::size_t step = 0;
            bool any = false;
            for (const std::size_t variable : variables) {
                if (first[variable] < undecided) {
                    step = std::max(step, first[variable]);
                    any = true;
                }
            }
            add(f, any ? step : undecided - 1);
        }
    }
};

FrameSteps::FrameSteps(const DesignModel& model, const FrameFlow& flow, const Use& weights,
                       const std::array<bool, resource_count>& counts)
    : keys_{Choice{}} {
    const std::vector<std::size_t> order = flow.order();
    const Plan plan(model, order);
    const std::vector<Factor>& factors = model.problem().factors();
    for (std::size_t f = 0; f < factors.size(); ++f) {
        if (factors[f].variables.empty() && !model.paces_of(f)) {
            for (std::size_t r = 0; r < resource_count; ++r) {
                constant_[r] += factors[f].uses[0][r];
            }
        }
    }
    for (std::size_t i = 0; i < order.size() && !too_many_; ++i) {
        steps_.emplace_back().stage = order[i];
        add_step(model, plan, i, weights, counts);
    }
}

void FrameSteps::add_step(const DesignModel& model, const Plan& plan, std::size_t index,
                          const Use& weights, const std::array<bool, resource_count>& counts) {
    const ChoiceProblem& problem = model.problem();
    Step& step = steps_[index];
    std::vector<std::size_t> live;
    for (const std::size_t variable : live_) {
        if (plan.last[variable] > index) {
            live.push_back(variable);
        }
    }
    for (std::size_t variable = 0; variable < problem.variables(); ++variable) {
        if (plan.first[variable] == index) {
            step.variables.push_back(variable);
            if (plan.last[variable] > index) {
                live.push_back(variable);
            }
        }
    }
    std::map<Choice, std::size_t> keys;
    std::vector<Choice> values_of_keys;
    Choice choice(problem.variables(), 0);
    for (const Choice& before : keys_) {
        for (std::size_t i = 0; i < before.size(); ++i) {
            choice[live_[i]] = before[i];
        }
        std::map<std::pair<std::size_t, Pace>, std::vector<Way>> best;
        Choice digits(step.variables.size(), 0);
        do {
            too_many_ = ++work_ > most_work;
            for (std::size_t i = 0; i < digits.size(); ++i) {
                choice[step.variables[i]] = digits[i];
            }
            Way way;
            bool allowed = true;
            for (const std::size_t f : plan.factors[index]) {
                const Factor& factor = problem.factors()[f];
                const std::size_t entry = problem.entry(factor, choice);
                allowed = factor.allowed[entry] != 0;
                if (!allowed) {
                    break;
                }
                for (std::size_t r = 0; r < resource_count; ++r) {
                    way.use[r] += factor.uses[entry][r];
                }
                if (const auto paces = model.paces_of(f)) {
                    way.pace += paces->paces[entry];
                }
            }
            if (!allowed) {
                continue;
            }
            for (std::size_t r = 0; r < resource_count; ++r) {
                way.value += weights[r] * way.use[r];
            }
            Choice after;
            for (const std::size_t variable : live) {
                after.push_back(choice[variable]);
            }
            const auto [key, is_new] = keys.try_emplace(std::move(after), keys.size());
            if (is_new) {
                values_of_keys.push_back(key->first);
            }
            way.key = key->second;
            way.values = digits;
            std::vector<Way>& others = best[{way.key, way.pace}];
            if (std::none_of(others.begin(), others.end(),
                             [&](const Way& other) { return no_more(other, way, counts); })) {
                std::erase_if(others,
                              [&](const Way& other) { return no_more(way, other, counts); });
                others.push_back(std::move(way));
            }
        } while (!too_many_ && next_combination(digits, [&](std::size_t i) {
            return problem.domain_size(step.variables[i]);
        }));
        std::vector<Way>& ways = step.ways.emplace_back();
        for (auto& [key, some] : best) {
            std::move(some.begin(), some.end(), std::back_inserter(ways));
        }
    }
    step.keys = keys.size();
    live_ = std::move(live);
    keys_ = std::move(values_of_keys);
}

std::vector<std::vector<ResourceUse>> FrameSteps::rest_of_uses() const {
    ResourceUse none;
    none.fill(infinite);
    std::vector<std::vector<ResourceUse>> rest(steps_.size());
    std::vector<ResourceUse> least(steps_.empty() ? 1 : steps_.back().keys, ResourceUse{});
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const Step& step = steps_[i];
        rest[i] = std::exchange(least, std::vector<ResourceUse>(step.ways.size(), none));
        for (std::size_t key = 0; key < step.ways.size(); ++key) {
            for (const Way& way : step.ways[key]) {
                for (std::size_t r = 0; r < resource_count; ++r) {
                    least[key][r] = std::min(least[key][r], way.use[r] + rest[i][way.key][r]);
                }
            }
        }
    }
    return rest;
}

} // namespace millrace::planner
