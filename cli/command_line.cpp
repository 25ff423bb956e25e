// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include "ir/diagnostics.hpp"
#include "ir/nearest_name.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iostream>

namespace millrace::cli {

int run(int argc, const char* const* argv, std::string_view version) {
    CLI::App root("Millrace compiles a quantized ONNX network to a streaming FPGA accelerator that "
                  "computes exactly the same.",
                  "millrace");
    root.set_version_flag("--version", fmt::format("millrace {}", version));
    root.require_subcommand(1);
    root.footer("Example:\n  millrace compile model.onnx -o project\n\n"
                "millrace COMMAND --help tells about each command.");
    const std::array commands{add_inspect(root),  add_compile(root), add_explore(root),
                              add_simulate(root), add_verify(root),  add_report(root),
                              add_synth(root),    add_run(root),     add_boards(root)};
    try {
        if (argc > 1 && argv[1][0] != '-') {
            std::vector<std::string> names;
            for (const Command& command : commands) {
                names.push_back(command.arguments->get_name());
            }
            if (std::find(names.begin(), names.end(), argv[1]) == names.end()) {
                throw WrongUse(fmt::format("there is no command '{}': {}", escaped(argv[1]),
                                           suggestion(argv[1], names)));
            }
        }
        root.parse(argc, argv);
        for (const Command& command : commands) {
            if (command.arguments->parsed()) {
                return command.run();
            }
        }
        throw WrongUse("no command");
    } catch (const CLI::ParseError& problem) {
        const int code = root.exit(problem, std::cout, std::cerr);
        return code == 0 ? exit_done : exit_wrong_use;
    } catch (const WrongUse& problem) {
        std::cout.flush();
        fmt::print(stderr, "millrace: {}\nRun with --help for more information.\n", problem.what());
        return exit_wrong_use;
    }
}

} // namespace millrace::cli
