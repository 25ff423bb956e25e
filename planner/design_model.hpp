// SPDX-License-Identifier: Apache-2.0
//
// What every plan of a body takes and how many cycles it needs, as one problem of choices: a
// variable for the output lanes, the input lanes and the style (memory, multiplier, form) of each
// actor, a factor for each actor and for what lies between actors. For every plan, the sum over the
// factors is what the dataflow lowering's design takes (ir/cost.hpp) with all FIFOs at the default
// depth: nothing is left out that choices change, so the cheapest choice is the cheapest plan.
// tests/design_model_test.cpp holds the two against each other.
//
// The delays of a choice are those along one way through the body to an output, the one on which
// they can be the most: of an input's mover, from the first word to the last, of each actor behind
// it, from the last word of a frame that it takes to the last that it gives, pipelines included,
// and of each queue between them. Their sum, and a cycle for the last word, is a lower bound for
// the latency of every design: no actor gives its last word before it has the last that it takes.
// Of rearrangements that leave the end of their input away that is not true: there the way begins,
// where what they give waits for an input at all, and not for pads alone.
//
// The fill of a choice is counted along the same way from its beginning: of each layer, the cycles
// from the end of its first vector to the end of that which the next layer's first vector waits
// for, and of the last layer all its vectors. That is a lower bound, too, and the better one where
// windows wait for rows: it has the slow layer's whole work in it.
#pragma once

#include "ir/cost.hpp"
#include "ir/function/proved_functions.hpp"
#include "ir/plan.hpp"
#include "planner/actor_choices.hpp"
#include "planner/choice_problem.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::planner {

/// Without a delay.
Use use_of(const Cost& cost);

/// Whether no resource is used beyond what there is.
bool within(const Use& use, const Use& available);

/// What a device offers to choose from.
struct DeviceChoices {
    Family family = Family::xc7;
    bool uram = false; ///< for rearrangements; constants cannot lie in UltraRAM
};

class DesignModel {
  public:
    /// Throws Defect when a function has no form.
    DesignModel(const Graph& body, const ProvedFunctions& functions, const DeviceChoices& device);

    /// Allows what needs at most so many cycles a frame, and at most `latency` for its work on one
    /// (see Timing). Returns the names of what cannot keep to the former, each with the cycles that
    /// it needs at least.
    std::vector<std::pair<std::string, std::int64_t>>
    keep_to(std::int64_t cycles, std::int64_t latency = std::numeric_limits<std::int64_t>::max());
    /// The most work of a choice: no frame has a smaller latency.
    [[nodiscard]] std::int64_t most_work(const Choice& choice) const;
    [[nodiscard]] ChoiceProblem& problem() { return problem_; }

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
        /// By entry, empty: none. Cycles that pass between a frame's first word and its last result
        /// whatever else takes place: those in which a layer works on what waits for an input, one
        /// after the other, up to what an output waits for.
        std::vector<std::int64_t> work;
        std::vector<char> allowed; ///< whatever the cycles
        /// By entry, of a window, whose cycles are followed on demand: pe and simd of `actor`.
        std::vector<std::pair<std::int64_t, std::int64_t>> foldings;
        std::vector<char> followed; ///< by entry, of a window
    };

    void follow(Timing& timing, std::size_t entry) const;

    std::vector<ActorChoices> choices_;
    std::vector<ActorVariables> actors_; ///< beside choices_
    ChoiceProblem problem_;
    std::vector<Timing> timings_; ///< beside the problem's factors
};

} // namespace millrace::planner
