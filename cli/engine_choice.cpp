// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_choice.hpp"

#include "backends/vitis/csim_engine.hpp"
#include "cli/command_line.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace millrace::cli {

std::unique_ptr<Engine> make_engine(const std::string& name, const Executable& executable,
                                    const std::filesystem::path& project) {
    if (name == "network") {
        return make_network_engine(executable.network);
    }
    if (name == "reference") {
        return make_reference_engine(executable.program);
    }
    if (name == "dataflow") {
        return make_dataflow_engine(executable.program, executable.dataflow);
    }
    if (name == "csim") {
        return backends::make_csim_engine(executable.program, project);
    }
    throw WrongUse(
        fmt::format("there is no engine '{}': known are reference and csim", escaped(name)));
}

bool csim_possible(const std::filesystem::path& project) {
    std::error_code error;
    if (std::filesystem::exists(project / "build" / "csim", error)) {
        return true;
    }
    const std::string compiler = backends::host_compiler().front();
    if (compiler.find('/') != std::string::npos) {
        return ::access(compiler.c_str(), X_OK) == 0;
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((std::filesystem::path(folder) / compiler).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

int default_jobs() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

} // namespace millrace::cli
