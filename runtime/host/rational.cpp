// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/rational.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millrace::runtime::host {

namespace {

// Exponents stay far from the ends of 64 bits.
std::int64_t checked_exponent(std::int64_t exponent) {
    constexpr std::int64_t most = std::int64_t{1} << 60;
    if (exponent > most || exponent < -most) {
        throw Undecided();
    }
    return exponent;
}

} // namespace

Dyadic::Dyadic(BigInteger m, std::int64_t e) : mantissa(std::move(m)), exponent(e) {
    if (mantissa.sign() == 0) {
        exponent = 0;
    } else if (!mantissa.is_odd()) {
        const std::int64_t zeros = mantissa.trailing_zeros();
        const bool negative = mantissa.sign() < 0;
        mantissa = (negative ? -mantissa : mantissa).shifted_right(zeros);
        mantissa = negative ? -mantissa : mantissa;
        exponent += zeros;
    }
    checked_exponent(exponent);
}

Dyadic::Dyadic(double value) {
    int power = 0;
    const double fraction = std::frexp(value, &power);
    *this = Dyadic(BigInteger(static_cast<std::int64_t>(std::ldexp(fraction, 53))), power - 53);
}

Dyadic operator-(const Dyadic& x) { return {-x.mantissa, x.exponent}; }

Dyadic operator+(const Dyadic& a, const Dyadic& b) {
    if (a.sign() == 0) {
        return b;
    }
    if (b.sign() == 0) {
        return a;
    }
    const std::int64_t exponent = std::min(a.exponent, b.exponent);
    return {a.mantissa.shifted_left(a.exponent - exponent) +
                b.mantissa.shifted_left(b.exponent - exponent),
            exponent};
}

Dyadic operator-(const Dyadic& a, const Dyadic& b) { return a + -b; }

Dyadic operator*(const Dyadic& a, const Dyadic& b) {
    return {a.mantissa * b.mantissa, a.exponent + b.exponent};
}

int compare(const Dyadic& a, const Dyadic& b) {
    if (a.sign() != b.sign() || a.sign() == 0) {
        return a.sign() - b.sign() < 0 ? -1 : a.sign() == b.sign() ? 0 : 1;
    }
    // By the leading bits first: exponents may be far apart.
    if (a.leading() != b.leading()) {
        return (a.leading() < b.leading()) == (a.sign() > 0) ? -1 : 1;
    }
    return (a - b).sign();
}

Dyadic rounded(const Dyadic& x, std::int64_t bits, bool up) {
    const std::int64_t drop = x.mantissa.bit_length() - bits;
    if (drop <= 0) {
        return x;
    }
    return {up ? -(-x.mantissa).shifted_right(drop) : x.mantissa.shifted_right(drop),
            x.exponent + drop};
}

Dyadic divided(const Dyadic& a, const Dyadic& b, std::int64_t bits, bool up) {
    const std::int64_t shift =
        std::max<std::int64_t>(0, bits + 2 + b.mantissa.bit_length() - a.mantissa.bit_length());
    const auto division = a.mantissa.shifted_left(shift).divided_by(b.mantissa);
    BigInteger quotient = division.quotient;
    if (up && division.remainder.sign() != 0) {
        quotient = quotient + BigInteger(1);
    }
    return rounded({quotient, a.exponent - b.exponent - shift}, bits, up);
}

Dyadic root(const Dyadic& x, std::int64_t bits, bool up) {
    std::int64_t shift = std::max<std::int64_t>(0, 2 * bits + 2 - x.mantissa.bit_length());
    if ((x.exponent - shift) % 2 != 0) {
        ++shift;
    }
    const BigInteger radicand = x.mantissa.shifted_left(shift);
    BigInteger result = floor_root(radicand);
    if (up && result * result != radicand) {
        result = result + BigInteger(1);
    }
    return rounded({result, (x.exponent - shift) / 2}, bits, up);
}

BigInteger floor(const Dyadic& x) {
    return x.exponent >= 0 ? x.mantissa.shifted_left(x.exponent)
                           : x.mantissa.shifted_right(-x.exponent);
}

Rational::Rational(const Dyadic& value, const Dyadic& divisor) {
    BigInteger numerator = value.mantissa;
    divisor_ = divisor.mantissa;
    if (divisor_.sign() < 0) {
        divisor_ = -divisor_;
        numerator = -numerator;
    }
    if (divisor_ != BigInteger(1)) {
        if (const BigInteger common = gcd(numerator, divisor_); common != BigInteger(1)) {
            numerator = numerator.divided_by(common).quotient;
            divisor_ = divisor_.divided_by(common).quotient;
        }
    }
    value_ = Dyadic(std::move(numerator), value.exponent - divisor.exponent);
}

BigInteger Rational::floor() const {
    if (value_.exponent >= 0) {
        return value_.mantissa.shifted_left(value_.exponent).divided_by(divisor_).quotient;
    }
    return value_.mantissa.divided_by(divisor_.shifted_left(-value_.exponent)).quotient;
}

Rational Rational::operator-() const {
    Rational result = *this;
    result.value_.mantissa = -value_.mantissa;
    return result;
}

Rational operator+(const Rational& a, const Rational& b) {
    if (a.divisor_ == b.divisor_) {
        return {a.value_ + b.value_, Dyadic(a.divisor_, 0)};
    }
    return {a.value_ * Dyadic(b.divisor_, 0) + b.value_ * Dyadic(a.divisor_, 0),
            Dyadic(a.divisor_ * b.divisor_, 0)};
}

Rational operator*(const Rational& a, const Rational& b) {
    return {a.value_ * b.value_, Dyadic(a.divisor_ * b.divisor_, 0)};
}

Rational operator/(const Rational& a, const Rational& b) {
    return {a.value_ * Dyadic(b.divisor_, 0), b.value_ * Dyadic(a.divisor_, 0)};
}

} // namespace millrace::runtime::host
