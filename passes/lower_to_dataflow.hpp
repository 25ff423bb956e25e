// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/function/proved_functions.hpp"
#include "ir/graph.hpp"
#include "ir/memory_pace.hpp"
#include "ir/plan.hpp"
#include "passes/size_fifos.hpp"

#include <optional>

namespace millrace::passes {

struct LoweredBody {
    Graph dataflow;
    /// Where the depths of FIFOs behind forks were found by following this very design; the
    /// interval is that of memory that moves a word in every cycle.
    std::optional<CyclePrediction> cycles;
};

/// From the integer level to the dataflow level under a plan.
///
/// Guarantees: the dataflow graph computes what the body computes, element for element. Every
/// integer operator becomes its actor; functions get the form that the plan names, or the cheapest,
/// each proved equal on the reachable range and proved again before this pass returns. Streams with
/// several readers are forked, lanes that differ are converted, every stream between two actors
/// goes through a FIFO whose depth the plan may set (else size_fifos() does), inputs
/// and outputs get movers. Functions that are the identity in the same format vanish.
///
/// A plan that does not fit (unknown or missing actors, lanes that do not divide, forms that are
/// not provable) gives bad_plan diagnostics with the nearest legal value, and std::nullopt.
/// `memory`: what is known of the board's, for the movers.
std::optional<LoweredBody> lower_to_dataflow(const Graph& body, const Plan& plan,
                                             const ProvedFunctions& functions,
                                             Diagnostics& diagnostics,
                                             const MemoryCycles& memory = {});
/// The same with all FIFOs of the plan's default depth: quicker, to look at a plan.
std::optional<Graph> lower_with_default_depths(const Graph& body, const Plan& plan,
                                               const ProvedFunctions& functions,
                                               Diagnostics& diagnostics,
                                               const MemoryCycles& memory = {});
/// With the body's functions proved for this call.
std::optional<LoweredBody> lower_to_dataflow(const Graph& body, const Plan& plan,
                                             Diagnostics& diagnostics);

} // namespace millrace::passes
