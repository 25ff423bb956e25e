// SPDX-License-Identifier: Apache-2.0
//
// The Vitis HLS backend: a dataflow graph becomes a self-contained HLS project.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/project.hpp"
#include "ir/program.hpp"
#include "ir/schedule.hpp"
#include "ir/token_simulation.hpp"

#include <string>

namespace millrace::backends {

struct VitisOptions {
    std::string part = "xc7z020clg400-1"; ///< FPGA part for the scripts
    std::string board;                    ///< board name for the manifest; may be empty
    double clock_mhz = 100;
    std::string model_name; ///< file name of the model, for the manifest
    int golden_samples = 8; ///< vectors for the emitted test bench
};

/// All files of the project: actor library, top, weights, test bench with golden vectors, build
/// files, scripts for both tool forms, plan.toml is added by the caller (planner writes plans),
/// manifest millrace.json, and the compiled model in text form (model/*.mir), from which
/// `simulate` and `report` work again.
EmittedProject emit_vitis_project(const CompiledDesign& design, const VitisOptions& options);

} // namespace millrace::backends
