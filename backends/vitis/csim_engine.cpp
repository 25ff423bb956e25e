// SPDX-License-Identifier: Apache-2.0
//
// The C simulation (csim/main.cpp of the project) is built with the host's compiler.
#include "backends/vitis/csim_engine.hpp"

#include "backends/run_process.hpp"
#include "backends/simulation_engine.hpp"

#include <fmt/format.h>

namespace millrace::backends {

namespace {

namespace fs = std::filesystem;

fs::path build(const fs::path& project, const fs::path& work) {
    const fs::path folder = work.empty() ? project / "build" : work;
    fs::path binary = folder / "csim";
    if (!fs::exists(project / "csim" / "main.cpp")) {
        throw EngineError(fmt::format("'{}' has no C simulation", project.string()));
    }
    if (newer_than_sources(binary, project, {"src", "csim", "lib"})) {
        return binary;
    }
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw EngineError(fmt::format("cannot make '{}': {}", folder.string(), error.message()));
    }
    // Linked beside and renamed: an interrupted build leaves no half binary.
    const fs::path fresh = folder / "csim.new";
    std::vector<std::string> command = host_compiler();
    command.insert(command.end(),
                   {"-std=c++14", "-O3", "-Wno-unknown-pragmas", "-Wno-unused-label",
                    "-I" + (project / "lib").string(), "-I" + (project / "lib" / "sim").string(),
                    (project / "csim" / "main.cpp").string(),
                    (project / "src" / "top.cpp").string(), "-o", fresh.string()});
    const ProcessResult result = run_process(command);
    if (result.exit_code != 0) {
        throw EngineError("the C simulation does not build:\n" + result.errors);
    }
    fs::rename(fresh, binary);
    return binary;
}

} // namespace

std::unique_ptr<Engine> make_csim_engine(const Program& program, const fs::path& project,
                                         const fs::path& work) {
    try {
        const fs::path binary = build(project, work);
        return make_simulation_engine(
            program, project,
            {"C simulation", {binary.string(), (project / "weights").string()}, false});
    } catch (const fs::filesystem_error& error) {
        throw EngineError(error.what());
    }
}

} // namespace millrace::backends
