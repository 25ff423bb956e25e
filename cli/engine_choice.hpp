// SPDX-License-Identifier: Apache-2.0
//
// Engines by the names that --engine and --engines take.
#pragma once

#include "ir/engine.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::cli {

/// What engines execute; all of it must outlive them.
struct Executable {
    const Graph& network;
    const Program& program;
    const Graph& dataflow;
};

/// "network", "reference", "dataflow", "csim" or "rtlsim". `project`: the emitted project, for the
/// simulations only.
/// Throws WrongUse for other names, EngineError when a simulation cannot be built.
std::unique_ptr<Engine> make_engine(const std::string& name, const Executable& executable,
                                    const std::filesystem::path& project);

/// The engine for a project of a backend: its simulation where that can be run (it was built, or
/// there is what builds it), else "reference".
std::string project_engine(const std::string& backend, const std::filesystem::path& project);

/// The backend whose project an engine runs; empty: none.
std::string_view engine_backend(const std::string& engine);

/// The processor's threads, at least 1.
int default_jobs();

} // namespace millrace::cli
