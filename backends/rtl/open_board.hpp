// SPDX-License-Identifier: Apache-2.0
//
// What RTL projects have for boards with open tools, iCE40 and ECP5: the network behind a serial
// line, its simulation, a script from there to the bitstream, and one that talks to the board.
#pragma once

#include "backends/kernel_ports.hpp"
#include "backends/project.hpp"

#include <string>

namespace millrace::backends {

/// Adds the folder open/. The modules of the library that it uses are those of the movers.
void add_open_board_files(ProjectFiles& files, const KernelPorts& ports, const std::string& kernel,
                          const std::string& network);

} // namespace millrace::backends
