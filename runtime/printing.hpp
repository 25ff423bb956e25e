// SPDX-License-Identifier: Apache-2.0
//
// Numbers and progress as our commands print them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace millrace::runtime {

/// 12345678 -> "12,345,678".
std::string grouped(std::int64_t value);
/// "1 frame", "1,200 frames".
std::string counted(std::int64_t count, const char* noun);
/// Four significant digits, with "k", "M" and "G" from 10,000 on: "57.27 k".
std::string engineering(double value);

bool stderr_is_terminal();

/// A bar on standard error for work that lasts over a second; silent when that is no terminal.
class ProgressBar {
  public:
    ProgressBar(std::string label, std::int64_t total, bool quiet = false);
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();
    void operator()(std::int64_t done);

  private:
    std::string label_;
    std::int64_t total_;
    bool enabled_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_ = start_;
};

} // namespace millrace::runtime
