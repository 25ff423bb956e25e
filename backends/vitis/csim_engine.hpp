// SPDX-License-Identifier: Apache-2.0
//
// Runs the C simulation of an emitted Vitis project.
#pragma once

#include "ir/engine.hpp"
#include "ir/program.hpp"

#include <filesystem>
#include <memory>

namespace millrace::backends {

/// Builds the project's C simulation (into its own build folder `csim/build`, or `work` when given)
/// unless it is up to date, and makes an engine of it: head, the compiled HLS C++, tail. Throws
/// EngineError with the compiler's message when the build fails.
std::unique_ptr<Engine> make_csim_engine(const Program& program,
                                         const std::filesystem::path& project,
                                         const std::filesystem::path& work = {});

} // namespace millrace::backends
