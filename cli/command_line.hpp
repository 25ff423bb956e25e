// SPDX-License-Identifier: Apache-2.0
//
// The command line: which commands there are, and what becomes of wrong use and of defects.
#pragma once

#include <functional>
#include <stdexcept>
#include <string_view>

namespace CLI { // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace millrace::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_refused = 1; ///< the input cannot be compiled, or results differ
inline constexpr int exit_wrong_use = 2;
inline constexpr int exit_defect = 70;

/// Arguments that do not go together or mean nothing: exit_wrong_use.
class WrongUse : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One command: its arguments as a part of the root, and what to do once they are read. The
/// function returns the exit code.
struct Command {
    CLI::App* arguments;
    std::function<int()> run;
};

Command add_inspect(CLI::App& root);
Command add_compile(CLI::App& root);
Command add_explore(CLI::App& root);
Command add_simulate(CLI::App& root);
Command add_verify(CLI::App& root);
Command add_report(CLI::App& root);
Command add_synth(CLI::App& root);
Command add_run(CLI::App& root);
Command add_boards(CLI::App& root);

/// Runs the command that the arguments name and returns its exit code. Lets exceptions other than
/// WrongUse through.
int run(int argc, const char* const* argv, std::string_view version);

} // namespace millrace::cli
