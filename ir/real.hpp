// SPDX-License-Identifier: Apache-2.0
//
// Exact real numbers: what the network level computes with.
//
// Weights, scales and inputs of a network are binary floating-point numbers, that is dyadic
// rationals m * 2^e. Sums and products of them are dyadic again, divisions make rationals,
// BatchNormalization's square root makes real algebraic numbers, and Sigmoid, Tanh or Softmax make
// transcendental ones. A quantizer only ever asks on which side of a decision point a number lies,
// so equality with rationals has to be decidable and order has to be computable; nothing is ever
// rounded on the way. Three forms, tried in this order:
//
//  - small dyadic: 64-bit mantissa and exponent, no allocation (nearly everything);
//  - sum of square roots: sum of c_i * sqrt(r_i), with rationals c_i and pairwise independent
//    r_i (no r_i * r_j is a square). Such roots are linearly independent over the rationals, so
//    the sum is zero exactly when it has no terms. A rational is the single term r = 1;
//  - expression: a tree over transcendental functions that encloses its value in an interval of
//    any requested precision (MPFR with directed rounding). Order is found by raising the
//    precision; a number that cannot be told from zero at 16,384 bits raises Undecided.
//
// Exponents of small dyadics are 32-bit and integers in the other forms end at 2^24 bits; beyond,
// operations throw std::range_error.
//
// e^a is transcendental for every non-zero algebraic a (Lindemann-Weierstrass), so a single
// exponential, sigmoid or tanh of an algebraic number is never undecided against an algebraic one;
// the arguments 0 give the rationals 1, 1/2 and 0 exactly.
#pragma once

#include "ir/rounding.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

/// Two expressions could not be told apart at the highest precision.
class Undecided : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Real {
  public:
    /// Zero.
    Real() = default;
    /// An integer, exactly. Implicit on purpose: integers are reals.
    Real(std::int64_t value); // NOLINT(google-explicit-constructor)
    Real(int value)           // NOLINT(google-explicit-constructor)
        : Real(static_cast<std::int64_t>(value)) {}

    /// The exact value of a finite double. Throws std::domain_error for infinities and NaN.
    static Real from_double(double value);
    /// mantissa * 2^exponent.
    static Real dyadic(std::int64_t mantissa, int exponent);
    /// numerator / denominator; throws std::domain_error when the denominator is 0.
    static Real ratio(std::int64_t numerator, std::int64_t denominator);
    /// Reads what to_string() wrote for numbers without transcendental parts: "12", "-3/7",
    /// "5*2^-20", "1/2+3/4*sqrt(5)"; std::nullopt for anything else.
    static std::optional<Real> parse(std::string_view text);

    friend Real operator+(const Real& a, const Real& b);
    friend Real operator-(const Real& a, const Real& b);
    friend Real operator*(const Real& a, const Real& b);
    /// Throws std::domain_error when b is zero.
    friend Real operator/(const Real& a, const Real& b);
    Real operator-() const;
    Real& operator+=(const Real& other) { return *this = *this + other; }
    Real& operator*=(const Real& other) { return *this = *this * other; }

    friend bool operator==(const Real& a, const Real& b);
    friend std::strong_ordering operator<=>(const Real& a, const Real& b);

    /// -1, 0 or 1.
    [[nodiscard]] int sign() const;

    /// The integer that the rounding mode gives. Throws std::range_error when it needs more than
    /// 63 bits.
    [[nodiscard]] std::int64_t round(Rounding mode) const;
    [[nodiscard]] bool is_integer() const;
    /// The value when it is an integer of at most 63 bits.
    [[nodiscard]] std::optional<std::int64_t> as_int64() const;
    [[nodiscard]] bool is_dyadic() const;
    /// Like is_integer(), as_int64() and is_dyadic(): never true of expressions, whose rationality
    /// is not decided.
    [[nodiscard]] bool is_rational() const;
    /// False only for expressions with transcendental parts.
    [[nodiscard]] bool is_algebraic() const;

    /// A dyadic number's parts with an odd mantissa (zero: 0, 0) when the mantissa fits 63 bits.
    struct DyadicParts {
        std::int64_t mantissa;
        int exponent;
    };
    [[nodiscard]] std::optional<DyadicParts> dyadic_parts() const;

    /// Nearest double / float, ties to even, overflow to infinity: one rounding of the exact value.
    [[nodiscard]] double to_double() const;
    [[nodiscard]] float to_float() const;

    /// Exact text, the inverse of parse(); expressions print as a decimal approximation marked
    /// with a leading '~' (not parsed back).
    [[nodiscard]] std::string to_string() const;

    /// Square root; throws std::domain_error below zero or for expressions whose sign is undecided.
    friend Real sqrt(const Real& x);
    friend Real exp(const Real& x);
    /// Natural logarithm; throws std::domain_error unless x > 0.
    friend Real log(const Real& x);
    friend Real tanh(const Real& x);
    /// 1 / (1 + e^-x).
    friend Real sigmoid(const Real& x);
    /// x^y for x > 0, or integer y; exact where x is algebraic and y a multiple of 1/2.
    friend Real pow(const Real& x, const Real& y);

    /// The heap form of numbers that are not small dyadics.
    class Node;

  private:
    explicit Real(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
    /// The small form of mantissa * 2^exponent, mantissa odd or zero.
    static Real small(std::int64_t mantissa, std::int64_t exponent);
    static Real add_small(const Real& a, const Real& b, bool subtract);
    static Real add_heap(const Real& a, const Real& b, bool subtract);
    static Real multiply_heap(const Real& a, const Real& b);

    // Small dyadic when node_ is null: mantissa_ odd or zero, so that equal values are equal
    // fields.
    std::int64_t mantissa_ = 0;
    std::int32_t exponent_ = 0;
    std::shared_ptr<const Node> node_;
};

Real sqrt(const Real& x);
Real exp(const Real& x);
Real log(const Real& x);
Real tanh(const Real& x);
Real sigmoid(const Real& x);
Real pow(const Real& x, const Real& y);

} // namespace millrace
