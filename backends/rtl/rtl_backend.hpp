// SPDX-License-Identifier: Apache-2.0
//
// The RTL backend: a dataflow graph becomes a self-contained SystemVerilog project, simulated with
// Verilator, synthesised with Yosys and packaged for Vivado and Vitis.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/project.hpp"
#include "backends/project_options.hpp"

namespace millrace::backends {

/// All files of the project: the used modules of the actor library, a module for each actor, the
/// network, the kernel, weights, the simulation, golden vectors, host application with the
/// runtime's sources, build files and scripts, manifest and compiled model. plan.toml is added by
/// the caller.
EmittedProject emit_rtl_project(const CompiledDesign& design, const ProjectOptions& options);

/// Bits of the wide side of the multiplier in a part's DSP blocks: 25 in the 7 series, 27 later.
int dsp_bits_of(const std::string& part);

} // namespace millrace::backends
