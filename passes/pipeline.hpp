// SPDX-License-Identifier: Apache-2.0
//
// The one ordered table of passes from the imported network to the dataflow graph.
#pragma once

#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "ir/plan.hpp"
#include "ir/program.hpp"
#include "passes/declare_inputs.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "passes/lower_to_integer.hpp"
#include "passes/size_fifos.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace millrace::passes {

/// What a plan is chosen from.
struct PlanRequest {
    const Graph& body;
    const ProvedFunctions& functions;
    const MemoryCycles& memory; ///< of the board
    /// The design of a plan, FIFOs sized; null when there is none, for which there are diagnostics.
    /// It is kept: when the plan is chosen, it is not made again.
    std::function<const LoweredBody*(const Plan&)> try_plan;
};

/// Everything that passes read and make.
struct Compilation {
    InputDeclarations inputs; ///< integer types that the user declares for inputs
    LoweringOptions lowering;
    /// Chooses the plan once the body is known; planner/ provides it.
    std::function<std::optional<Plan>(const PlanRequest&, Diagnostics&)> make_plan;

    /// How fast the board's memories carry frames of a body; none: as fast as the movers.
    std::function<MemoryCycles(const Graph& body)> memory_cycles;

    ActorLibrary library = ActorLibrary::hls; ///< of the body and the dataflow graph

    Graph network;                         ///< set by the caller
    Program program;                       ///< after lower_to_integer
    ProvedFunctions functions;             ///< of the body, after prove_functions
    Plan plan;                             ///< after plan
    std::optional<LoweredBody> tried;      ///< the design of `plan`, where it was tried
    Graph dataflow;                        ///< after lower_to_dataflow
    std::optional<CyclePrediction> cycles; ///< LoweredBody's
};

struct Pass {
    std::string_view name;
    std::string_view invariant; ///< what holds afterwards
    /// False: diagnostics say why there is no result. `changed` tells whether anything changed.
    bool (*run)(Compilation& compilation, Diagnostics& diagnostics, bool& changed);
};

std::span<const Pass> pass_table();

struct PassReport {
    std::string_view name;
    bool changed;
    std::chrono::duration<double> seconds;
};

struct RunOptions {
    std::optional<std::filesystem::path> dump_ir; ///< folder for NN-pass-level.mir files
    std::string stop_after;                       ///< name of a pass; empty: run all
    std::function<void(const PassReport&)> observe;
};

/// Runs the passes in order, the verifier around each. False when a pass reported errors. An
/// unknown name in stop_after is the caller's error (std::invalid_argument).
bool run_passes(Compilation& compilation, Diagnostics& diagnostics, const RunOptions& options = {});

} // namespace millrace::passes
