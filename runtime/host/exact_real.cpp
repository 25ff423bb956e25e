// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/exact_real.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace millrace::runtime::host {

struct ExactReal::Origin {
    Operation operation;
    Dyadic low;
    Dyadic high;
    ExactReal x;
    ExactReal y;
};

namespace {

/// Rounded to a binary format, half to even: the integer multiple of the last place's weight.
struct Encoded {
    std::int64_t units = 0;
    int power = 0; ///< exponent of the leading bit's place
    bool overflow = false;
};

/// mantissa_bits without the hidden one; `lowest` is the exponent of the smallest normal number,
/// `highest` that of the largest.
Encoded encode(const Rational& size, int mantissa_bits, int lowest, int highest) {
    const std::int64_t estimate =
        size.value().leading() - (size.divisor().bit_length() - 1); // or one more than the exponent
    std::int64_t power = estimate;
    const auto scaled_floor = [&](std::int64_t exponent) {
        return Rational(Dyadic(size.value().mantissa, size.value().exponent - exponent),
                        Dyadic(size.divisor(), 0));
    };
    if (estimate > highest + 1) {
        return {0, 0, true};
    }
    if (estimate < lowest - mantissa_bits - 2) {
        return {0, lowest, false}; // less than half of the smallest number
    }
    power = std::max<std::int64_t>(power, lowest);
    if (power > lowest && scaled_floor(power).floor().sign() == 0) {
        --power;
    }
    if (power > highest) {
        return {0, 0, true};
    }
    const Rational units = scaled_floor(power - mantissa_bits);
    const BigInteger floor = units.floor();
    const Rational rest = units + Rational(Dyadic(-floor, 0)) + Rational(Dyadic(-0.5));
    const bool up = rest.sign() > 0 || (rest.sign() == 0 && floor.is_odd());
    return {floor.to_int64() + (up ? 1 : 0), static_cast<int>(power), false};
}

template <class Float> Float encode_float(const Rational& x) {
    using Limits = std::numeric_limits<Float>;
    if (x.sign() == 0) {
        return 0;
    }
    const Encoded code = encode(x.sign() < 0 ? -x : x, Limits::digits - 1, Limits::min_exponent - 1,
                                Limits::max_exponent - 1);
    const Float size = code.overflow ? Limits::infinity()
                                     : std::ldexp(static_cast<Float>(code.units),
                                                  code.power - (Limits::digits - 1));
    return x.sign() < 0 ? -size : size;
}

std::uint16_t encode_half(const Rational& x, int mantissa_bits) {
    const int exponent_bits = 15 - mantissa_bits;
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const unsigned sign = x.sign() < 0 ? 0x8000U : 0;
    if (x.sign() == 0) {
        return 0;
    }
    const Encoded code = encode(x.sign() < 0 ? -x : x, mantissa_bits, 1 - bias, bias);
    if (code.overflow) {
        return static_cast<std::uint16_t>(sign | ((1U << exponent_bits) - 1) << mantissa_bits);
    }
    const std::int64_t fields =
        code.units + (static_cast<std::int64_t>(code.power + bias - 1) << mantissa_bits);
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(fields));
}

std::int64_t round_rational(const Rational& x, Rounding mode) {
    const BigInteger floor = x.floor();
    if (!floor.fits_int64()) {
        throw Undecided();
    }
    const std::int64_t whole = floor.to_int64();
    const Rational rest = x + Rational(Dyadic(-floor, 0));
    if (rest.sign() == 0) {
        return whole;
    }
    const int side = (rest + Rational(Dyadic(-0.5))).sign();
    const Fraction fraction = side < 0    ? Fraction::below_half
                              : side == 0 ? Fraction::half
                                          : Fraction::above_half;
    return whole + (rounds_up(mode, fraction, floor.is_odd(), whole < 0) ? 1 : 0);
}

} // namespace

ExactReal ExactReal::within(const Dyadic& low, const Dyadic& high) {
    ExactReal result;
    result.origin_ = std::make_shared<const Origin>(
        Origin{Operation::nowhere, low, high, ExactReal(), ExactReal()});
    return result;
}

Dyadic ExactReal::low(int precision) const {
    return origin_ ? origin_->low
                   : divided(rational_.value(), Dyadic(rational_.divisor(), 0), precision, false);
}

Dyadic ExactReal::high(int precision) const {
    return origin_ ? origin_->high
                   : divided(rational_.value(), Dyadic(rational_.divisor(), 0), precision, true);
}

bool ExactReal::same(const ExactReal& x, const ExactReal& y, int& budget) {
    if (!x.origin_ || !y.origin_) {
        return !x.origin_ && !y.origin_ && x.rational_ == y.rational_;
    }
    if (x.origin_ == y.origin_) {
        return true;
    }
    const Origin& a = *x.origin_;
    const Origin& b = *y.origin_;
    // Equal expressions have equal bounds, which rules most others out at once.
    return --budget > 0 && a.operation == b.operation && a.operation != Operation::nowhere &&
           a.low == b.low && a.high == b.high && same(a.x, b.x, budget) && same(a.y, b.y, budget);
}

ExactArithmetic::Interval ExactArithmetic::interval(const ExactReal& x) const {
    return {x.low(precision_), x.high(precision_)};
}

ExactReal ExactArithmetic::made(Interval interval, ExactReal::Operation operation,
                                const ExactReal& x, const ExactReal& y) const {
    ExactReal result;
    result.origin_ = std::make_shared<const ExactReal::Origin>(
        ExactReal::Origin{operation, rounded(interval.low, precision_, false),
                          rounded(interval.high, precision_, true), x, y});
    return result;
}

ExactReal ExactArithmetic::negate(const ExactReal& x) const {
    if (const Rational* value = x.rational()) {
        return ExactReal(-*value);
    }
    const Interval a = interval(x);
    return made({-a.high, -a.low}, ExactReal::Operation::negate, x, ExactReal());
}

ExactReal ExactArithmetic::add(const ExactReal& x, const ExactReal& y) const {
    const Rational* p = x.rational();
    const Rational* q = y.rational();
    if (p != nullptr && q != nullptr) {
        return ExactReal(*p + *q);
    }
    if (p != nullptr && p->sign() == 0) {
        return y;
    }
    if (q != nullptr && q->sign() == 0) {
        return x;
    }
    const Interval a = interval(x);
    const Interval b = interval(y);
    return made({a.low + b.low, a.high + b.high}, ExactReal::Operation::add, x, y);
}

ExactReal ExactArithmetic::subtract(const ExactReal& x, const ExactReal& y) const {
    int budget = 1000;
    return ExactReal::same(x, y, budget) ? ExactReal() : add(x, negate(y));
}

ExactArithmetic::Interval ExactArithmetic::product(const Interval& x, const Interval& y) const {
    const std::array<Dyadic, 4> corners{x.low * y.low, x.low * y.high, x.high * y.low,
                                        x.high * y.high};
    const auto [low, high] =
        std::minmax_element(corners.begin(), corners.end(), [](const Dyadic& a, const Dyadic& b) {
            return host::compare(a, b) < 0;
        });
    return {rounded(*low, precision_, false), rounded(*high, precision_, true)};
}

ExactReal ExactArithmetic::multiply(const ExactReal& x, const ExactReal& y) const {
    const Rational* p = x.rational();
    const Rational* q = y.rational();
    if (p != nullptr && q != nullptr) {
        return ExactReal(*p * *q);
    }
    // 0 and 1 times anything are known exactly.
    for (const auto& [factor, other] : {std::pair(p, &y), std::pair(q, &x)}) {
        if (factor != nullptr && factor->sign() == 0) {
            return {};
        }
        if (factor != nullptr && *factor == Rational(Dyadic(1.0))) {
            return *other;
        }
    }
    return made(product(interval(x), interval(y)), ExactReal::Operation::multiply, x, y);
}

ExactReal ExactArithmetic::divide(const ExactReal& x, const ExactReal& y) const {
    const Rational* p = x.rational();
    const Rational* q = y.rational();
    if (sign(y) == 0) {
        throw Undecided();
    }
    if (p != nullptr && q != nullptr) {
        return ExactReal(*p / *q);
    }
    if (p != nullptr && p->sign() == 0) {
        return {};
    }
    const Interval b = interval(y); // away from 0, as its sign is known
    const Dyadic one(1.0);
    const Interval inverse{divided(one, b.high, precision_, false),
                           divided(one, b.low, precision_, true)};
    return made(product(interval(x), inverse), ExactReal::Operation::divide, x, y);
}

ExactReal ExactArithmetic::root(const ExactReal& x) const {
    if (sign(x) < 0) {
        throw Undecided();
    }
    if (const Rational* value = x.rational()) {
        const Dyadic& n = value->value();
        const BigInteger top = floor_root(n.mantissa);
        const BigInteger bottom = floor_root(value->divisor());
        if (n.exponent % 2 == 0 && top * top == n.mantissa && bottom * bottom == value->divisor()) {
            return ExactReal(Rational(Dyadic(top, n.exponent / 2), Dyadic(bottom, 0)));
        }
    }
    const Interval a = interval(x);
    return made({host::root(a.low, precision_, false), host::root(a.high, precision_, true)},
                ExactReal::Operation::root, x, ExactReal());
}

ExactArithmetic::Interval ExactArithmetic::exponential_of(const Dyadic& x) const {
    const Dyadic one(1.0);
    if (x.sign() == 0) {
        return {one, one};
    }
    if (x.leading() > 40) {
        throw Undecided();
    }
    // e^x = (e^t)^(2^halvings) for |t| < 2^-16. Each squaring doubles the relative width, so twice
    // as many guard bits as halvings are kept. The series' remainder is below twice its next term.
    const std::int64_t halvings = std::max<std::int64_t>(0, x.leading() + 17);
    const ExactArithmetic inner(precision_ + 2 * static_cast<int>(halvings) + 32);
    const Dyadic t(x.mantissa, x.exponent - halvings);
    const std::int64_t terms = inner.precision_ / 16 + 2;
    Interval sum{one, one};
    Interval term{one, one};
    for (std::int64_t i = 1; i <= terms; ++i) {
        term = inner.product(term, {t, t});
        const Dyadic n{BigInteger(i), 0};
        term = {divided(term.low, n, inner.precision_, false),
                divided(term.high, n, inner.precision_, true)};
        sum = {rounded(sum.low + term.low, inner.precision_, false),
               rounded(sum.high + term.high, inner.precision_, true)};
    }
    // The next term is below the last one's magnitude; widened by 2^-16 of it, generously.
    const Dyadic last = term.low.sign() < 0 ? -term.low : term.high;
    const Dyadic remainder(last.mantissa, last.exponent - 15);
    sum = {sum.low - remainder, sum.high + remainder};
    for (std::int64_t i = 0; i < halvings; ++i) {
        sum = inner.product(sum, sum);
    }
    return sum;
}

ExactReal ExactArithmetic::exponential(const ExactReal& x) const {
    if (const Rational* value = x.rational(); value != nullptr && value->sign() == 0) {
        return ExactReal(1.0);
    }
    const Interval a = interval(x);
    return made({exponential_of(a.low).low, exponential_of(a.high).high},
                ExactReal::Operation::exponential, x, ExactReal());
}

int ExactArithmetic::sign(const ExactReal& x) const {
    if (const Rational* value = x.rational()) {
        return value->sign();
    }
    const Interval a = interval(x);
    if (a.low.sign() != a.high.sign()) {
        throw Undecided();
    }
    return a.low.sign();
}

int ExactArithmetic::compare(const ExactReal& x, const ExactReal& y) const {
    int budget = 10000;
    return ExactReal::same(x, y, budget) ? 0 : sign(subtract(x, y));
}

/// f of the number: f is monotone on rationals, so equal results at both bounds decide.
template <class F> auto ExactArithmetic::decided(const ExactReal& x, F&& f) const {
    if (const Rational* value = x.rational()) {
        return f(*value);
    }
    const Interval a = interval(x);
    const auto low = f(Rational(a.low));
    if (f(Rational(a.high)) != low) {
        throw Undecided();
    }
    return low;
}

std::int64_t ExactArithmetic::round(const ExactReal& x, Rounding mode) const {
    return decided(x, [mode](const Rational& end) { return round_rational(end, mode); });
}

bool ExactArithmetic::is_integer(const ExactReal& x) const {
    if (const Rational* value = x.rational()) {
        return value->is_integer();
    }
    if (round(x, Rounding::floor) == round(x, Rounding::ceil)) {
        throw Undecided(); // both bounds are the same integer: too close to tell
    }
    return false;
}

std::int64_t ExactArithmetic::nearest_integer(const ExactReal& x) const {
    return round(x, Rounding::half_even);
}

double ExactArithmetic::to_double(const ExactReal& x) const {
    return std::bit_cast<double>(decided(x, [](const Rational& end) {
        return std::bit_cast<std::uint64_t>(encode_float<double>(end));
    }));
}
float ExactArithmetic::to_float(const ExactReal& x) const {
    return std::bit_cast<float>(decided(x, [](const Rational& end) {
        return std::bit_cast<std::uint32_t>(encode_float<float>(end));
    }));
}
std::uint16_t ExactArithmetic::to_half(const ExactReal& x, int mantissa_bits) const {
    return decided(x, [=](const Rational& end) { return encode_half(end, mantissa_bits); });
}

BoundedReal bounded(const ExactReal& x) {
    const Dyadic low = x.low(160);
    const Dyadic high = x.high(160);
    const double first = encode_float<double>(Rational(low));
    if (!std::isfinite(first)) {
        throw Undecided();
    }
    const Dyadic left = low - Dyadic(first);
    const double second = encode_float<double>(Rational(left));
    const Dyadic error = high - Dyadic(first) - Dyadic(second);
    const Dyadic below = left - Dyadic(second);
    if (error.sign() == 0 && below.sign() == 0) {
        return {first, second, 0};
    }
    const double radius = std::max(std::abs(encode_float<double>(Rational(error))),
                                   std::abs(encode_float<double>(Rational(below))));
    return {first, second, radius * (1 + 0x1p-40) + 0x1p-1060};
}

} // namespace millrace::runtime::host
