// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace millrace::cli {

namespace {

constexpr std::string_view bold_on = "\x1b[1m";
constexpr std::string_view colour_off = "\x1b[0m";

std::string_view colour_of(Severity severity) {
    switch (severity) {
    case Severity::note:
        return "\x1b[36m";
    case Severity::warning:
        return "\x1b[33m";
    case Severity::error:
        return "\x1b[1;31m";
    }
    throw Defect("unknown severity");
}

/// Columns that a text takes on a terminal: the code points of UTF-8.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

bool numeric(std::string_view cell) {
    return !cell.empty() && cell.find_first_not_of("0123456789,.-+e") == std::string_view::npos &&
           cell.find_first_of("0123456789") != std::string_view::npos;
}

} // namespace

bool stdout_is_terminal() {
    static const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    return terminal;
}

std::string bold(std::string_view text) {
    return stdout_is_terminal() ? fmt::format("{}{}{}", bold_on, text, colour_off)
                                : std::string(text);
}

void print_diagnostics(const Diagnostics& diagnostics) {
    // What was printed before belongs above, also when both streams go to one place.
    std::fflush(stdout);
    std::vector<const Diagnostic*> ordered;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        ordered.push_back(&diagnostic);
    }
    std::stable_sort(ordered.begin(), ordered.end(), [](const Diagnostic* a, const Diagnostic* b) {
        return a->severity < b->severity;
    });
    for (const Diagnostic* diagnostic : ordered) {
        std::string text = format(*diagnostic);
        if (stderr_is_terminal()) {
            const std::size_t head = text.find(':');
            text = fmt::format("{}{}{}{}", colour_of(diagnostic->severity), text.substr(0, head),
                               colour_off, text.substr(head));
        }
        fmt::print(stderr, "{}\n", text);
    }
    if (diagnostics.error_count() > 1) {
        fmt::print(stderr, "{} errors\n", diagnostics.error_count());
    }
}

void Table::add(std::vector<std::string> row) {
    if (row.size() != rows_.front().size()) {
        throw Defect("a table's row has another number of columns than its header");
    }
    rows_.push_back(std::move(row));
}

std::string Table::text(bool with_colour) const {
    const std::size_t columns = rows_.front().size();
    std::vector<std::size_t> widths(columns, 0);
    std::vector<bool> right(columns, false);
    for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            widths[column] = std::max(widths[column], width(rows_[row][column]));
            if (row > 0 && column > 0 && numeric(rows_[row][column])) {
                right[column] = true;
            }
        }
    }
    std::string result;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        std::string line;
        for (std::size_t column = 0; column < columns; ++column) {
            const std::string& cell = rows_[row][column];
            const std::string padding(widths[column] - width(cell), ' ');
            line += "  " + (right[column] ? padding + cell : cell + padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        result += row == 0 && with_colour ? fmt::format("{}{}{}\n", bold_on, line, colour_off)
                                          : line + '\n';
    }
    return result;
}

void Table::print() const { fmt::print("{}", text(stdout_is_terminal())); }

} // namespace millrace::cli
