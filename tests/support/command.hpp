// SPDX-License-Identifier: Apache-2.0
//
// Runs the built command as a user does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace millrace::tests {

struct CommandRun {
    int status = -1; ///< exit code, -1 when it died by a signal
    std::string out; ///< standard output
    std::string err; ///< standard error
};

/// Runs `millrace` with these arguments; `input` is not read from.
CommandRun millrace_command(const std::vector<std::string>& arguments);

/// Runs any program, found by PATH.
CommandRun run_program(const std::string& program, const std::vector<std::string>& arguments);

/// The bytes of a file; a failed test when it cannot be read.
std::string file_text(const std::filesystem::path& file);

/// Every file below a folder by its relative path, with its bytes; folders by their name and "/".
std::vector<std::pair<std::string, std::string>>
folder_contents(const std::filesystem::path& folder);

} // namespace millrace::tests
