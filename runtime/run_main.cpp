// SPDX-License-Identifier: Apache-2.0
//
// millrace-run: the runtime's command without the compiler.
#include "runtime/run_command.hpp"

int main(int argc, char** argv) { return millrace::runtime::run_command(argc, argv); }
