// SPDX-License-Identifier: Apache-2.0
//
// What a user chooses about a project, whichever backend makes it.
#pragma once

#include "ir/board.hpp"

#include <optional>
#include <string>
#include <vector>

namespace millrace::backends {

struct ProjectOptions {
    std::string part = "xc7z020clg400-1"; ///< FPGA part for the scripts
    std::optional<Board> board;           ///< none: unnamed_board() of backends/placement.hpp
    int compute_units = 1;                ///< placement_problem() must be content with it
    /// Where a kernel that is too large for one region of its board is spread over several: the
    /// region's name by node of the dataflow graph. Empty: it stands in one.
    std::vector<std::string> region_of;
    double clock_mhz = 100;
    std::string model_name; ///< file name of the model, for the manifest
    int golden_samples = 8; ///< vectors for the emitted test bench
};

} // namespace millrace::backends
