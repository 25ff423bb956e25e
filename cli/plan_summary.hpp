// SPDX-License-Identifier: Apache-2.0
//
// What is known about a solver's plan, for people and for --json.
#pragma once

#include "cli/json_output.hpp"
#include "ir/board.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"

#include <optional>
#include <string>

namespace millrace::cli {

/// "least resources for 32,768 cycles, proved".
std::string plan_text(const planner::Solution& solution, const planner::Budget& budget);

/// {"objective", "target", "interval", "weighted", "bound", "proved", "interval_bound", "binding"}.
Json plan_json(const planner::Solution& solution);

/// "SLR0: conv0 to act3 (61 %), 120 wires, SLR1: ..."; or that there is no assignment.
std::string regions_text(const std::optional<planner::RegionAssignment>& assignment,
                         const Board& board);

/// [{"region", "first", "last", "share", "crossing"}] in the order of the data; null: none.
Json regions_json(const std::optional<planner::RegionAssignment>& assignment, const Board& board);

} // namespace millrace::cli
