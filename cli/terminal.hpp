// SPDX-License-Identifier: Apache-2.0
//
// What is printed where: results on standard output, everything else on standard error; colour and
// moving progress only on a terminal, so that pipes and files get plain text.
#pragma once

#include "ir/diagnostics.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

bool stdout_is_terminal();
bool stderr_is_terminal();

/// The text in bold on a terminal's standard output, unchanged elsewhere.
std::string bold(std::string_view text);

/// All diagnostics on standard error, errors last, and how many errors there were.
void print_diagnostics(const Diagnostics& diagnostics);

/// Columns aligned: the first to the left, those whose cells are numbers to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    void add(std::vector<std::string> row);
    /// With the header in bold, lines indented by two blanks.
    void print() const;
    [[nodiscard]] std::string text(bool with_colour) const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

/// 12345678 -> "12,345,678".
std::string grouped(std::int64_t value);
/// Four significant digits, with "k", "M" and "G" from 10,000 on: "57.27 k".
std::string engineering(double value);

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

} // namespace millrace::cli
