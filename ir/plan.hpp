// SPDX-License-Identifier: Apache-2.0
//
// The plan: how each actor is built, apart from the graph. planner/ makes and reads plans, passes
// apply them.
#pragma once

#include "ir/ops/dataflow.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// Choices for one actor; which apply depends on its kind.
struct ActorPlan {
    std::string name;    ///< as actor_names() gives it
    std::int64_t pe = 1; ///< lanes of the result; what a kind's lanes are: docs/plan-file.md
    std::int64_t simd =
        1;            ///< lanes of the input, where they are chosen apart (matrix_vector, topk)
    std::string form; ///< function: name of the form, empty: the cheapest
    ops::MemoryStyle memory = ops::MemoryStyle::automatic;
    ops::MultiplierStyle multiplier = ops::MultiplierStyle::automatic;
    friend bool operator==(const ActorPlan&, const ActorPlan&) = default;
};

/// Where a plan was read from, for diagnostics about it; plans that say the same are equal wherever
/// they stand.
struct PlanSource {
    std::string file;
    std::map<std::string, std::int64_t> lines; ///< by "ACTOR.KEY" or the name of a FIFO
    friend bool operator==(const PlanSource& /*a*/, const PlanSource& /*b*/) { return true; }
};

/// What a plan says of a FIFO.
struct FifoPlan {
    std::optional<std::int64_t> depth; ///< none: the compiler's choice
    ops::MemoryStyle memory = ops::MemoryStyle::automatic;
    friend bool operator==(const FifoPlan&, const FifoPlan&) = default;
};

struct Plan {
    PlanSource source;
    std::vector<ActorPlan> actors;         ///< one for each node that is an actor
    std::map<std::string, FifoPlan> fifos; ///< by name; of others the compiler chooses
    std::int64_t default_fifo_depth = 2;
    /// Cycles of a frame that comes alone, for which FIFOs get room where that helps; 0: any.
    std::int64_t latency = 0;
    friend bool operator==(const Plan&, const Plan&) = default;

    [[nodiscard]] const ActorPlan* find(const std::string& name) const {
        for (const ActorPlan& actor : actors) {
            if (actor.name == name) {
                return &actor;
            }
        }
        return nullptr;
    }
};

/// Words of a stream are at most this wide; also Vitis HLS's limit for ap_uint.
inline constexpr std::int64_t widest_word = 4096;

} // namespace millrace
