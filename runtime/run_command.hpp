// SPDX-License-Identifier: Apache-2.0
//
// The command `millrace-run`, which is `millrace run` and the host application of a project, too.
#pragma once

#include <filesystem>
#include <string>

namespace millrace::runtime {

/// How the command was called.
struct RunCommand {
    std::string program = "millrace-run"; ///< for messages and the help text
    /// Used when no project is named; empty: one must be named.
    std::filesystem::path default_project;
};

/// Runs a project on samples and prints what came of it. `argv[0]` is not looked at. Returns the
/// exit code: 0 done, 1 the project cannot be run on these inputs, 2 wrong use, 70 a defect of the
/// runtime.
int run_command(int argc, const char* const* argv, const RunCommand& command = {});

/// The project's folder that holds the running program, by millrace.json in a folder above it;
/// empty when there is none.
std::filesystem::path project_of_this_program();

} // namespace millrace::runtime
