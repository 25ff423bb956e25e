// SPDX-License-Identifier: Apache-2.0
//
// Engines by the names that --engine and --engines take.
#pragma once

#include "ir/engine.hpp"

#include <filesystem>
#include <string>

namespace millrace::cli {

/// What engines execute; all of it must outlive them.
struct Executable {
    const Graph& network;
    const Program& program;
    const Graph& dataflow;
};

/// "network", "reference", "dataflow" or "csim". `project`: the emitted project, for csim only.
/// Throws WrongUse for other names, EngineError when a simulation cannot be built.
std::unique_ptr<Engine> make_engine(const std::string& name, const Executable& executable,
                                    const std::filesystem::path& project);

/// Whether a C simulation can be run: it was built, or there is a g++ to build it.
bool csim_possible(const std::filesystem::path& project);

/// The processor's threads, at least 1.
int default_jobs();

} // namespace millrace::cli
