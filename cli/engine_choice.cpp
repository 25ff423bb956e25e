// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_choice.hpp"

#include "backends/rtl/rtlsim_engine.hpp"
#include "backends/simulation_engine.hpp"
#include "backends/vitis/csim_engine.hpp"
#include "cli/command_line.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace millrace::cli {

namespace {

/// Whether a C simulation can be run: it was built, or there is a compiler to build it.
bool csim_possible(const std::filesystem::path& project) {
    std::error_code error;
    return std::filesystem::exists(project / "build" / "csim", error) ||
           backends::command_exists(backends::host_compiler().front());
}

} // namespace

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
    if (name == "rtlsim") {
        return backends::make_rtlsim_engine(executable.program, project);
    }
    throw WrongUse(fmt::format("there is no engine '{}': known are reference, csim and rtlsim",
                               escaped(name)));
}

std::string project_engine(const std::string& backend, const std::filesystem::path& project) {
    if (backend == "rtl") {
        return backends::rtlsim_possible(project) ? "rtlsim" : "reference";
    }
    return csim_possible(project) ? "csim" : "reference";
}

std::string_view engine_backend(const std::string& engine) {
    return engine == "csim" ? "vitis" : engine == "rtlsim" ? "rtl" : "";
}

int default_jobs() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

} // namespace millrace::cli
