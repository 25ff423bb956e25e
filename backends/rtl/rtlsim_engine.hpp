// SPDX-License-Identifier: Apache-2.0
//
// The simulation of an emitted RTL project, cycle by cycle, as an engine.
#pragma once

#include "ir/engine.hpp"
#include "ir/program.hpp"

#include <filesystem>
#include <memory>

namespace millrace::backends {

/// Builds PROJECT/build/rtlsim with the project's Makefile (Verilator and a C++ compiler) where it
/// is missing or older than its sources. Throws EngineError when that fails.
std::unique_ptr<Engine> make_rtlsim_engine(const Program& program,
                                           const std::filesystem::path& project);

/// Whether the simulation can be run: it was built, or there is a Verilator to build it.
bool rtlsim_possible(const std::filesystem::path& project);

} // namespace millrace::backends
