// SPDX-License-Identifier: Apache-2.0
//
// millrace run: the runtime's own command, with its own options, so that it is the same whether it
// comes with the compiler, alone (millrace-run) or with a project.
#include "cli/command_line.hpp"
#include "runtime/run_command.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace millrace::cli {

Command add_run(CLI::App& root) {
    CLI::App* command = root.add_subcommand("run", "Run a project on a device (XRT or simulated)");
    command->set_help_flag();
    command->prefix_command();
    // CLI11 gives what follows "--" back to the main command, unless a subcommand still waits for
    // words. This one does, and takes none, so that all stay together in their order.
    command->validate_positionals();
    command->add_option("words")->group("")->check([](const std::string&) { return "not here"; });
    return {command, [command] {
                const std::vector<std::string> arguments = command->remaining();
                std::vector<const char*> words{"millrace run"};
                for (const std::string& argument : arguments) {
                    words.push_back(argument.c_str());
                }
                return runtime::run_command(static_cast<int>(words.size()), words.data(),
                                            {"millrace run", {}});
            }};
}

} // namespace millrace::cli
