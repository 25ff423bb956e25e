// SPDX-License-Identifier: Apache-2.0
//
// Dyadic numbers m * 2^e and rationals, exactly. Their sizes are limited; beyond, operations raise
// Undecided.
#pragma once

#include "runtime/host/big_integer.hpp"
#include "runtime/host/decision.hpp"

#include <cstdint>

namespace millrace::runtime::host {

/// m * 2^e with m odd, or 0 * 2^0: equal numbers have equal fields.
struct Dyadic {
    BigInteger mantissa;
    std::int64_t exponent = 0;

    Dyadic() = default;
    Dyadic(BigInteger m, std::int64_t e);
    /// A finite double.
    explicit Dyadic(double value);

    [[nodiscard]] int sign() const { return mantissa.sign(); }
    /// Exponent of the leading bit, of a number that is not 0.
    [[nodiscard]] std::int64_t leading() const { return exponent + mantissa.bit_length() - 1; }
    friend bool operator==(const Dyadic& a, const Dyadic& b) = default;
};

Dyadic operator-(const Dyadic& x);
Dyadic operator+(const Dyadic& a, const Dyadic& b);
Dyadic operator-(const Dyadic& a, const Dyadic& b);
Dyadic operator*(const Dyadic& a, const Dyadic& b);
int compare(const Dyadic& a, const Dyadic& b);
/// The nearest number of at most `bits` bits toward minus or plus infinity.
Dyadic rounded(const Dyadic& x, std::int64_t bits, bool up);
/// a / b likewise, b not 0.
Dyadic divided(const Dyadic& a, const Dyadic& b, std::int64_t bits, bool up);
/// sqrt(x) likewise, x >= 0.
Dyadic root(const Dyadic& x, std::int64_t bits, bool up);
/// floor(x).
BigInteger floor(const Dyadic& x);

/// value / divisor in lowest terms, the divisor odd and positive.
class Rational {
  public:
    Rational() = default;
    explicit Rational(Dyadic value) : value_(std::move(value)) {}
    /// divisor is not 0.
    Rational(const Dyadic& value, const Dyadic& divisor);

    [[nodiscard]] const Dyadic& value() const { return value_; }
    [[nodiscard]] const BigInteger& divisor() const { return divisor_; }
    [[nodiscard]] int sign() const { return value_.sign(); }
    [[nodiscard]] bool is_integer() const {
        return value_.exponent >= 0 && divisor_ == BigInteger(1);
    }
    [[nodiscard]] BigInteger floor() const;
    friend bool operator==(const Rational& a, const Rational& b) = default;

    Rational operator-() const;
    friend Rational operator+(const Rational& a, const Rational& b);
    friend Rational operator*(const Rational& a, const Rational& b);
    friend Rational operator/(const Rational& a, const Rational& b);

  private:
    Dyadic value_;
    BigInteger divisor_{1};
};

} // namespace millrace::runtime::host
