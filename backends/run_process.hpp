// SPDX-License-Identifier: Apache-2.0
//
// Runs another program without a shell, so that no name is ever interpreted.
#pragma once

#include <string>
#include <vector>

namespace millrace::backends {

struct ProcessResult {
    int exit_code = 0;  ///< 128 + signal when a signal ended it, 127 when it could not be started
    std::string errors; ///< standard error, at most the first 64 KiB
};

/// Runs command[0] (found on PATH) with its arguments and waits. Standard output is discarded.
ProcessResult run_process(const std::vector<std::string>& command);

} // namespace millrace::backends
