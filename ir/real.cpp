// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic and order of reals: the small dyadic form here, the heap forms through
// real_algebraic and real_expression.
//
// Small dyadics have odd mantissas (or are 0 * 2^0), which makes a product of mantissas odd again
// and equal values equal in their fields. Sums and products that do not fit 64 bits go by way of
// the heap form, which normalises back whatever is small after all.
#include "ir/real.hpp"

#include "ir/real_node.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace millrace {

namespace {

using detail::Expression;
using detail::RootSum;
using detail::RootSumView;

constexpr std::int64_t max_mantissa = std::numeric_limits<std::int64_t>::max();
// Numbers that need more bits than this are mistakes or attacks, not weights.
constexpr std::size_t max_bits = std::size_t{1} << 24;

[[noreturn]] void throw_too_large() {
    throw std::range_error("real number beyond the range of exact arithmetic");
}

[[noreturn]] void throw_too_large_to_round() {
    throw std::range_error("real number too large to round to an integer");
}

std::uint64_t magnitude(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return value < 0 ? ~bits + 1 : bits;
}

int bit_length(std::int64_t value) { return static_cast<int>(std::bit_width(magnitude(value))); }

std::strong_ordering compare_small(const Real::DyadicParts& a, const Real::DyadicParts& b) {
    if (a.exponent == b.exponent || a.mantissa == 0 || b.mantissa == 0 ||
        (a.mantissa < 0) != (b.mantissa < 0)) {
        return a.mantissa <=> b.mantissa;
    }
    // Same sign, not zero: the position of the leading bit decides, or else the exponents are
    // less than 64 apart and the mantissas can be aligned.
    const bool negative = a.mantissa < 0;
    const std::int64_t leading_a = std::int64_t{a.exponent} + bit_length(a.mantissa);
    const std::int64_t leading_b = std::int64_t{b.exponent} + bit_length(b.mantissa);
    if (leading_a != leading_b) {
        return (leading_a < leading_b) != negative ? std::strong_ordering::less
                                                   : std::strong_ordering::greater;
    }
    const int shift = a.exponent - b.exponent;
    const Int128 aligned_a = shift > 0 ? Int128{a.mantissa} * (Int128{1} << shift) : a.mantissa;
    const Int128 aligned_b = shift < 0 ? Int128{b.mantissa} * (Int128{1} << -shift) : b.mantissa;
    return aligned_a <=> aligned_b;
}

std::int64_t round_small(const Real::DyadicParts& parts, Rounding mode) {
    if (parts.exponent >= 0) {
        const Int128 value =
            parts.exponent < 64 ? Int128{parts.mantissa} * (Int128{1} << parts.exponent) : 0;
        if (parts.mantissa != 0 && (parts.exponent >= 64 || value > max_mantissa ||
                                    value < std::numeric_limits<std::int64_t>::min())) {
            throw_too_large_to_round();
        }
        return static_cast<std::int64_t>(value);
    }
    const bool negative = parts.mantissa < 0;
    std::int64_t floor = negative ? -1 : 0;
    // Below 2^-1 in magnitude when the exponent is -64 or less.
    Fraction fraction = negative ? Fraction::above_half : Fraction::below_half;
    if (parts.exponent > -64) {
        const int shift = -parts.exponent;
        const std::uint64_t rest =
            static_cast<std::uint64_t>(parts.mantissa) & ((std::uint64_t{1} << shift) - 1);
        const std::uint64_t half = std::uint64_t{1} << (shift - 1);
        floor = parts.mantissa >> shift;
        fraction = rest < half    ? Fraction::below_half
                   : rest == half ? Fraction::half
                                  : Fraction::above_half;
    }
    return rounds_up(mode, fraction, (floor & 1) != 0, negative) ? floor + 1 : floor;
}

std::int64_t checked_int64(Int128 value) {
    if (value > max_mantissa || value < std::numeric_limits<std::int64_t>::min()) {
        throw_too_large_to_round();
    }
    return static_cast<std::int64_t>(value);
}

// Two limbs, below 2^126.
bool fits_int128(const mpz_class& value) { return mpz_sizeinbase(value.get_mpz_t(), 2) <= 126; }

Int128 to_int128(const mpz_class& value) {
    const mpz_srcptr limbs = value.get_mpz_t();
    const Int128 size = (Int128{mpz_getlimbn(limbs, 1)} << 64) + Int128{mpz_getlimbn(limbs, 0)};
    return sgn(value) < 0 ? -size : size;
}

std::int64_t round_rational(const mpq_class& value, Rounding mode) {
    if (fits_int128(value.get_num()) && fits_int128(value.get_den())) {
        return checked_int64(
            divide_rounded(to_int128(value.get_num()), to_int128(value.get_den()), mode));
    }
    mpz_class floor;
    mpz_class remainder;
    mpz_fdiv_qr(floor.get_mpz_t(), remainder.get_mpz_t(), value.get_num_mpz_t(),
                value.get_den_mpz_t());
    if (!floor.fits_slong_p()) {
        throw_too_large_to_round();
    }
    const Int128 quotient = floor.get_si();
    if (sgn(remainder) == 0) {
        return checked_int64(quotient);
    }
    remainder *= 2;
    const int against_half = cmp(remainder, value.get_den());
    const Fraction fraction = against_half < 0    ? Fraction::below_half
                              : against_half == 0 ? Fraction::half
                                                  : Fraction::above_half;
    const bool up = rounds_up(mode, fraction, (quotient & 1) != 0, quotient < 0);
    return checked_int64(up ? quotient + 1 : quotient);
}

std::int64_t round_from_twice(Int128 floor_of_twice, bool exact, Rounding mode) {
    const Int128 floor = floor_of_twice >> 1;
    const bool upper_half = (floor_of_twice & 1) != 0;
    if (exact && !upper_half) {
        return checked_int64(floor);
    }
    const Fraction fraction = !upper_half ? Fraction::below_half
                              : exact     ? Fraction::half
                                          : Fraction::above_half;
    const bool up = rounds_up(mode, fraction, (floor & 1) != 0, floor < 0);
    return checked_int64(up ? floor + 1 : floor);
}

bool is_power_of_two(const mpz_class& value) {
    return mpz_scan1(value.get_mpz_t(), 0) + 1 == mpz_sizeinbase(value.get_mpz_t(), 2);
}

} // namespace

Real Real::small(std::int64_t mantissa, std::int64_t exponent) {
    if (exponent < std::numeric_limits<std::int32_t>::min() ||
        exponent > std::numeric_limits<std::int32_t>::max()) [[unlikely]] {
        throw_too_large();
    }
    Real result;
    result.mantissa_ = mantissa;
    result.exponent_ = static_cast<std::int32_t>(exponent);
    return result;
}

Real::Real(std::int64_t value) {
    if (value != 0) {
        exponent_ = std::countr_zero(static_cast<std::uint64_t>(value));
        mantissa_ = value >> exponent_;
    }
}

Real Real::dyadic(std::int64_t mantissa, int exponent) {
    if (mantissa == 0) {
        return {};
    }
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa));
    return small(mantissa >> zeros, std::int64_t{exponent} + zeros);
}

Real Real::from_double(double value) {
    if (!std::isfinite(value)) {
        throw std::domain_error("not a finite number");
    }
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    constexpr int digits = std::numeric_limits<double>::digits;
    return dyadic(static_cast<std::int64_t>(std::ldexp(fraction, digits)), exponent - digits);
}

Real Real::ratio(std::int64_t numerator, std::int64_t denominator) {
    return Real(numerator) / Real(denominator);
}

Real Real::Node::wrap(detail::RootSum sum) {
    if (sum.is_rational()) {
        const mpz_class& numerator = sum.rational().get_num();
        const mpz_class& denominator = sum.rational().get_den();
        if (sgn(numerator) == 0) {
            return {};
        }
        if (is_power_of_two(denominator)) {
            const mp_bitcnt_t zeros = mpz_scan1(numerator.get_mpz_t(), 0);
            if (mpz_sizeinbase(numerator.get_mpz_t(), 2) - zeros <= 63) {
                const mpz_class odd = numerator >> zeros;
                const mp_bitcnt_t point = mpz_scan1(denominator.get_mpz_t(), 0);
                return small(odd.get_si(),
                             static_cast<std::int64_t>(zeros) - static_cast<std::int64_t>(point));
            }
        }
    }
    if (sum.limbs() > max_bits / GMP_NUMB_BITS) {
        throw_too_large();
    }
    return Real(std::make_shared<const Node>(std::move(sum)));
}

Real Real::Node::wrap(detail::Expression expression) {
    if (expression.terms.empty()) {
        return expression.constant;
    }
    return Real(std::make_shared<const Node>(std::move(expression)));
}

void Real::Node::check_exponent(const Real& x) {
    if (magnitude(x.exponent_) > max_bits) {
        throw_too_large();
    }
}

mpq_class Real::Node::small_rational(const Real& x) {
    check_exponent(x);
    const std::int64_t exponent = x.exponent_;
    mpq_class result(static_cast<long>(x.mantissa_));
    // Canonical already: the mantissa is odd.
    if (exponent >= 0) {
        result.get_num() <<= static_cast<mp_bitcnt_t>(exponent);
    } else {
        result.get_den() <<= static_cast<mp_bitcnt_t>(-exponent);
    }
    return result;
}

Real Real::add_small(const Real& a, const Real& b, bool subtract) {
    const std::int64_t addend = subtract ? -b.mantissa_ : b.mantissa_;
    if (addend == 0) {
        return a;
    }
    if (a.mantissa_ == 0) {
        return small(addend, b.exponent_);
    }
    // One of the shifts is 0; no branch on which, for it is not predictable.
    const std::int64_t exponent = std::min(a.exponent_, b.exponent_);
    const std::int64_t shift_a = a.exponent_ - exponent;
    const std::int64_t shift_b = b.exponent_ - exponent;
    if ((shift_a | shift_b) < 63) [[likely]] {
        const auto x =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(a.mantissa_) << shift_a);
        const auto y = static_cast<std::int64_t>(static_cast<std::uint64_t>(addend) << shift_b);
        std::int64_t sum = 0;
        const bool overflow = __builtin_add_overflow(x, y, &sum);
        if (!overflow && x >> shift_a == a.mantissa_ && y >> shift_b == addend) [[likely]] {
            if (sum == 0) {
                return {};
            }
            const int zeros = std::countr_zero(static_cast<std::uint64_t>(sum));
            return small(sum >> zeros, exponent + zeros);
        }
    }
    return add_heap(a, b, subtract);
}

Real Real::add_heap(const Real& a, const Real& b, bool subtract) {
    if (Node::expression(a) != nullptr || Node::expression(b) != nullptr) {
        return detail::add_expressions(a, subtract ? -b : b);
    }
    if (!a.node_ || !b.node_) {
        const Real& little = b.node_ ? a : b;
        RootSum sum = *RootSumView(b.node_ ? b : a);
        if (subtract && b.node_) {
            sum.negate();
        }
        Node::check_exponent(little);
        sum.add_dyadic(subtract && !b.node_ ? -little.mantissa_ : little.mantissa_,
                       little.exponent_);
        return Node::wrap(std::move(sum));
    }
    RootSum sum = *Node::root_sum(a);
    subtract ? sum -= *Node::root_sum(b) : sum += *Node::root_sum(b);
    return Node::wrap(std::move(sum));
}

Real operator+(const Real& a, const Real& b) {
    return !a.node_ && !b.node_ ? Real::add_small(a, b, false) : Real::add_heap(a, b, false);
}

Real operator-(const Real& a, const Real& b) {
    return !a.node_ && !b.node_ ? Real::add_small(a, b, true) : Real::add_heap(a, b, true);
}

Real Real::multiply_heap(const Real& a, const Real& b) {
    if (Node::expression(a) != nullptr || Node::expression(b) != nullptr) {
        return detail::multiply_expressions(a, b);
    }
    if (!a.node_ || !b.node_) {
        const Real& little = b.node_ ? a : b;
        RootSum product = *RootSumView(b.node_ ? b : a);
        Node::check_exponent(little);
        product.multiply_dyadic(little.mantissa_, little.exponent_);
        return Node::wrap(std::move(product));
    }
    return Node::wrap(*Node::root_sum(a) * *Node::root_sum(b));
}

Real operator*(const Real& a, const Real& b) {
    std::int64_t product = 0;
    if (!a.node_ && !b.node_ && !__builtin_mul_overflow(a.mantissa_, b.mantissa_, &product))
        [[likely]] {
        if (product == 0) {
            return {};
        }
        return Real::small(product, std::int64_t{a.exponent_} + b.exponent_);
    }
    return Real::multiply_heap(a, b);
}

Real operator/(const Real& a, const Real& b) {
    using Node = Real::Node;
    if (b.sign() == 0) {
        throw std::domain_error("division by zero");
    }
    if (!a.node_ && !b.node_) {
        // The quotient of odd mantissas is odd, too.
        if (a.mantissa_ % b.mantissa_ == 0) {
            const std::int64_t quotient = a.mantissa_ / b.mantissa_;
            return quotient == 0 ? Real()
                                 : Real::small(quotient, std::int64_t{a.exponent_} - b.exponent_);
        }
        const std::int64_t common = std::gcd(a.mantissa_, b.mantissa_) * (b.mantissa_ < 0 ? -1 : 1);
        const Real numerator =
            Real::small(a.mantissa_ / common, std::int64_t{a.exponent_} - b.exponent_);
        mpq_class quotient = Node::small_rational(numerator);
        // Odd and without a common factor: in lowest terms.
        quotient.get_den() *= static_cast<long>(b.mantissa_ / common);
        return Node::wrap(RootSum(std::move(quotient)));
    }
    if (Node::same_node(a, b)) {
        return {1};
    }
    if (Node::expression(b) == nullptr) {
        if (std::optional<RootSum> inverse = RootSumView(b)->inverse()) {
            return a * Node::wrap(*std::move(inverse));
        }
    }
    return a * detail::reciprocal_expression(b);
}

Real Real::operator-() const {
    if (!node_) {
        return small(-mantissa_, exponent_);
    }
    if (const RootSum* sum = Node::root_sum(*this)) {
        RootSum result = *sum;
        result.negate();
        return Real(std::make_shared<const Node>(std::move(result)));
    }
    return detail::multiply_expressions(*this, Real(-1));
}

bool operator==(const Real& a, const Real& b) {
    using Node = Real::Node;
    if (!a.node_ && !b.node_) {
        return a.mantissa_ == b.mantissa_ && a.exponent_ == b.exponent_;
    }
    if (Node::same_node(a, b)) {
        return true;
    }
    if (Node::expression(a) == nullptr && Node::expression(b) == nullptr) {
        const RootSum* x = Node::root_sum(a);
        const RootSum* y = Node::root_sum(b);
        // A small number never stays on the heap, and a root is irrational.
        if (x == nullptr || y == nullptr || x->is_rational() != y->is_rational()) {
            return false;
        }
        if (x->is_rational()) {
            return x->rational() == y->rational();
        }
    }
    return (a - b).sign() == 0;
}

std::strong_ordering operator<=>(const Real& a, const Real& b) {
    using Node = Real::Node;
    if (!a.node_ && !b.node_) {
        return compare_small({a.mantissa_, a.exponent_}, {b.mantissa_, b.exponent_});
    }
    if (Node::same_node(a, b)) {
        return std::strong_ordering::equal;
    }
    if (Node::expression(a) == nullptr && Node::expression(b) == nullptr) {
        const RootSumView x(a);
        const RootSumView y(b);
        if (x->is_rational() && y->is_rational()) {
            return cmp(x->rational(), y->rational()) <=> 0;
        }
    }
    return (a - b).sign() <=> 0;
}

int Real::sign() const {
    if (!node_) {
        return mantissa_ > 0 ? 1 : mantissa_ < 0 ? -1 : 0;
    }
    const RootSum* sum = Node::root_sum(*this);
    return sum != nullptr ? sum->sign() : Node::expression(*this)->sign();
}

std::int64_t Real::round(Rounding mode) const {
    if (!node_) {
        return round_small({mantissa_, exponent_}, mode);
    }
    if (const RootSum* sum = Node::root_sum(*this)) {
        return sum->is_rational() ? round_rational(sum->rational(), mode)
                                  : round_from_twice(sum->floor_of_twice(), false, mode);
    }
    const detail::HalfFloor twice = detail::floor_of_twice(*Node::expression(*this));
    return round_from_twice(twice.floor, twice.exact, mode);
}

bool Real::is_integer() const {
    if (!node_) {
        return exponent_ >= 0;
    }
    const RootSum* sum = Node::root_sum(*this);
    return sum != nullptr && sum->is_rational() && sum->rational().get_den() == 1;
}

std::optional<std::int64_t> Real::as_int64() const {
    // Integers on the heap have more than 63 bits.
    if (node_ || exponent_ < 0 || (mantissa_ != 0 && exponent_ > 63)) {
        return std::nullopt;
    }
    const Int128 value = Int128{mantissa_} * (Int128{1} << exponent_);
    if (value > max_mantissa || value < std::numeric_limits<std::int64_t>::min()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

bool Real::is_dyadic() const {
    if (!node_) {
        return true;
    }
    const RootSum* sum = Node::root_sum(*this);
    return sum != nullptr && sum->is_rational() && is_power_of_two(sum->rational().get_den());
}

bool Real::is_rational() const {
    const RootSum* sum = Node::root_sum(*this);
    return !node_ || (sum != nullptr && sum->is_rational());
}

bool Real::is_algebraic() const {
    const Expression* expression = Node::expression(*this);
    return expression == nullptr || expression->is_algebraic();
}

std::optional<Real::DyadicParts> Real::dyadic_parts() const {
    if (node_) {
        return std::nullopt;
    }
    return DyadicParts{mantissa_, exponent_};
}

} // namespace millrace
