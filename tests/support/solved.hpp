// SPDX-License-Identifier: Apache-2.0
//
// The planner's answer for a target, without a board.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"
#include "ir/plan.hpp"

#include <optional>

namespace millrace::tests {

/// The plan of least resources that needs at most so many cycles a frame; nothing, with
/// diagnostics, when none does.
std::optional<Plan> solved(const Graph& body, std::int64_t cycles, Diagnostics& diagnostics);

} // namespace millrace::tests
