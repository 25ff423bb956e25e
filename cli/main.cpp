// SPDX-License-Identifier: Apache-2.0
//
// The executable: everything is in libraries. What arrives here as an exception is a defect of
// ours.
#include "cli/command_line.hpp"

#include <cstdio>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const int code = millrace::cli::run(argc, argv, MILLRACE_VERSION);
        std::cout.flush();
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout) {
            std::fprintf(stderr, "millrace: the results cannot be written to standard output\n");
            return millrace::cli::exit_refused;
        }
        return code;
    } catch (const std::exception& defect) {
        std::fflush(stdout);
        std::fprintf(stderr,
                     "millrace: internal error: %s\n"
                     "This is a defect of Millrace, not of your model. Please report it with the "
                     "command and, if you can, the model.\n",
                     defect.what());
        return millrace::cli::exit_defect;
    }
}
