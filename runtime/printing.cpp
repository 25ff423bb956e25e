// SPDX-License-Identifier: Apache-2.0
#include "runtime/printing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

std::string four_digits(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", value);
    return text.data();
}

} // namespace

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t end = digits.size(); end > 3 && digits[end - 4] != '-';) {
        end -= 3;
        digits.insert(end, 1, ',');
    }
    return digits;
}

std::string counted(std::int64_t count, const char* noun) {
    return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string engineering(double value) {
    if (!std::isfinite(value)) {
        return "-";
    }
    if (value >= 1e9) {
        return four_digits(value / 1e9) + " G";
    }
    if (value >= 1e6) {
        return four_digits(value / 1e6) + " M";
    }
    if (value >= 1e4) {
        return four_digits(value / 1e3) + " k";
    }
    return value >= 1e3 ? grouped(std::llround(value)) : four_digits(value);
}

bool stderr_is_terminal() {
    static const bool terminal = ::isatty(STDERR_FILENO) != 0;
    return terminal;
}

ProgressBar::ProgressBar(std::string label, std::int64_t total, bool quiet)
    : label_(std::move(label)),
      total_(std::max<std::int64_t>(total, 1)),
      enabled_(!quiet && stderr_is_terminal()) {}

ProgressBar::~ProgressBar() {
    if (drawn_) {
        std::fputs("\r\x1b[K", stderr);
    }
}

void ProgressBar::operator()(std::int64_t done) {
    using namespace std::chrono_literals;
    const auto now = std::chrono::steady_clock::now();
    if (!enabled_ || now - start_ < 1s || now - last_ < 100ms) {
        return;
    }
    last_ = now;
    drawn_ = true;
    constexpr std::int64_t cells = 30;
    const std::int64_t full = std::clamp<std::int64_t>(done * cells / total_, 0, cells);
    std::string bar(static_cast<std::size_t>(full), '#');
    bar.resize(cells, ' ');
    std::fprintf(stderr, "\r%s [%s] %lld/%lld\x1b[K", label_.c_str(), bar.c_str(),
                 static_cast<long long>(done), static_cast<long long>(total_));
    std::fflush(stderr);
}

} // namespace millrace::runtime
