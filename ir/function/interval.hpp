// SPDX-License-Identifier: Apache-2.0
//
// Intervals of doubles that enclose a real number. Every operation rounds outward, and only where
// it was inexact: fused multiply-add and two-sum give the exact rounding error of a product,
// quotient or sum, so a point stays a point as long as the arithmetic is exact.
#pragma once

#include "ir/real.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {

struct Interval {
    double lo = 0;
    double hi = 0;
    [[nodiscard]] bool is_point() const { return lo == hi; }
};

namespace interval_detail {

// One unit in the last place or more, away from the value; the constant covers subnormals, where
// the error terms themselves may be inexact.
inline double below(double x) { return x - (std::abs(x) * 0x1p-52 + 0x1p-1000); }
inline double above(double x) { return x + (std::abs(x) * 0x1p-52 + 0x1p-1000); }
inline bool tiny(double x) { return std::abs(x) < 0x1p-900; }

/// Encloses value, whose exact counterpart is value + error for a known sign of the error.
inline Interval with_error(double value, double error, bool exact_zero) {
    if (std::isnan(value) || std::isinf(value)) {
        return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    }
    if (tiny(value) && !exact_zero) {
        return {below(value), above(value)};
    }
    if (error == 0) {
        return {value, value};
    }
    return error > 0 ? Interval{value, above(value)} : Interval{below(value), value};
}

inline Interval product(double a, double b) {
    const double value = a * b;
    return with_error(value, std::fma(a, b, -value), a == 0 || b == 0);
}
inline Interval sum(double a, double b) {
    const double value = a + b;
    const double b_part = value - a;
    const double error = (a - (value - b_part)) + (b - b_part);
    return with_error(value, error, true);
}
inline Interval quotient(double a, double b) {
    const double value = a / b;
    const double residual = std::fma(-value, b, a);
    return with_error(value, b > 0 ? residual : -residual, a == 0);
}

} // namespace interval_detail

/// Encloses an exact number: a point when the number is a double.
inline Interval enclose(const Real& x) {
    const double value = x.to_double();
    if (std::isfinite(value) && Real::from_double(value) == x) {
        return {value, value};
    }
    return {interval_detail::below(value), interval_detail::above(value)};
}

inline Interval hull(const Interval& a, const Interval& b) {
    return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)};
}

// Points are worked on exactly; what is not a point any more is rounded outward by a unit or more,
// which is cheaper than finding the error.
inline Interval operator+(const Interval& a, const Interval& b) {
    if (a.is_point() && b.is_point()) {
        return interval_detail::sum(a.lo, b.lo);
    }
    return {interval_detail::below(a.lo + b.lo), interval_detail::above(a.hi + b.hi)};
}

inline Interval operator*(const Interval& a, const Interval& b) {
    if (a.is_point() && b.is_point()) {
        return interval_detail::product(a.lo, b.lo);
    }
    const auto [least, most] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
    return {interval_detail::below(least), interval_detail::above(most)};
}

/// b must not contain zero.
inline Interval operator/(const Interval& a, const Interval& b) {
    if (a.is_point() && b.is_point()) {
        return interval_detail::quotient(a.lo, b.lo);
    }
    const auto [least, most] = std::minmax({a.lo / b.lo, a.lo / b.hi, a.hi / b.lo, a.hi / b.hi});
    return {interval_detail::below(least), interval_detail::above(most)};
}

} // namespace millrace
