// SPDX-License-Identifier: Apache-2.0
//
// Chooses foldings: for each actor the fewest lanes that reach a target interval.
#pragma once

#include "ir/graph.hpp"
#include "ir/plan.hpp"
#include "planner/actor_choices.hpp"

#include <cstdint>

namespace millrace::planner {

/// The interval that is aimed at when the user gives none, for networks that reach it with...
inline constexpr std::int64_t default_target_cycles = 1024;
/// ...this many products a cycle; for larger ones the interval doubles until they do.
inline constexpr std::int64_t default_most_lanes = 4096;

/// The plan when the user asks for nothing.
Plan default_plan(const Graph& body);

/// For each actor the folding with the fewest lanes (pe * simd) that needs at most `target_cycles`
/// a frame, what takes its lanes (reshapes, pads, movers) included; among equals the one with fewer
/// output lanes, whose accumulators cost more than input lanes. What is returned reaches the target
/// when any legal folding does; where none does, it is the fastest.
Plan fold_for_cycles(const Graph& body, std::int64_t target_cycles);

/// The interval of the design that the dataflow lowering makes of a complete plan.
std::int64_t planned_interval(const Graph& body, const Plan& plan);

} // namespace millrace::planner
