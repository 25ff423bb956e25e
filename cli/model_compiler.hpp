// SPDX-License-Identifier: Apache-2.0
//
// From the options that several commands share to a compiled model and its project.
#pragma once

#include "backends/memory_traffic.hpp"
#include "backends/project.hpp"
#include "frontend/import.hpp"
#include "ir/board.hpp"
#include "passes/pipeline.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): the library's name
class App;
class Option;
} // namespace CLI

namespace millrace::cli {

struct ModelOptions {
    std::string model;
    std::string backend = "vitis";
    std::string part; ///< empty: the backend's default
    double clock_mhz = 100;
    bool clock_given = false;   ///< by --clock, not by the board
    std::string board_argument; ///< of --board: a name or a file
    std::optional<Board> board; ///< choose_board() sets it
    int compute_units = 1;
    std::int64_t cycles = 0;  ///< 0: not given
    double fps = 0;           ///< 0: not given
    std::int64_t latency = 0; ///< cycles; 0: not given
    bool fastest = false;
    std::int64_t effort = 1; ///< planner::Objective::effort
    std::string plan_file;
    std::string folding_file;
    std::vector<std::string> input_types;
    std::string dump_ir;
    std::string stop_after;
    bool verbose = false;
};

/// What it is built of: --backend, --part, --clock.
void add_device_options(CLI::App& command, ModelOptions& options);
/// For options that name files: what is wrong with an empty name, which a script's unset variable
/// leaves; empty: nothing.
std::string is_named(const std::string& file);
/// How long plans are looked for: --effort.
CLI::Option& add_effort_option(CLI::App& command, ModelOptions& options);
/// How the design is built: --backend, --part, --clock, the targets, --plan, --folding, --effort.
void add_design_options(CLI::App& command, ModelOptions& options);
/// What it is built for: --board, --compute-units.
void add_board_options(CLI::App& command, ModelOptions& options);
/// What all commands that read a model have: --input-type, --dump-ir, --stop-after, -v.
void add_compiler_options(CLI::App& command, ModelOptions& options, bool stop_after);

struct CompiledModel {
    frontend::ImportedModel imported; ///< its graph has moved on to the compilation
    passes::Compilation compilation;
    /// Set by the passes where the plan is a solver's.
    std::shared_ptr<std::optional<planner::Solution>> solution;
    /// Where the actors lie, if the kernel may be in several regions of its board and fits them.
    std::optional<planner::RegionAssignment> regions;
};

/// The imported model with its declared inputs, and the passes set up but not run. WrongUse for
/// arguments that do not parse. `operators`, when given, receives how often each occurs, also where
/// the import fails.
std::optional<CompiledModel> import_model(const ModelOptions& options, Diagnostics& diagnostics,
                                          std::map<std::string, int>* operators = nullptr);

/// Runs the passes. False: the diagnostics say why.
bool run_passes(CompiledModel& model, const ModelOptions& options, Diagnostics& diagnostics);

/// import_model() and run_passes().
std::optional<CompiledModel> compile_model(const ModelOptions& options, Diagnostics& diagnostics);

/// Reads the board that --board names, and takes from it the part and the clock that are not given.
/// WrongUse for a name that no board has. False: the diagnostics say what is wrong with the file.
bool choose_board(ModelOptions& options, Diagnostics& diagnostics);

/// What a compute unit may take of the board, if there is one.
planner::Budget budget_for(const ModelOptions& options);
/// With what the memories carry of its frames.
planner::Budget budget_for(const ModelOptions& options, const Graph& body);

/// What a trial of a plan tells the solver; nothing for no design. Cycles only `with_latency`.
std::optional<planner::Trial> trial_of(const passes::LoweredBody* design,
                                       const ModelOptions& options, bool with_latency);

/// What a glance at a plan tells the solver: whether it can be cut into the board's regions, but
/// for its FIFOs; `with_latency`: the cycles with FIFOs that never fill. Nothing: the plan is not
/// legal.
std::optional<planner::Trial> glance_at(const passes::PlanRequest& request, const Plan& plan,
                                        const ModelOptions& options, bool with_latency,
                                        Diagnostics& diagnostics);

/// Whether one kernel may lie in several regions of its board. (Several copies have one each.)
bool may_spread_over_regions(const ModelOptions& options);

/// Whether the compute units find room on the board; the diagnostics say what is missing.
bool check_placement(const Graph& body, const ModelOptions& options, Diagnostics& diagnostics);

/// Whether the design keeps to --cycles or --fps; reports the slowest actor otherwise.
bool check_target(const ModelOptions& options, const CompiledModel& model,
                  const CyclePrediction& cycles, Diagnostics& diagnostics);

/// All files of the project, plan.toml and board.toml included.
backends::EmittedProject emit_project(const CompiledModel& model, const ModelOptions& options);

} // namespace millrace::cli
