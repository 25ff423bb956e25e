// SPDX-License-Identifier: Apache-2.0
//
// What takes a packaged kernel to a board (scripts/ of a project), whichever backend made it: the
// configuration of Vitis's linker, and for embedded boards a Vivado block design, the device-tree
// overlay and the description of the kernel for XRT.
#pragma once

#include "backends/kernel_interface.hpp"
#include "backends/placement.hpp"
#include "backends/project.hpp"
#include "ir/board.hpp"

#include <string>
#include <vector>

namespace millrace::backends {

/// A kernel on a board.
struct LinkedDesign {
    const KernelInterface& interface;
    const Board& board;
    std::vector<PlacedUnit> units;
    std::string part;
    double clock_mhz = 100;
    bool hls = true; ///< packaged by Vitis HLS; else by Vivado
};

/// Adds scripts/link.cfg, scripts/link.mk (for the project's Makefile) and scripts/README.md; for
/// embedded boards also scripts/vivado_bd.tcl with design.tcl, overlay.dts, bitstream.bif,
/// shell.json, xclbin.sh and xclbin/.
void add_link_files(ProjectFiles& files, const LinkedDesign& design);

} // namespace millrace::backends
