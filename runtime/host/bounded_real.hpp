// SPDX-License-Identifier: Apache-2.0
//
// Real numbers as the host program computes with them first: a double-double value (hi + lo, some
// 106 bits) and a radius, an upper bound of the value's error. The radius is 0 where error-free
// transformations prove the value exact, which is nearly always so for sums and products of floats
// and integers. Decisions (signs, comparisons, roundings) are made from the whole interval
// [value - radius, value + radius]; what it does not decide raises Undecided, and the sample is
// evaluated once more in exact arithmetic (exact_real.hpp). No result is ever a guess.
//
// Bounds. Every operation is written as a sum of doubles that equals the exact result for the
// values (two_sum and two_product lose nothing unless a product underflows); the terms that do not
// fit into hi + lo are added to the radius by magnitude. Radii are computed in doubles rounded to
// nearest, each with at most a few dozen operations of relative error 2^-53, and widened by the
// factor 1 + 2^-40 and by 2^-1060 for what underflows. Values beyond 2^1000 raise Undecided.
#pragma once

#include "runtime/host/decision.hpp"

#include <cstdint>

namespace millrace::runtime::host {

struct BoundedReal {
    double hi = 0;
    double lo = 0; ///< at most half of hi's last place
    double radius = 0;

    BoundedReal() = default;
    /// A finite double, exactly. There is one zero: -0.0 becomes 0.0.
    explicit BoundedReal(double value) : hi(value + 0.0) {}
    BoundedReal(double high, double low, double error);
    /// An integer, exactly.
    static BoundedReal integer(std::int64_t value);

    [[nodiscard]] bool exact() const { return radius == 0; }
    [[nodiscard]] bool is_zero() const { return hi == 0 && radius == 0; }
};

BoundedReal operator-(const BoundedReal& x);
BoundedReal operator+(const BoundedReal& x, const BoundedReal& y);
BoundedReal operator-(const BoundedReal& x, const BoundedReal& y);
BoundedReal operator*(const BoundedReal& x, const BoundedReal& y);
/// sum + x * y; fast where x and y are of single precision, as inputs and weights mostly are.
BoundedReal add_product(const BoundedReal& sum, const BoundedReal& x, const BoundedReal& y);
/// y must not be zero (Undecided where that is not certain).
BoundedReal operator/(const BoundedReal& x, const BoundedReal& y);
/// x >= 0 (Undecided where that is not certain).
BoundedReal sqrt(const BoundedReal& x);
/// e^x; e^0 is exactly 1.
BoundedReal exp(const BoundedReal& x);

/// -1, 0 or 1. Like all decisions below it raises Undecided when the interval does not decide.
int sign(const BoundedReal& x);
/// The sign of x - y.
int compare(const BoundedReal& x, const BoundedReal& y);
/// The integer that the mode gives; Undecided when it has more than 62 bits.
std::int64_t round(const BoundedReal& x, Rounding mode);
/// The only integer that the interval holds.
std::int64_t nearest_integer(const BoundedReal& x);
/// Whether x is an integer: decided for exact values only, or where the interval holds none.
bool is_integer(const BoundedReal& x);

/// One rounding to a binary format, ties to even, overflow to infinity.
double to_double(const BoundedReal& x);
float to_float(const BoundedReal& x);
/// The bits of a format of 16 bits with this many mantissa bits (10: half, 7: bfloat16).
std::uint16_t to_half(const BoundedReal& x, int mantissa_bits);

} // namespace millrace::runtime::host
