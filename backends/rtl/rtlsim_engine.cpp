// SPDX-License-Identifier: Apache-2.0
#include "backends/rtl/rtlsim_engine.hpp"

#include "backends/run_process.hpp"
#include "backends/simulation_engine.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <string>

namespace millrace::backends {

namespace {

namespace fs = std::filesystem;

std::string verilator() {
    const char* chosen = std::getenv("VERILATOR");
    return chosen == nullptr || *chosen == '\0' ? "verilator" : chosen;
}

fs::path build(const fs::path& project) {
    fs::path binary = project / "build" / "rtlsim";
    if (!fs::exists(project / "sim" / "main.cpp")) {
        throw EngineError(fmt::format("'{}' has no RTL simulation: compile with --backend rtl",
                                      project.string()));
    }
    if (newer_than_sources(binary, project, {"rtl", "sim", "weights"})) {
        return binary;
    }
    const ProcessResult result =
        run_process({"make", "-s", "-C", project.string(), "build/rtlsim"});
    if (result.exit_code != 0) {
        throw EngineError("the RTL simulation does not build:\n" + result.errors);
    }
    return binary;
}

} // namespace

std::unique_ptr<Engine> make_rtlsim_engine(const Program& program, const fs::path& project) {
    try {
        return make_simulation_engine(program, project,
                                      {"RTL simulation", {build(project).string()}, true});
    } catch (const fs::filesystem_error& error) {
        throw EngineError(error.what());
    }
}

bool rtlsim_possible(const fs::path& project) {
    std::error_code error;
    return fs::exists(project / "build" / "rtlsim", error) || command_exists(verilator());
}

} // namespace millrace::backends
