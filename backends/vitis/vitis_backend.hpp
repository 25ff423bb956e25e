// SPDX-License-Identifier: Apache-2.0
//
// The Vitis HLS backend: a dataflow graph becomes a self-contained HLS project.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/project.hpp"
#include "backends/project_options.hpp"

namespace millrace::backends {

/// All files of the project: actor library, top, weights, C simulation, test bench with golden
/// vectors, host application with the runtime's sources, build files, scripts for both tool forms
/// and for the board, manifest millrace.json, and the compiled model in text form (model/*.mir),
/// from which `simulate` and `report` work again. plan.toml is added by the caller (planner writes
/// plans).
EmittedProject emit_vitis_project(const CompiledDesign& design, const ProjectOptions& options);

} // namespace millrace::backends
