// SPDX-License-Identifier: Apache-2.0
//
// Chooses foldings: for each actor the fewest lanes that reach a target interval.
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
    /// "matrix_vector", "depthwise", "reduce", "rearrange", "add", "mul", "concat",
    /// "dynamic_matrix", "function" or "topk".
    std::string kind;
    std::int64_t inputs = 1;      ///< K: what simd divides
    std::int64_t outputs = 1;     ///< N (of one group), or channels: what pe divides
    std::int64_t vectors = 1;     ///< a frame; with groups, times groups
    std::int64_t widest_simd = 1; ///< by the word limit
    std::int64_t widest_pe = 1;
    bool has_pe = true;
    bool has_simd = false;
    bool has_memory = false;
    bool has_multiplier = false;
    bool has_form = false;
    /// Of a rearrangement: the cycles for each legal number of lanes, ascending. Of a depthwise
    /// product or a reduction: those of the rearrangement that brings its blocks of channels.
    std::vector<std::pair<std::int64_t, std::int64_t>> windows;

    /// Cycles a frame with a folding.
    [[nodiscard]] std::int64_t cycles(std::int64_t pe, std::int64_t simd) const;
    /// Of `windows`.
    [[nodiscard]] std::int64_t window_cycles(std::int64_t lanes) const;
    /// Legal values, ascending.
    [[nodiscard]] std::vector<std::int64_t> legal_pe() const;
    [[nodiscard]] std::vector<std::int64_t> legal_simd() const;
};

/// The actors of a body, in graph order.
std::vector<ActorChoices> actor_choices(const Graph& body);

/// The interval that is aimed at when the user gives none, for networks that reach it with...
inline constexpr std::int64_t default_target_cycles = 1024;
/// ...this many products a cycle; for larger ones the interval doubles until they do.
inline constexpr std::int64_t default_most_lanes = 4096;

/// The plan when the user asks for nothing.
Plan default_plan(const Graph& body);

/// For each actor the folding with the fewest lanes (pe * simd) that needs at most `target_cycles`
/// a frame; among equals the one with fewer output lanes, whose accumulators cost more than input
/// lanes. When some actor cannot reach the target: without diagnostics the fastest folding, with
/// `strict` a target_unreachable diagnostic that says what is the best.
std::optional<Plan> fold_for_cycles(const Graph& body, std::int64_t target_cycles, bool strict,
                                    Diagnostics& diagnostics);

/// The fastest folding of every actor.
Plan fold_fastest(const Graph& body);

} // namespace millrace::planner
