// SPDX-License-Identifier: Apache-2.0
//
// An engine around a simulation that is a program of its own: it maps files of memory words to
// files of memory words. Run on shards of the samples, one process a job.
#pragma once

#include "ir/engine.hpp"
#include "ir/program.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace millrace::backends {

struct Simulator {
    std::string name;                 ///< for messages: "C simulation"
    std::vector<std::string> command; ///< before FRAMES INPUT... OUTPUT...
    bool measures = false;            ///< takes --json FILE and writes cycles there
};

/// `program` must outlive the engine. Throws EngineError when millrace.json cannot be read or does
/// not fit the program.
std::unique_ptr<Engine> make_simulation_engine(const Program& program,
                                               const std::filesystem::path& project,
                                               Simulator simulator);

/// The command that compiles C++ on this machine, word by word: $CXX, or else g++.
std::vector<std::string> host_compiler();
/// Whether a command can be started: a path to a program, or a name on the PATH.
bool command_exists(const std::string& name);

/// Whether a file is there and no regular file below the project's folders is newer.
bool newer_than_sources(const std::filesystem::path& file, const std::filesystem::path& project,
                        const std::vector<std::string>& folders);

} // namespace millrace::backends
