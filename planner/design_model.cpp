// SPDX-License-Identifier: Apache-2.0
#include "planner/design_model.hpp"

#include "ir/diagnostics.hpp"
#include "planner/design_model_builder.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace millrace::planner {

ResourceUse resources_of(const Cost& cost) {
    return {cost.lut, cost.ff, cost.bram18, cost.uram, cost.dsp};
}

Use use_of(const Cost& cost) { return {cost.lut, cost.ff, cost.bram18, cost.uram, cost.dsp}; }

bool within(const Use& use, const Use& available) {
    for (std::size_t r = 0; r < resource_count; ++r) {
        if (use[r] > available[r]) {
            return false;
        }
    }
    return true;
}

namespace {

/// Whether a region has room for a node.
bool holds(const Use& region, const ResourceUse& node) {
    constexpr double rounding = 1e-9; // of sums, where a design is cut
    for (std::size_t r = 0; r < resource_count; ++r) {
        if (node[r] > region[r] * (1 + rounding) + rounding) {
            return false;
        }
    }
    return true;
}

/// With which no word can be later than with either.
Pace least_of(const Pace& a, const Pace& b) {
    // From the end of a vector to the next one's first word it takes step - spread.
    const std::int64_t gap = std::min(a.step - a.spread, b.step - b.spread);
    const std::int64_t spread = std::min(a.spread, b.spread);
    return {gap + spread, spread, std::min(a.delay, b.delay), std::min(a.tail, b.tail),
            std::min(a.head, b.head)};
}

} // namespace

DesignModel::DesignModel(const Graph& body, const ProvedFunctions& functions,
                         const DeviceChoices& device)
    : regions_(device.regions) {
    DesignModelBuilder(*this, body, functions, device).build();
}

void DesignModel::follow(Timing& timing, std::size_t entry) const {
    if (!timing.foldings.empty() && timing.followed[entry] == 0) {
        const auto& [pe, simd] = timing.foldings[entry];
        timing.cycles[entry] = choices_[timing.actor].cycles(pe, simd);
        timing.followed[entry] = 1;
    }
}

std::vector<std::pair<std::string, std::int64_t>> DesignModel::keep_to(std::int64_t cycles) {
    std::vector<std::pair<std::string, std::int64_t>> failures;
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        Timing& timing = timings_[f];
        std::vector<char>& allowed = problem_.factors()[f].allowed;
        if (timing.cycles.empty()) {
            allowed = timing.allowed;
            continue;
        }
        bool any = false;
        for (std::size_t entry = 0; entry < allowed.size(); ++entry) {
            allowed[entry] = 0;
            if (timing.allowed[entry] != 0 && timing.cycles[entry] <= cycles) {
                follow(timing, entry);
                allowed[entry] = timing.cycles[entry] <= cycles ? 1 : 0;
            }
            any = any || allowed[entry] != 0;
        }
        if (!any) {
            std::int64_t least = std::numeric_limits<std::int64_t>::max();
            for (std::size_t entry = 0; entry < allowed.size(); ++entry) {
                if (timing.allowed[entry] != 0) {
                    follow(timing, entry);
                    least = std::min(least, timing.cycles[entry]);
                }
            }
            failures.emplace_back(timing.name, least);
        }
    }
    return failures;
}

bool DesignModel::keep_to_slowest(std::size_t factor, std::int64_t above, std::int64_t most) {
    if (!keep_to(most).empty()) {
        return false;
    }
    for (std::size_t f = 0; f <= factor; ++f) {
        const std::vector<std::int64_t>& cycles = timings_[f].cycles;
        std::vector<char>& allowed = problem_.factors()[f].allowed;
        bool any = cycles.empty();
        for (std::size_t entry = 0; entry < cycles.size(); ++entry) {
            if (f == factor ? cycles[entry] <= above : cycles[entry] >= most) {
                allowed[entry] = 0;
            }
            any = any || allowed[entry] != 0;
        }
        if (!any) {
            return false;
        }
    }
    return true;
}

std::vector<std::vector<ResourceUse>> DesignModel::nodes() const {
    std::vector<std::vector<ResourceUse>> nodes;
    for (const Timing& timing : timings_) {
        nodes.push_back(timing.nodes);
    }
    return nodes;
}

std::vector<std::string> DesignModel::keep_to_regions() {
    if (regions_.empty()) {
        return {};
    }
    std::vector<std::string> too_large;
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        const std::vector<ResourceUse>& nodes = timings_[f].nodes;
        std::vector<char>& allowed = problem_.factors()[f].allowed;
        const bool any = std::find(allowed.begin(), allowed.end(), 1) != allowed.end();
        for (std::size_t entry = 0; entry < nodes.size(); ++entry) {
            if (std::none_of(regions_.begin(), regions_.end(),
                             [&](const Use& region) { return holds(region, nodes[entry]); })) {
                allowed[entry] = 0;
            }
        }
        if (any && std::find(allowed.begin(), allowed.end(), 1) == allowed.end()) {
            too_large.push_back(timings_[f].name);
        }
    }
    return too_large;
}

Plan DesignModel::plan(const Choice& choice) const {
    Plan plan;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const ActorVariables& variables = actors_[i];
        ActorPlan& actor = plan.actors.emplace_back();
        actor.name = choices_[i].name;
        actor.pe = variables.pes[variables.pe == none ? 0 : choice[variables.pe]];
        actor.simd = variables.simds[variables.simd == none ? 0 : choice[variables.simd]];
        const Style& style =
            variables.styles[variables.style == none ? 0 : choice[variables.style]];
        actor.form = style.form;
        actor.memory = style.memory;
        actor.multiplier = style.multiplier;
    }
    return plan;
}

std::optional<Choice> DesignModel::choice_with_lanes(const Plan& plan) const {
    Domains domains = problem_.full_domains();
    bool legal = true;
    const auto restrict = [&](std::size_t variable, const std::vector<std::int64_t>& values,
                              std::int64_t value) {
        const auto at = std::find(values.begin(), values.end(), value);
        legal = legal && at != values.end();
        if (legal && variable != none) {
            domains[variable] = {static_cast<std::size_t>(at - values.begin())};
        }
    };
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const ActorPlan* actor = plan.find(choices_[i].name);
        if (actor == nullptr) {
            throw Defect("a plan without an actor of the body");
        }
        restrict(actors_[i].pe, actors_[i].pes, actor->pe);
        restrict(actors_[i].simd, actors_[i].simds, actor->simd);
    }
    if (!legal) {
        return std::nullopt;
    }
    const auto found = Elimination(problem_).cheapest(Use{}, domains);
    return found ? std::optional(found->choice) : std::nullopt;
}

DesignModel::Part DesignModel::slowest(const Choice& choice) {
    Part slowest;
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        Timing& timing = timings_[f];
        if (timing.cycles.empty()) {
            continue;
        }
        const std::size_t entry = problem_.entry(problem_.factors()[f], choice);
        follow(timing, entry);
        if (timing.cycles[entry] > slowest.cycles) {
            slowest.cycles = timing.cycles[entry];
            slowest.name = timing.name;
        }
    }
    return slowest;
}

std::vector<Pace> DesignModel::paces(const Choice& choice) const {
    std::vector<Pace> paces(stages_.size());
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        if (!timings_[f].paces.empty()) {
            paces[timings_[f].stage] +=
                timings_[f].paces[problem_.entry(problem_.factors()[f], choice)];
        }
    }
    return paces;
}

void DesignModel::add_change(std::size_t factor, const Choice& from, const Choice& to,
                             std::map<std::size_t, Pace>& paces) const {
    const Timing& timing = timings_[factor];
    if (timing.paces.empty()) {
        return;
    }
    const Pace& before = timing.paces[problem_.entry(problem_.factors()[factor], from)];
    const Pace& after = timing.paces[problem_.entry(problem_.factors()[factor], to)];
    if (before == after) {
        return;
    }
    Pace& sum = paces[timing.stage];
    sum += after - before;
}

std::vector<Pace> DesignModel::least_paces() const {
    std::vector<Pace> paces(stages_.size());
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        if (!timings_[f].paces.empty()) {
            paces[timings_[f].stage] += least_pace(f);
        }
    }
    return paces;
}

Pace DesignModel::least_pace(std::size_t factor) const {
    const std::vector<Pace>& paces = timings_[factor].paces;
    const std::vector<char>& allowed = problem_.factors()[factor].allowed;
    std::optional<Pace> least;
    for (std::size_t entry = 0; entry < paces.size(); ++entry) {
        if (allowed[entry] != 0) {
            least = least ? least_of(*least, paces[entry]) : paces[entry];
        }
    }
    return least.value_or(Pace{});
}

void DesignModel::keep_to_latency(const FrameFlow& flow, std::int64_t latency) {
    const std::vector<Pace> least = least_paces();
    const FrameFlow::Through through = flow.through(least);
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        const Timing& timing = timings_[f];
        const bool steps = std::any_of(timing.paces.begin(), timing.paces.end(),
                                       [](const Pace& pace) { return pace.step > 0; });
        if (!steps) {
            continue; // queues and conversions of some cycles
        }
        const Pace own = least_pace(f);
        std::map<Pace, bool> known;
        std::vector<char>& allowed = problem_.factors()[f].allowed;
        for (std::size_t entry = 0; entry < allowed.size(); ++entry) {
            if (allowed[entry] == 0) {
                continue;
            }
            Pace pace = least[timing.stage];
            pace += timing.paces[entry] - own;
            const auto [keeps, is_new] = known.try_emplace(pace, false);
            if (is_new) {
                keeps->second = through.latency(timing.stage, pace) <= latency;
            }
            allowed[entry] = keeps->second ? 1 : 0;
        }
    }
}

void DesignModel::limit_path(std::size_t index, const FrameFlow::Path& path) {
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        const Timing& timing = timings_[f];
        if (timing.paces.empty()) {
            continue;
        }
        std::vector<std::vector<double>>& paths = problem_.factors()[f].paths;
        paths.resize(std::max(paths.size(), index + 1));
        paths[index].clear();
        const Pace& count = path.counts[timing.stage];
        for (const Pace& pace : timing.paces) {
            paths[index].push_back(static_cast<double>(count * pace));
        }
    }
}

std::vector<DesignModel::Part> DesignModel::parts(const Choice& choice) const {
    std::vector<Part> parts(choices_.size());
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        parts[i].name = choices_[i].name;
    }
    Part rest;
    rest.name = "movers and control";
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        const std::size_t entry = problem_.entry(problem_.factors()[f], choice);
        Part& part = timings_[f].actor == none ? rest : parts[timings_[f].actor];
        problem_.factors()[f].add_to(part.use, entry);
        if (!timings_[f].cycles.empty()) {
            part.cycles = std::max(part.cycles, timings_[f].cycles[entry]);
        }
    }
    parts.push_back(std::move(rest));
    return parts;
}

std::vector<std::int64_t> DesignModel::cycle_counts(std::size_t factor) const {
    const Timing& timing = timings_[factor];
    std::set<std::int64_t> counts;
    for (std::size_t entry = 0; entry < timing.cycles.size(); ++entry) {
        if (timing.allowed[entry] != 0) {
            counts.insert(timing.cycles[entry]);
        }
    }
    return {counts.begin(), counts.end()};
}

std::vector<std::int64_t> DesignModel::cycle_counts() const {
    std::set<std::int64_t> counts;
    for (std::size_t f = 0; f < timings_.size(); ++f) {
        const std::vector<std::int64_t> of_one = cycle_counts(f);
        counts.insert(of_one.begin(), of_one.end());
    }
    return {counts.begin(), counts.end()};
}

} // namespace millrace::planner
