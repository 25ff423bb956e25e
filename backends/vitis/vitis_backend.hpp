// SPDX-License-Identifier: Apache-2.0
//
// The Vitis HLS backend: a dataflow graph becomes a self-contained HLS project.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/project.hpp"
#include "ir/board.hpp"
#include "ir/program.hpp"
#include "ir/schedule.hpp"
#include "ir/token_simulation.hpp"

#include <optional>
#include <string>

namespace millrace::backends {

struct VitisOptions {
    std::string part = "xc7z020clg400-1"; ///< FPGA part for the scripts
    std::optional<Board> board;           ///< none: unnamed_board() of backends/placement.hpp
    int compute_units = 1;                ///< placement_problem() must be content with it
    double clock_mhz = 100;
    std::string model_name; ///< file name of the model, for the manifest
    int golden_samples = 8; ///< vectors for the emitted test bench
};

/// All files of the project: actor library, top, weights, C simulation, test bench with golden
/// vectors, host application with the runtime's sources, build files, scripts for both tool forms
/// and for the board, manifest millrace.json, and the compiled model in text form (model/*.mir),
/// from which `simulate` and `report` work again. plan.toml is added by the caller (planner writes
/// plans).
EmittedProject emit_vitis_project(const CompiledDesign& design, const VitisOptions& options);

} // namespace millrace::backends
