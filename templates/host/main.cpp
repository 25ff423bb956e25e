// SPDX-License-Identifier: Apache-2.0
//
// The host application of this project: the command `millrace-run`, which runs this project unless
// another one is named. A program of your own uses runtime/session.hpp, or runtime/millrace.h in C.
#include "runtime/run_command.hpp"

int main(int argc, char** argv) {
    millrace::runtime::RunCommand command;
    command.program = "host";
    command.default_project = millrace::runtime::project_of_this_program();
    return millrace::runtime::run_command(argc, argv, command);
}
