// SPDX-License-Identifier: Apache-2.0
//
// Rounding to integers. Every mode is stated once, in rounds_up(), as a choice between the floor
// and the integer above it; callers find the floor and the position of the fraction exactly, so
// no mode ever sees a rounded number.
#include "ir/rounding.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace millrace {

namespace {

struct ModeName {
    std::string_view name;
    Rounding mode;
};

constexpr std::array<ModeName, 7> text_names{{
    {"half_even", Rounding::half_even},
    {"half_up", Rounding::half_up},
    {"half_down", Rounding::half_down},
    {"floor", Rounding::floor},
    {"ceil", Rounding::ceil},
    {"up", Rounding::up},
    {"down", Rounding::down},
}};

constexpr std::array<ModeName, 9> qonnx_names{{
    {"ROUND", Rounding::half_even},
    {"HALF_EVEN", Rounding::half_even},
    {"CEIL", Rounding::ceil},
    {"FLOOR", Rounding::floor},
    {"UP", Rounding::up},
    {"DOWN", Rounding::down},
    {"HALF_UP", Rounding::half_up},
    {"HALF_DOWN", Rounding::half_down},
    {"ROUND_TO_ZERO", Rounding::down},
}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::toupper(static_cast<unsigned char>(x)) ==
               std::toupper(static_cast<unsigned char>(y));
    });
}

} // namespace

std::string_view to_string(Rounding mode) {
    for (const ModeName& entry : text_names) {
        if (entry.mode == mode) {
            return entry.name;
        }
    }
    throw std::logic_error("rounding mode without a name");
}

std::optional<Rounding> rounding_from_string(std::string_view name) {
    for (const ModeName& entry : text_names) {
        if (entry.name == name) {
            return entry.mode;
        }
    }
    return std::nullopt;
}

std::optional<Rounding> rounding_from_qonnx(std::string_view name) {
    for (const ModeName& entry : qonnx_names) {
        if (equal_ignoring_case(entry.name, name)) {
            return entry.mode;
        }
    }
    return std::nullopt;
}

bool rounds_up(Rounding mode, Fraction fraction, bool floor_is_odd, bool negative) {
    switch (mode) {
    case Rounding::half_even:
        return fraction == Fraction::above_half || (fraction == Fraction::half && floor_is_odd);
    case Rounding::half_up:
        return fraction == Fraction::above_half || (fraction == Fraction::half && !negative);
    case Rounding::half_down:
        return fraction == Fraction::above_half || (fraction == Fraction::half && negative);
    case Rounding::floor:
        return false;
    case Rounding::ceil:
        return true;
    case Rounding::up:
        return !negative;
    case Rounding::down:
        return negative;
    }
    throw std::logic_error("unknown rounding mode");
}

Int128 divide_rounded(Int128 numerator, Int128 denominator, Rounding mode) {
    if (denominator <= 0) {
        throw std::domain_error("divide_rounded: the denominator must be positive");
    }
    Int128 floor = numerator / denominator;
    Int128 remainder = numerator % denominator;
    if (remainder == 0) {
        return floor;
    }
    if (remainder < 0) {
        remainder += denominator;
        floor -= 1;
    }
    // remainder against denominator / 2, without the doubling that could overflow.
    const Int128 rest = denominator - remainder;
    const Fraction fraction = remainder < rest    ? Fraction::below_half
                              : remainder == rest ? Fraction::half
                                                  : Fraction::above_half;
    return rounds_up(mode, fraction, (floor & 1) != 0, numerator < 0) ? floor + 1 : floor;
}

} // namespace millrace
