// SPDX-License-Identifier: Apache-2.0
//
// The executable: everything is in libraries. What arrives here as an exception is a defect of
// ours.
#include "cli/command_line.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    try {
        return millrace::cli::run(argc, argv, MILLRACE_VERSION);
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
