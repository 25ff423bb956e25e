// SPDX-License-Identifier: Apache-2.0
//
// The options of `millrace-run`.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::runtime {

struct RunOptions {
    std::string project;
    std::string device = "sim";
    std::string xclbin;
    std::vector<std::string> inputs; ///< "FILE" or "NAME=FILE"
    std::string output;
    std::string labels;
    std::uint32_t batch = 0; ///< 0: the session's choice
    std::uint32_t streams = 2;
    std::uint32_t repeat = 1;
    double timeout_seconds = 0; ///< 0: the session's choice
    bool json = false;
    bool help = false;
    bool version = false;
};

/// Arguments that mean nothing; the message says which and what would.
class WrongUse : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Reads "--name VALUE", "--name=VALUE" and the project; "--" ends the options.
RunOptions parse_run_options(const std::vector<std::string>& arguments);

std::string run_help(const std::string& program, bool needs_project);

} // namespace millrace::runtime
