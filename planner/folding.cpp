// SPDX-License-Identifier: Apache-2.0
//
// Actors do not share lanes, so each is folded alone: the fewest lanes that suffice for it and for
// the reshapes, pads and movers that take its lanes. A reshape or pad that several actors read goes
// by the one that takes the most; so when an actor cannot pace it, another may, and what is left
// over is judged when all foldings are known.
#include "planner/folding.hpp"

#include "ir/diagnostics.hpp"
#include "planner/design_model.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::planner {

namespace {

using Choices = std::vector<ActorChoices>;

struct Folding {
    std::int64_t pe = 1;
    std::int64_t simd = 1;
    std::int64_t cycles = 0;
};

/// Cycles of the slowest of what takes the actor's input lanes.
std::int64_t cycles_before(const Graph& body, const ActorChoices& choices, std::int64_t pe,
                           std::int64_t simd) {
    std::int64_t cycles = 0;
    for (const auto& [reader, passage] : choices.before) {
        cycles = std::max(cycles, passage.cycles(input_lanes(body, reader, pe, simd)));
    }
    return cycles;
}

/// The folding with the fewest lanes whose cycles, and those around it, do not exceed the target;
/// all taps of a window at once only where nothing else suffices.
std::optional<Folding> cheapest(const Graph& body, const ActorChoices& choices, std::int64_t target,
                                bool with_before) {
    std::optional<Folding> best;
    for (const std::int64_t pe : choices.legal_pe()) {
        for (const std::int64_t simd : choices.legal_simd()) {
            if (best && best->simd == 1 && choices.has_taps()) {
                return best; // what follows has more lanes, or all taps
            }
            if (best && pe * simd >= best->pe * best->simd) {
                break; // more input lanes are no fewer lanes
            }
            if (!choices.allows(pe, simd)) {
                continue;
            }
            if (choices.least_cycles(pe, simd) > target || choices.cycles_behind(pe) > target ||
                (with_before && cycles_before(body, choices, pe, simd) > target)) {
                continue;
            }
            if (const std::int64_t cycles = choices.cycles(pe, simd); cycles <= target) {
                best = {pe, simd, cycles};
            }
        }
    }
    return best;
}

/// The fewest cycles of the actor and what is around it; among equals the fewest lanes of each
/// kind.
Folding fastest(const Graph& body, const ActorChoices& choices) {
    std::optional<Folding> best;
    const std::vector<std::int64_t> all_pe = choices.legal_pe();
    const std::vector<std::int64_t> all_simd = choices.legal_simd();
    // From the most lanes: what is slower for sure is never followed.
    for (auto pe = all_pe.rbegin(); pe != all_pe.rend(); ++pe) {
        const std::int64_t behind = choices.cycles_behind(*pe);
        for (auto simd = all_simd.rbegin(); simd != all_simd.rend(); ++simd) {
            if (!choices.allows(*pe, *simd)) {
                continue;
            }
            const std::int64_t around = std::max(behind, cycles_before(body, choices, *pe, *simd));
            if (best && std::max(around, choices.least_cycles(*pe, *simd)) > best->cycles) {
                continue;
            }
            const std::int64_t cycles = std::max(around, choices.cycles(*pe, *simd));
            if (!best || cycles <= best->cycles) {
                best = {*pe, *simd, cycles};
            }
        }
    }
    return *best;
}

/// What has no folding of its own: reshapes, pads and movers. (Between lanes that do not divide
/// each other it may take a little longer; planner/design_model counts that.)
class Surroundings {
  public:
    Surroundings(const Graph& body, const Choices& choices)
        : body_(body),
          readers_(value_readers(body)),
          paced_by_(body.nodes.size(), choices.size()) {
        for (std::size_t i = 0; i < choices.size(); ++i) {
            paced_by_[choices[i].node] = i;
            paced_by_[choices[i].first_node] = i;
        }
    }

    /// Of the slowest.
    [[nodiscard]] std::int64_t cycles(const std::vector<Folding>& foldings) const {
        std::int64_t most = 0;
        for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
            const Node& node = body_.nodes[n];
            const std::int64_t lanes = takes_lanes(node.op) ? wanted({n, 0}, foldings) : 0;
            if (lanes != 0) {
                most = std::max(most, element_count(type(node.outputs[0]).shape) / lanes);
            }
        }
        for (const ValueId id : body_.inputs) {
            std::int64_t lanes = 1;
            for (const ValueReader& reader : readers_[id]) {
                lanes = std::max(lanes, wanted(reader, foldings));
            }
            most = std::max({most, element_count(type(id).shape) / lanes, memory_words(id)});
            for (const Passage& passage : passages_behind(body_, readers_, id)) {
                most = std::max(most, passage.cycles(lanes));
            }
        }
        for (const ValueId id : body_.outputs) {
            most = std::max(most, memory_words(id));
        }
        return most;
    }

  private:
    [[nodiscard]] const IntegerType& type(ValueId id) const {
        return std::get<IntegerType>(body_.value(id).type);
    }
    [[nodiscard]] std::int64_t wanted(const ValueReader& at,
                                      const std::vector<Folding>& foldings) const {
        return wanted_lanes(body_, readers_, at, [&](const ValueReader& reader) {
            const Folding& folding = foldings.at(paced_by_[reader.node]);
            return input_lanes(body_, reader, folding.pe, folding.simd);
        });
    }
    /// Words of the widest memory: a mover takes no more in a cycle.
    [[nodiscard]] std::int64_t memory_words(ValueId id) const {
        const std::int64_t lanes = ops::memory_lanes(widest_memory_word, type(id).format());
        return (element_count(type(id).shape) + lanes - 1) / lanes;
    }

    const Graph& body_;
    std::vector<std::vector<ValueReader>> readers_;
    std::vector<std::size_t> paced_by_; ///< by node; the number of actors where none does
};

std::vector<Folding> fold(const Graph& body, const Choices& all, std::int64_t target) {
    std::vector<Folding> foldings;
    // Of actors that keep to the target but cannot pace what is before them.
    std::vector<std::pair<std::size_t, Folding>> alternatives;
    for (const ActorChoices& choices : all) {
        std::optional<Folding> chosen = cheapest(body, choices, target, true);
        if (!chosen) {
            const Folding best = fastest(body, choices);
            chosen = cheapest(body, choices, target, false);
            if (chosen) {
                alternatives.emplace_back(foldings.size(), best);
            } else {
                chosen = best;
            }
        }
        foldings.push_back(*chosen);
    }
    if (Surroundings(body, all).cycles(foldings) > target) {
        for (const auto& [actor, folding] : alternatives) {
            foldings[actor] = folding;
        }
    }
    return foldings;
}

Plan plan_of(const Choices& all, const std::vector<Folding>& foldings) {
    Plan plan;
    for (std::size_t i = 0; i < all.size(); ++i) {
        ActorPlan& actor = plan.actors.emplace_back();
        actor.name = all[i].name;
        actor.pe = foldings[i].pe;
        actor.simd = foldings[i].simd;
    }
    return plan;
}

} // namespace

Plan default_plan(const Graph& body) {
    constexpr std::int64_t longest = std::int64_t{1} << 32;
    const Choices choices = actor_choices(body);
    for (std::int64_t target = default_target_cycles;; target *= 2) {
        const std::vector<Folding> foldings = fold(body, choices, target);
        std::int64_t lanes = 0;
        for (std::size_t i = 0; i < choices.size(); ++i) {
            lanes += choices[i].has_multiplier ? foldings[i].pe * foldings[i].simd : 0;
        }
        if (lanes <= default_most_lanes || target >= longest) {
            return plan_of(choices, foldings);
        }
    }
}

Plan fold_for_cycles(const Graph& body, std::int64_t target_cycles) {
    const Choices choices = actor_choices(body);
    return plan_of(choices, fold(body, choices, target_cycles));
}

std::int64_t planned_interval(const Graph& body, const Plan& plan) {
    DesignModel model(body, prove_functions(body), {});
    const std::optional<Choice> choice = model.choice_with_lanes(plan);
    if (!choice) {
        throw Defect("a plan whose lanes are not legal");
    }
    return model.slowest(*choice).cycles;
}

} // namespace millrace::planner
