// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/bounded_real.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace::runtime::host {

namespace {

constexpr double tiny = 0x1p-1060;
constexpr double largest = 0x1p1000;
// Products below may have lost bits to underflow, as may their errors.
constexpr double smallest_product = 0x1p-960;

struct Pair {
    double value;
    double error;
};

/// value + error = a + b (Knuth).
Pair two_sum(double a, double b) {
    const double value = a + b;
    const double b_part = value - a;
    return {value, (a - (value - b_part)) + (b - b_part)};
}

/// value + error = a * b, but for underflow, which adds to the radius.
Pair two_product(double a, double b, double& radius) {
    const double value = a * b;
    if (std::abs(value) < smallest_product && a != 0 && b != 0) {
        radius += tiny;
    }
    return {value, std::fma(a, b, -value)};
}

/// The radius with room for its own rounding errors.
double widened(double radius) { return radius == 0 ? 0 : radius * (1 + 0x1p-40) + tiny; }

/// The sum of the terms, best in ascending order, as value and radius. Two passes of exact
/// additions leave the sum, a correction, and terms that are nearly always 0.
template <std::size_t N> BoundedReal sum_of(std::array<double, N> terms, double radius) {
    for (int pass = 0; pass < 2; ++pass) {
        const std::size_t last = N - 1 - static_cast<std::size_t>(pass);
        double sum = terms[0];
        for (std::size_t i = 0; i < last; ++i) {
            const Pair p = two_sum(sum, terms[i + 1]);
            terms[i] = p.error;
            sum = p.value;
        }
        terms[last] = sum;
    }
    Pair head = two_sum(terms[N - 1], terms[N - 2]);
    for (std::size_t i = N - 2; i-- > 0;) {
        const Pair tail = two_sum(head.error, terms[i]);
        const Pair next = two_sum(head.value, tail.value);
        head = next;
        radius += std::abs(tail.error);
    }
    // Also true of infinities and NaN.
    if (!(std::abs(head.value) < largest)) {
        throw Undecided();
    }
    BoundedReal result;
    result.hi = head.value;
    result.lo = head.error;
    result.radius = widened(radius);
    return result;
}

/// An upper bound of |x|'s value without its radius.
double magnitude(const BoundedReal& x) { return std::abs(x.hi) * (1 + 0x1p-50); }

BoundedReal centre(const BoundedReal& x) {
    BoundedReal result = x;
    result.radius = 0;
    return result;
}

/// An upper bound of the distance from 0 to the interval's far end.
double reach(const BoundedReal& x) { return magnitude(x) + x.radius; }

BoundedReal scaled(const BoundedReal& x, int exponent) {
    BoundedReal result;
    result.hi = std::ldexp(x.hi, exponent);
    result.lo = std::ldexp(x.lo, exponent);
    result.radius = std::ldexp(x.radius, exponent);
    if (x.radius != 0 || std::abs(result.hi) < smallest_product) {
        result.radius = widened(result.radius + tiny);
    }
    return result;
}

/// The exact numbers just outside of the interval's ends; the value itself where it is exact.
struct Ends {
    BoundedReal low;
    BoundedReal high;
};
Ends ends_of(const BoundedReal& x) {
    if (x.exact()) {
        return {x, x};
    }
    // Beyond what rounding the ends to 106 bits can move them by. The bound of an interval that
    // begins at 0 stays there: 0 <= value keeps its sign.
    const double out = x.radius * (1 + 0x1p-40) + std::abs(x.hi) * 0x1p-100 + tiny;
    const bool positive = x.lo == 0 && x.hi == x.radius;
    return {positive ? BoundedReal(0.0) : centre(sum_of<3>({-out, x.lo, x.hi}, 0)),
            centre(sum_of<3>({out, x.lo, x.hi}, 0))};
}

/// f of the interval: f is monotone on exact numbers, so equal results at both ends decide.
template <class F> auto decided(const BoundedReal& x, F&& f) {
    const Ends ends = ends_of(x);
    const auto low = f(ends.low);
    if (!x.exact() && f(ends.high) != low) {
        throw Undecided();
    }
    return low;
}

struct Parts {
    std::int64_t floor;
    bool whole;
    Fraction fraction; ///< of numbers that are not whole
};

/// An exact number below 2^62 taken apart. Where hi has a fraction, it is a multiple of hi's last
/// place, and lo, at most half of that, moves the sum across neither an integer nor a half.
Parts parts_of(const BoundedReal& x) {
    if (!(std::abs(x.hi) < 0x1p62)) {
        throw Undecided();
    }
    const double floor_hi = std::floor(x.hi);
    const double rest = x.hi - floor_hi;
    auto floor = static_cast<std::int64_t>(floor_hi);
    if (rest == 0) {
        const double floor_lo = std::floor(x.lo);
        floor += static_cast<std::int64_t>(floor_lo);
        const double half = floor_lo + 0.5;
        return {floor, x.lo == floor_lo,
                x.lo < half    ? Fraction::below_half
                : x.lo == half ? Fraction::half
                               : Fraction::above_half};
    }
    const double side = rest == 0.5 ? x.lo : rest - 0.5;
    return {floor, false,
            side < 0    ? Fraction::below_half
            : side == 0 ? Fraction::half
                        : Fraction::above_half};
}

std::int64_t round_exact(const BoundedReal& x, Rounding mode) {
    const Parts parts = parts_of(x);
    if (parts.whole) {
        return parts.floor;
    }
    const bool odd = (parts.floor & 1) != 0;
    return parts.floor + (rounds_up(mode, parts.fraction, odd, parts.floor < 0) ? 1 : 0);
}

float float_exact(const BoundedReal& x) {
    // Rounded once more only where hi is just between two floats; then lo decides.
    constexpr double overflow = 0x1.ffffffp127;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (std::abs(x.hi) == overflow) {
        const bool inside = x.lo != 0 && (x.lo < 0) == (x.hi > 0);
        return std::copysign(inside ? std::numeric_limits<float>::max() : infinity,
                             x.hi > 0 ? 1.0F : -1.0F);
    }
    const auto nearest = static_cast<float>(x.hi);
    const double rest = x.hi - static_cast<double>(nearest);
    if (x.lo == 0 || rest == 0 || std::isinf(nearest)) {
        return nearest;
    }
    const float other = std::nextafter(nearest, rest > 0 ? infinity : -infinity);
    const double middle = (static_cast<double>(nearest) + static_cast<double>(other)) / 2;
    if (x.hi != middle) {
        return nearest;
    }
    return (x.lo > 0) == (other > nearest) ? other : nearest;
}

std::uint16_t half_exact(const BoundedReal& x, int mantissa_bits) {
    const int exponent_bits = 15 - mantissa_bits;
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const bool negative = std::signbit(x.hi);
    const unsigned sign = negative ? 0x8000U : 0;
    const unsigned infinity = sign | ((1U << exponent_bits) - 1) << mantissa_bits;
    const BoundedReal size = negative ? -x : x;
    if (size.hi == 0) {
        return static_cast<std::uint16_t>(sign);
    }
    // The weight of the last place; just below a power of two it is that of the lower binade.
    int power = std::ilogb(size.hi);
    if (size.lo < 0 && size.hi == std::ldexp(1.0, power)) {
        --power;
    }
    power = power < 1 - bias ? 1 - bias : power;
    if (power > bias) {
        return static_cast<std::uint16_t>(infinity);
    }
    const std::int64_t units =
        round_exact(scaled(size, mantissa_bits - power), Rounding::half_even);
    // A carry out of the mantissa moves on to the exponent, and from the largest number to
    // infinity.
    const std::int64_t fields =
        units + (static_cast<std::int64_t>(power + bias - 1) << mantissa_bits);
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(fields));
}

/// ln 2 to 2^-108: the third double of its expansion is below 2^-110.
BoundedReal ln2() { return {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56, 0x1p-110}; }

constexpr int taylor_terms = 10;

/// 1 / i!, i = 0..taylor_terms.
std::array<BoundedReal, taylor_terms + 1> inverse_factorials() {
    std::array<BoundedReal, taylor_terms + 1> result;
    double factorial = 1; // exact up to 18!
    for (int i = 0; i <= taylor_terms; ++i) {
        factorial *= i == 0 ? 1 : i;
        result[static_cast<std::size_t>(i)] = BoundedReal(1.0) / BoundedReal(factorial);
    }
    return result;
}

} // namespace

BoundedReal::BoundedReal(double high, double low, double error) {
    *this = sum_of<2>({low, high}, error);
}

BoundedReal BoundedReal::integer(std::int64_t value) {
    // Two halves of 32 bits, each a double.
    const auto high = static_cast<double>(value >> 32) * 0x1p32;
    return {high, static_cast<double>(value & 0xffffffff), 0};
}

BoundedReal operator-(const BoundedReal& x) {
    BoundedReal result = x;
    result.hi = 0.0 - x.hi; // -0.0 has no place among reals
    result.lo = 0.0 - x.lo;
    return result;
}

BoundedReal operator+(const BoundedReal& x, const BoundedReal& y) {
    if (x.is_zero()) {
        return y;
    }
    if (y.is_zero()) {
        return x;
    }
    const double radius = x.radius + y.radius;
    if (x.lo == 0 && y.lo == 0) {
        return sum_of<2>({x.hi, y.hi}, radius);
    }
    return sum_of<4>({x.lo, y.lo, x.hi, y.hi}, radius);
}

BoundedReal operator-(const BoundedReal& x, const BoundedReal& y) { return x + -y; }

BoundedReal operator*(const BoundedReal& x, const BoundedReal& y) {
    if (x.is_zero() || y.is_zero()) {
        return {};
    }
    double radius = 0;
    if (x.radius != 0 || y.radius != 0) {
        radius = magnitude(x) * y.radius + magnitude(y) * x.radius + x.radius * y.radius;
        radius = widened(radius) + tiny;
    }
    const Pair main = two_product(x.hi, y.hi, radius);
    if (x.lo == 0 && y.lo == 0) { // nothing to add up
        if (!(std::abs(main.value) < largest)) {
            throw Undecided();
        }
        BoundedReal result;
        result.hi = main.value;
        result.lo = main.error;
        result.radius = widened(radius);
        return result;
    }
    const Pair a = two_product(x.hi, y.lo, radius);
    const Pair b = two_product(x.lo, y.hi, radius);
    const Pair c = two_product(x.lo, y.lo, radius);
    return sum_of<8>({c.error, c.value, a.error, b.error, a.value, b.value, main.error, main.value},
                     radius);
}

BoundedReal add_product(const BoundedReal& sum, const BoundedReal& x, const BoundedReal& y) {
    const auto is_float = [](const BoundedReal& number) {
        return number.lo == 0 && number.radius == 0 &&
               static_cast<double>(static_cast<float>(number.hi)) == number.hi;
    };
    if (!is_float(x) || !is_float(y)) {
        return sum + x * y;
    }
    // 48 bits and exponents from -298 to 256: the product is exact.
    const Pair head = two_sum(sum.hi, x.hi * y.hi);
    const Pair tail = two_sum(sum.lo, head.error);
    const Pair normal = two_sum(head.value, tail.value);
    if (!(std::abs(normal.value) < largest)) {
        throw Undecided();
    }
    BoundedReal result;
    result.hi = normal.value;
    result.lo = normal.error;
    result.radius = tail.error == 0 ? sum.radius : widened(sum.radius + std::abs(tail.error));
    return result;
}

BoundedReal operator/(const BoundedReal& x, const BoundedReal& y) {
    const double divisor = std::abs(y.hi) * (1 - 0x1p-50) - y.radius * (1 + 0x1p-50);
    if (!(divisor > 0)) {
        throw Undecided();
    }
    if (x.is_zero()) {
        return {};
    }
    // Long division in digits of a double each: what is left of X - q Y is known exactly, and
    //   |x / y - q| <= (|X - q Y| + x.radius + |q| y.radius) / |y|.
    const BoundedReal y_centre = centre(y);
    std::array<double, 3> digits{};
    BoundedReal rest = centre(x);
    for (double& digit : digits) {
        digit = rest.hi / y.hi;
        if (!(std::abs(digit) < largest)) {
            throw Undecided();
        }
        rest = rest - BoundedReal(digit) * y_centre;
    }
    BoundedReal result = sum_of<3>({digits[2], digits[1], digits[0]}, 0);
    const double left = std::abs(rest.hi) + std::abs(rest.lo) + rest.radius;
    const double error = widened(left + x.radius + magnitude(result) * y.radius);
    if (error != 0) {
        result.radius = widened(result.radius + error / divisor);
    }
    return result;
}

BoundedReal sqrt(const BoundedReal& x) {
    if (x.is_zero()) {
        return x;
    }
    if (!(x.hi > 0) || sign(x) < 0) {
        throw Undecided();
    }
    // One step of Newton's iteration, and |sqrt(x) - s| = |x - s^2| / (sqrt(x) + s).
    const double first = std::sqrt(x.hi);
    const BoundedReal value = centre(x);
    const BoundedReal rest = value - BoundedReal(first) * BoundedReal(first);
    BoundedReal result = sum_of<2>({rest.hi / (2 * first), first}, 0);
    const BoundedReal left = value - result * result;
    const double error = widened(std::abs(left.hi) + std::abs(left.lo) + left.radius + x.radius);
    result.radius = error == 0 ? 0 : widened(error / (result.hi * (1 - 0x1p-50)));
    return result;
}

BoundedReal exp(const BoundedReal& x) {
    if (x.is_zero()) {
        return BoundedReal(1.0);
    }
    if (reach(x) > 690) {
        if (x.hi > 0 || -x.hi - x.radius < 690) {
            throw Undecided();
        }
        // In (0, 2^-990]: e^-690 < 2^-995.
        BoundedReal result;
        result.hi = 0x1p-991;
        result.radius = 0x1p-991;
        return result;
    }
    // e^x = 2^k * (e^(r / 512))^512, r = x - k ln 2; e^t - 1 by its series for |t| < 2^-10, whose
    // remainder after the term t^10 / 10! is below t^11 / 11! * 2 < 2^-130. Squaring
    // 1 + p is p -> p (p + 2), which keeps the error of a small p small. All errors but the
    // remainder are in the radii.
    static const auto inverse = inverse_factorials();
    constexpr int squarings = 9;
    const double k = std::nearbyint(x.hi / 0x1.62e42fefa39efp-1);
    const BoundedReal t = scaled(x - BoundedReal(k) * ln2(), -squarings);
    if (!(reach(t) < 0x1p-10)) {
        throw Undecided(); // a radius too large for the reduction
    }
    BoundedReal p = inverse[taylor_terms];
    for (int i = taylor_terms - 1; i > 0; --i) {
        p = p * t + inverse[static_cast<std::size_t>(i)];
    }
    p = p * t;
    p.radius = widened(p.radius + 0x1p-130);
    for (int i = 0; i < squarings; ++i) {
        p = p * (p + BoundedReal(2.0));
    }
    return scaled(p + BoundedReal(1.0), static_cast<int>(k));
}

int sign(const BoundedReal& x) {
    if (x.exact() || std::abs(x.hi) * (1 - 0x1p-50) > x.radius) {
        return static_cast<int>(x.hi > 0) - static_cast<int>(x.hi < 0);
    }
    throw Undecided();
}

int compare(const BoundedReal& x, const BoundedReal& y) { return sign(x - y); }

std::int64_t round(const BoundedReal& x, Rounding mode) {
    return decided(x, [mode](const BoundedReal& end) { return round_exact(end, mode); });
}

std::int64_t nearest_integer(const BoundedReal& x) {
    const std::int64_t nearest = round_exact(centre(x), Rounding::half_even);
    const BoundedReal distance = centre(x) - BoundedReal::integer(nearest);
    if (std::abs(distance.hi) + std::abs(distance.lo) > x.radius || x.radius >= 0.25) {
        throw Undecided();
    }
    return nearest;
}

bool is_integer(const BoundedReal& x) {
    if (x.exact()) {
        return parts_of(x).whole;
    }
    const Ends ends = ends_of(x);
    const Parts low = parts_of(ends.low);
    if (low.whole || low.floor != parts_of(ends.high).floor || parts_of(ends.high).whole) {
        throw Undecided();
    }
    return false;
}

double to_double(const BoundedReal& x) {
    return std::bit_cast<double>(
        decided(x, [](const BoundedReal& end) { return std::bit_cast<std::uint64_t>(end.hi); }));
}

float to_float(const BoundedReal& x) {
    return std::bit_cast<float>(decided(
        x, [](const BoundedReal& end) { return std::bit_cast<std::uint32_t>(float_exact(end)); }));
}

std::uint16_t to_half(const BoundedReal& x, int mantissa_bits) {
    return decided(x, [=](const BoundedReal& end) { return half_exact(end, mantissa_bits); });
}

} // namespace millrace::runtime::host
