// SPDX-License-Identifier: Apache-2.0
//
// What every plan of a body takes and how many cycles it needs, as one problem of choices: a
// variable for the output lanes, the input lanes and the style (memory, multiplier, form) of each
// actor, a factor for each actor and for what lies between actors. For every plan, the sum over the
// factors is what the dataflow lowering's design takes (ir/cost.hpp) with all FIFOs at the default
// depth: nothing is left out that choices change, so the cheapest choice is the cheapest plan.
// tests/design_model_test.cpp holds the two against each other.
//
// Entries have paces, too, from which planner/frame_flow.hpp bounds the latency of a choice: cycles
// for a vector, and the delays of pipelines and queues. Along a path that was found there they add
// up like a resource (limit_path()), so that a limit on a latency is one on such sums.
#pragma once

#include "ir/cost.hpp"
#include "ir/function/proved_functions.hpp"
#include "ir/memory_pace.hpp"
#include "ir/plan.hpp"
#include "planner/actor_choices.hpp"
#include "planner/choice_problem.hpp"
#include "planner/frame_flow.hpp"
#include "planner/word_unit.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::planner {

ResourceUse resources_of(const Cost& cost);
/// No cycles on paths.
Use use_of(const Cost& cost);

/// Whether no resource is used beyond what there is.
bool within(const Use& use, const Use& available);

/// What a device offers to choose from.
struct DeviceChoices {
    Family family = Family::xc7;
    bool uram = false; ///< for rearrangements; constants cannot lie in UltraRAM
    /// What each region has, where a design may be cut into pieces for several; else none.
    std::vector<Use> regions{};
    /// By port of a body, in which its memory carries a frame; empty: as quickly as it is taken.
    MemoryCycles memory_cycles{};
};

class DesignModel {
  public:
    /// Throws Defect when a function has no form.
    DesignModel(const Graph& body, const ProvedFunctions& functions, const DeviceChoices& device);

    /// Allows what needs at most so many cycles a frame. Returns the names of what cannot keep to
    /// that, each with the cycles that it needs at least.
    std::vector<std::pair<std::string, std::int64_t>> keep_to(std::int64_t cycles);
    /// Of what is allowed at most so many cycles, no more allows plans of which another actor, or
    /// one before, is the slowest (planner/slowest_search.hpp). False: none is left.
    bool keep_to_slowest(std::size_t factor, std::int64_t above, std::int64_t most);
    /// Of what is allowed, no more allows nodes that take more than any region has. Returns the
    /// names of actors of which nothing is left.
    std::vector<std::string> keep_to_regions();
    /// Of what is allowed, no more allows what has a greater latency with all that is allowed of
    /// the rest.
    void keep_to_latency(const FrameFlow& flow, std::int64_t latency);

    /// Stages of frames, for a FrameFlow of the body.
    [[nodiscard]] const FrameStages& stages() const { return stages_; }
    /// By input of the body.
    [[nodiscard]] const std::vector<InputPort>& ports() const { return ports_; }
    /// What paces have the numbers of.
    [[nodiscard]] const std::vector<WordUnit>& units() const { return units_; }
    /// Whether all that reorders words is among them.
    [[nodiscard]] bool knows_units() const { return knows_units_; }
    /// By stage.
    [[nodiscard]] std::vector<Pace> paces(const Choice& choice) const;
    /// The least of what is allowed.
    [[nodiscard]] std::vector<Pace> least_paces() const;
    /// The stage to which a factor adds, and by entry what; nothing: it adds to none.
    struct FactorPaces {
        std::size_t stage = 0;
        const std::vector<Pace>& paces;
    };
    [[nodiscard]] std::optional<FactorPaces> paces_of(std::size_t factor) const {
        const Timing& timing = timings_[factor];
        return timing.paces.empty() ? std::nullopt
                                    : std::optional(FactorPaces{timing.stage, timing.paces});
    }
    /// Adds to the paces of stages what a factor adds to its own with one choice and not another.
    void add_change(std::size_t factor, const Choice& from, const Choice& to,
                    std::map<std::size_t, Pace>& paces) const;
    /// From now on, cycles on the path count as those of path number `index`.
    void limit_path(std::size_t index, const FrameFlow::Path& path);
    [[nodiscard]] ChoiceProblem& problem() { return problem_; }
    [[nodiscard]] const ChoiceProblem& problem() const { return problem_; }
    /// Beside the problem's factors, for planner/region_search.hpp.
    [[nodiscard]] std::vector<std::vector<ResourceUse>> nodes() const;

    [[nodiscard]] Plan plan(const Choice& choice) const;
    /// A choice with the lanes of a complete plan; nothing when they are not legal.
    [[nodiscard]] std::optional<Choice> choice_with_lanes(const Plan& plan) const;

    struct Part {
        std::string name;
        std::int64_t cycles = 0;
        Use use{};
    };
    /// What is slowest.
    [[nodiscard]] Part slowest(const Choice& choice);
    /// Actors with what lies behind them, in graph order.
    [[nodiscard]] std::vector<Part> parts(const Choice& choice) const;
    /// Cycles that some choice needs, ascending; of windows that have not been followed yet, no
    /// more than they need. Every interval that a plan can have is at least one of these.
    [[nodiscard]] std::vector<std::int64_t> cycle_counts() const;
    /// Of one factor; none: it has no cycles.
    [[nodiscard]] std::vector<std::int64_t> cycle_counts(std::size_t factor) const;

  private:
    friend class DesignModelBuilder;

    /// The style of an actor that has choices beside lanes.
    struct Style {
        std::string form;
        ops::MemoryStyle memory = ops::MemoryStyle::automatic;
        ops::MultiplierStyle multiplier = ops::MultiplierStyle::automatic;
    };
    static constexpr std::size_t none = ~std::size_t{0};
    struct ActorVariables {
        std::size_t pe = none;
        std::size_t simd = none;
        std::size_t style = none;
        std::vector<std::int64_t> pes{1};
        std::vector<std::int64_t> simds{1};
        std::vector<Style> styles{Style{}};
    };
    /// Beside each factor of the problem.
    struct Timing {
        std::string name;
        std::size_t actor = none;         ///< index of the choices
        std::vector<std::int64_t> cycles; ///< by entry; empty: none
        std::size_t stage = none;         ///< FrameStages
        std::vector<Pace> paces;          ///< by entry, what it adds to the stage; empty: nothing
        std::vector<char> allowed;        ///< whatever the cycles
        std::vector<ResourceUse> nodes;   ///< by entry, what one node takes of it; empty: nothing
        /// By entry, of a window, whose cycles are followed on demand: pe and simd of `actor`.
        std::vector<std::pair<std::int64_t, std::int64_t>> foldings;
        std::vector<char> followed; ///< by entry, of a window
    };

    void follow(Timing& timing, std::size_t entry) const;
    [[nodiscard]] Pace least_pace(std::size_t factor) const;

    std::vector<ActorChoices> choices_;
    std::vector<ActorVariables> actors_; ///< beside choices_
    ChoiceProblem problem_;
    std::vector<Timing> timings_; ///< beside the problem's factors
    std::vector<Use> regions_;
    FrameStages stages_;
    std::vector<InputPort> ports_;
    std::vector<WordUnit> units_;
    bool knows_units_ = true;
};

} // namespace millrace::planner
