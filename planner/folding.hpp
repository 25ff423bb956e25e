// SPDX-License-Identifier: Apache-2.0
//
// Chooses foldings: the cheapest divisors that reach a target interval.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"
#include "ir/plan.hpp"

#include <optional>

namespace millrace::planner {

/// What a user may choose for one actor of an integer-level graph.
struct ActorChoices {
    std::size_t node; ///< index in the graph
    std::string name;
    std::string kind;             ///< "matrix_vector", "function" or "topk"
    std::int64_t inputs = 1;      ///< K: what simd divides (0: no simd)
    std::int64_t outputs = 1;     ///< N: what pe divides (0: no pe)
    std::int64_t vectors = 1;     ///< a frame
    std::int64_t widest_simd = 1; ///< by the word limit
    std::int64_t widest_pe = 1;

    /// Cycles a frame with a folding.
    [[nodiscard]] std::int64_t cycles(std::int64_t pe, std::int64_t simd) const;
    /// Legal values, ascending.
    [[nodiscard]] std::vector<std::int64_t> legal_pe() const;
    [[nodiscard]] std::vector<std::int64_t> legal_simd() const;
};

/// The actors of a body, in graph order.
std::vector<ActorChoices> actor_choices(const Graph& body);

/// The interval that is aimed at when the user gives none.
inline constexpr std::int64_t default_target_cycles = 1024;

/// For each actor the folding with the fewest lanes (pe * simd) that needs at most `target_cycles`
/// a frame; among equals the one with fewer output lanes, whose accumulators cost more than input
/// lanes. When some actor cannot reach the target: without diagnostics the fastest folding, with
/// `strict` a target_unreachable diagnostic that says what is the best.
std::optional<Plan> fold_for_cycles(const Graph& body, std::int64_t target_cycles, bool strict,
                                    Diagnostics& diagnostics);

/// The fastest folding of every actor.
Plan fold_fastest(const Graph& body);

} // namespace millrace::planner
