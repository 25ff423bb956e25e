// SPDX-License-Identifier: Apache-2.0
//
// The forms in which hardware computes a per-channel integer function. Each is plain integer
// arithmetic; a form stands for a function only after it was proved equal on the whole reachable
// range (function/realize.hpp). Per-channel parameters have one entry for all channels or one each.
#pragma once

#include "ir/rounding.hpp"

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

namespace form {

/// y = x; the encoding may change.
struct Identity {
    friend bool operator==(const Identity&, const Identity&) = default;
};
/// y = clamp(round((x + add[c]) / 2^shift), lo, hi).
struct Shift {
    std::vector<std::int64_t> add{0};
    int shift = 0;
    Rounding rounding = Rounding::half_even;
    std::int64_t lo = 0;
    std::int64_t hi = 0;
    friend bool operator==(const Shift&, const Shift&) = default;
};
/// t = x * multiplier[c] + add[c] * 2^add_shift; q = floor(t / 2^shift) and r the remainder;
/// y = clamp(r < tie and q is odd ? q - 1 : q, lo, hi). `tie` > 0 rounds to even: t is then the
/// number plus a half and at most `tie` - 1 units of error, so remainders below `tie` are ties.
struct MultiplyAddShift {
    std::vector<std::int64_t> multiplier{1};
    std::vector<std::int64_t> add{0};
    int add_shift = 0;
    int shift = 0;
    std::int64_t tie = 0;
    std::int64_t lo = 0;
    std::int64_t hi = 0;
    friend bool operator==(const MultiplyAddShift&, const MultiplyAddShift&) = default;
};
/// y = base[c] + step[c] * #{i : x >= thresholds[c][i]}, step +1 or -1, rows ascending and of one
/// length; rows are filled up with one more than the largest reachable x.
struct Thresholds {
    std::vector<std::int64_t> base{0};
    std::vector<std::int64_t> step{1};
    std::vector<std::vector<std::int64_t>> thresholds{{}};
    friend bool operator==(const Thresholds&, const Thresholds&) = default;
};
/// y = values[c][i] for the largest i with x >= starts[c][i]; starts[c][0] is the smallest
/// reachable x; rows of one length, filled up as Thresholds' are.
struct Breakpoints {
    std::vector<std::vector<std::int64_t>> starts{{0}};
    std::vector<std::vector<std::int64_t>> values{{0}};
    friend bool operator==(const Breakpoints&, const Breakpoints&) = default;
};
/// y = values[c][x - lo].
struct Table {
    std::int64_t lo = 0;
    std::vector<std::vector<std::int64_t>> values{{0}};
    friend bool operator==(const Table&, const Table&) = default;
};

} // namespace form

using FunctionForm = std::variant<form::Identity, form::Shift, form::MultiplyAddShift,
                                  form::Thresholds, form::Breakpoints, form::Table>;

/// "identity", "shift", "multiply_add_shift", "thresholds", "breakpoints", "table".
std::string_view form_name(const FunctionForm& form);

/// y for channel c.
std::int64_t apply(const FunctionForm& form, std::size_t channel, std::int64_t x);

} // namespace millrace
