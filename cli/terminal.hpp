// SPDX-License-Identifier: Apache-2.0
//
// What is printed where: results on standard output, everything else on standard error; colour and
// moving progress only on a terminal, so that pipes and files get plain text.
#pragma once

#include "ir/diagnostics.hpp"
#include "runtime/printing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

using runtime::engineering;
using runtime::grouped;
using runtime::ProgressBar;
using runtime::stderr_is_terminal;

bool stdout_is_terminal();

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

} // namespace millrace::cli
