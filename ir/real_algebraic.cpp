// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of sums of square roots. The invariant of the header is kept by add_root(): a new
// root joins the class of an old one whenever the product of their radicands is a square, and a
// coefficient that becomes zero leaves. Radicands are not factored completely (that would be
// hard); they are only stripped of small square factors, so one value can have several
// representations, and equality is decided by subtraction.
#include "ir/real_algebraic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace millrace::detail {

namespace {

constexpr mpfr_prec_t first_precision = 128;
// floor_of_twice() serves 64-bit results only.
constexpr mpfr_exp_t floor_bits = 70;

// n = outside^2 * inside.
struct SquareSplit {
    mpz_class outside;
    mpz_class inside;
};

bool is_square(const mpz_class& n) { return mpz_perfect_square_p(n.get_mpz_t()) != 0; }

SquareSplit split_square(const mpz_class& n) {
    SquareSplit split{1, n};
    if (n <= 1) {
        return split;
    }
    const mp_bitcnt_t twos = mpz_scan1(n.get_mpz_t(), 0);
    split.inside >>= twos;
    split.outside <<= twos / 2;
    mpz_class small_part = (twos % 2 != 0) ? 2 : 1;
    if (!is_square(split.inside)) {
        for (const unsigned long prime :
             {3UL, 5UL, 7UL, 11UL, 13UL, 17UL, 19UL, 23UL, 29UL, 31UL, 37UL, 41UL, 43UL, 47UL}) {
            bool odd = false;
            while (mpz_divisible_ui_p(split.inside.get_mpz_t(), prime) != 0) {
                mpz_divexact_ui(split.inside.get_mpz_t(), split.inside.get_mpz_t(), prime);
                if (odd) {
                    split.outside *= prime;
                }
                odd = !odd;
            }
            if (odd) {
                small_part *= prime;
            }
        }
    }
    if (is_square(split.inside)) {
        split.outside *= ::sqrt(split.inside);
        split.inside = 1;
    }
    split.inside *= small_part;
    return split;
}

mpq_class quotient(const mpz_class& numerator, const mpz_class& denominator) {
    mpq_class result(numerator, denominator);
    result.canonicalize();
    return result;
}

// |x - value| <= error; an infinite error where doubles do not reach.
struct Approximation {
    double value;
    double error;
};

Approximation approximate(const RootSum& x) {
    constexpr double huge = 1e280;
    constexpr double tiny = 1e-280;
    constexpr Approximation unknown{0.0, std::numeric_limits<double>::infinity()};
    double sum = 0.0;
    double magnitude = 0.0;
    if (sgn(x.rational()) != 0) {
        const double part = mpq_get_d(x.rational().get_mpq_t());
        if (!(std::fabs(part) > tiny && std::fabs(part) < huge)) {
            return unknown;
        }
        sum = part;
        magnitude = std::fabs(part);
    }
    for (const RootSum::Root& root : x.roots()) {
        const double coefficient = mpq_get_d(root.coefficient.get_mpq_t());
        const double radicand = mpz_get_d(root.radicand.get_mpz_t());
        const double part = coefficient * std::sqrt(radicand);
        // Tests that are false for NaN; a product that is in range has factors in range, given
        // that a radicand is at least 2.
        if (!(std::fabs(coefficient) > tiny && std::fabs(part) < huge && radicand < huge)) {
            return unknown;
        }
        sum += part;
        magnitude += std::fabs(part);
    }
    // GMP's conversions truncate (relative error below 2^-52 each, halved by the root); root,
    // product and each addition round once (2^-53): under (n + 5) * 2^-53 of the magnitude,
    // doubled to cover the rounding of the magnitude and of the error itself.
    const auto count = static_cast<double>(x.roots().size() + 6);
    return {sum, magnitude * count * 0x1p-52};
}

} // namespace

RootSum RootSum::root_of(const mpq_class& x) {
    // sqrt(p/q) with p = a^2 p', q = b^2 q' is a / (b q') * sqrt(p' q').
    const SquareSplit p = split_square(x.get_num());
    const SquareSplit q = split_square(x.get_den());
    RootSum result;
    if (sgn(x) == 0) {
        return result;
    }
    const mpq_class coefficient = quotient(p.outside, q.outside * q.inside);
    const mpz_class radicand = p.inside * q.inside;
    if (radicand == 1) {
        result.rational_ = coefficient;
    } else {
        result.roots_.push_back({radicand, coefficient});
    }
    return result;
}

void RootSum::add_root(const mpz_class& radicand, const mpq_class& coefficient) {
    if (sgn(coefficient) == 0) {
        return;
    }
    const auto join = [this](std::vector<Root>::iterator root, const mpq_class& addend) {
        root->coefficient += addend;
        if (sgn(root->coefficient) == 0) {
            roots_.erase(root);
        }
    };
    const auto place = std::lower_bound(
        roots_.begin(), roots_.end(), radicand,
        [](const Root& root, const mpz_class& value) { return root.radicand < value; });
    if (place != roots_.end() && place->radicand == radicand) {
        join(place, coefficient);
        return;
    }
    for (auto root = roots_.begin(); root != roots_.end(); ++root) {
        const mpz_class product = root->radicand * radicand;
        if (is_square(product)) {
            // sqrt(r) = sqrt(r s) / s * sqrt(s).
            join(root, coefficient * quotient(::sqrt(product), root->radicand));
            return;
        }
    }
    roots_.insert(place, {radicand, coefficient});
}

RootSum& RootSum::operator+=(const RootSum& other) {
    if (sgn(other.rational_) != 0) {
        rational_ += other.rational_;
    }
    for (const Root& root : other.roots_) {
        add_root(root.radicand, root.coefficient);
    }
    return *this;
}

RootSum& RootSum::operator-=(const RootSum& other) {
    if (sgn(other.rational_) != 0) {
        rational_ -= other.rational_;
    }
    for (const Root& root : other.roots_) {
        add_root(root.radicand, -root.coefficient);
    }
    return *this;
}

RootSum& RootSum::operator*=(const mpq_class& factor) {
    rational_ *= factor;
    if (sgn(factor) == 0) {
        roots_.clear();
    }
    for (Root& root : roots_) {
        root.coefficient *= factor;
    }
    return *this;
}

void RootSum::add_dyadic(std::int64_t mantissa, std::int64_t exponent) {
    // p/q + m with m an integer stays in lowest terms. With a power of two below m, an odd prime
    // of q divides m q but not p, so only twos can cancel.
    mpz_ptr numerator = rational_.get_num_mpz_t();
    mpz_ptr denominator = rational_.get_den_mpz_t();
    if (exponent >= 0) {
        mpz_class addend = rational_.get_den() << static_cast<mp_bitcnt_t>(exponent);
        addend *= static_cast<long>(mantissa);
        mpz_add(numerator, numerator, addend.get_mpz_t());
        return;
    }
    const auto point = static_cast<mp_bitcnt_t>(-exponent);
    mpz_mul_2exp(numerator, numerator, point);
    const auto size = static_cast<unsigned long>(mantissa < 0 ? -mantissa : mantissa);
    if (mantissa < 0) {
        mpz_submul_ui(numerator, denominator, size);
    } else {
        mpz_addmul_ui(numerator, denominator, size);
    }
    if (mpz_sgn(numerator) == 0) {
        rational_ = 0;
        return;
    }
    mpz_mul_2exp(denominator, denominator, point);
    const mp_bitcnt_t zeros = std::min(mpz_scan1(numerator, 0), mpz_scan1(denominator, 0));
    mpz_tdiv_q_2exp(numerator, numerator, zeros);
    mpz_tdiv_q_2exp(denominator, denominator, zeros);
}

void RootSum::multiply_dyadic(std::int64_t mantissa, std::int64_t exponent) {
    if (mantissa == 0) {
        *this = RootSum();
        return;
    }
    const auto size = static_cast<unsigned long>(mantissa < 0 ? -mantissa : mantissa);
    const auto multiply = [&](mpq_class& value) {
        if (sgn(value) == 0) {
            return;
        }
        mpz_ptr denominator = value.get_den_mpz_t();
        unsigned long factor = size;
        if (const unsigned long common = mpz_gcd_ui(nullptr, denominator, size); common != 1) {
            mpz_divexact_ui(denominator, denominator, common);
            factor /= common;
        }
        mpz_mul_ui(value.get_num_mpz_t(), value.get_num_mpz_t(), factor);
        if (mantissa < 0) {
            mpz_neg(value.get_num_mpz_t(), value.get_num_mpz_t());
        }
        if (exponent >= 0) {
            mpq_mul_2exp(value.get_mpq_t(), value.get_mpq_t(), static_cast<mp_bitcnt_t>(exponent));
        } else {
            mpq_div_2exp(value.get_mpq_t(), value.get_mpq_t(), static_cast<mp_bitcnt_t>(-exponent));
        }
    };
    multiply(rational_);
    for (Root& root : roots_) {
        multiply(root.coefficient);
    }
}

void RootSum::negate() {
    mpq_neg(rational_.get_mpq_t(), rational_.get_mpq_t());
    for (Root& root : roots_) {
        mpq_neg(root.coefficient.get_mpq_t(), root.coefficient.get_mpq_t());
    }
}

RootSum operator*(const RootSum& a, const RootSum& b) {
    if (a.is_rational()) {
        RootSum result = b;
        result *= a.rational_;
        return result;
    }
    RootSum result = a;
    result *= b.rational_;
    for (const RootSum::Root& y : b.roots_) {
        result.add_root(y.radicand, a.rational_ * y.coefficient);
        for (const RootSum::Root& x : a.roots_) {
            // sqrt(r) sqrt(s) = g sqrt((r/g) (s/g)), g = gcd(r, s): keeps shared factors out.
            const mpz_class common = gcd(x.radicand, y.radicand);
            const mpz_class radicand = (x.radicand / common) * (y.radicand / common);
            mpq_class coefficient = x.coefficient * y.coefficient;
            coefficient *= common;
            if (is_square(radicand)) {
                coefficient *= ::sqrt(radicand);
                result.rational_ += coefficient;
            } else {
                result.add_root(radicand, coefficient);
            }
        }
    }
    return result;
}

int RootSum::sign() const {
    const int rational_sign = sgn(rational_);
    if (roots_.empty()) {
        return rational_sign;
    }
    bool mixed = false;
    const int first = rational_sign != 0 ? rational_sign : sgn(roots_.front().coefficient);
    for (const Root& root : roots_) {
        mixed = mixed || sgn(root.coefficient) != first;
    }
    if (!mixed) {
        return first;
    }
    const Approximation approximation = approximate(*this);
    if (std::fabs(approximation.value) > approximation.error) {
        return approximation.value > 0 ? 1 : -1;
    }
    // Not zero, so some precision tells.
    for (mpfr_prec_t precision = first_precision;; precision *= 2) {
        if (const std::optional<int> sign = enclose(precision).sign()) {
            return *sign;
        }
    }
}

Int128 RootSum::floor_of_twice() const {
    const Approximation approximation = approximate(*this);
    constexpr double limit = 0x1p50;
    if (approximation.error < 1.0 && std::fabs(approximation.value) < limit) {
        // One more ulp on each side covers the rounding of this subtraction and addition.
        const double slack = 2.0 * approximation.error + 0x1p-52 * std::fabs(approximation.value);
        const double low = std::floor(2.0 * (approximation.value) - slack);
        const double high = std::floor(2.0 * (approximation.value) + slack);
        if (low == high) {
            return static_cast<Int128>(low);
        }
    }
    for (mpfr_prec_t precision = first_precision;; precision *= 2) {
        Interval twice = enclose(precision);
        twice.twice();
        if (mpfr_cmp_si_2exp(twice.lower(), 1, floor_bits) > 0 ||
            mpfr_cmp_si_2exp(twice.upper(), -1, floor_bits) < 0) {
            throw std::range_error("real number too large to round to an integer");
        }
        if (mpfr_cmp_si_2exp(twice.lower(), -1, floor_bits) < 0 ||
            mpfr_cmp_si_2exp(twice.upper(), 1, floor_bits) > 0) {
            continue;
        }
        const Int128 low = floor_to_int128(twice.lower());
        if (low == floor_to_int128(twice.upper())) {
            return low;
        }
    }
}

std::optional<RootSum> RootSum::inverse() const {
    const std::size_t count = summands();
    if (count > 4) {
        return std::nullopt;
    }
    if (roots_.empty()) {
        return RootSum(mpq_class(1) / rational_);
    }
    if (count == 1) {
        // 1 / (c sqrt(r)) = sqrt(r) / (c r).
        RootSum result = *this;
        mpq_class& coefficient = result.roots_.front().coefficient;
        coefficient *= roots_.front().radicand;
        coefficient = 1 / coefficient;
        return result;
    }
    // x = a + b with b the last two summands of four, otherwise the last one. Then
    // 1/x = (a - b) / (a^2 - b^2), where a - b is not zero because its summands are independent,
    // and a^2 - b^2 has fewer summands than x: 3 for 4 (one cross term on each side), 2 for 3
    // (one cross term), 1 for 2.
    RootSum a = *this;
    RootSum b;
    for (std::size_t moved = 0; moved < (count == 4 ? 2U : 1U); ++moved) {
        b.roots_.insert(b.roots_.begin(), a.roots_.back());
        a.roots_.pop_back();
    }
    RootSum denominator = a * a;
    denominator -= b * b;
    a -= b;
    return a * denominator.inverse().value();
}

std::optional<RootSum> RootSum::square_root() const {
    if (roots_.empty()) {
        return root_of(rational_);
    }
    if (roots_.size() != 1 || sgn(rational_) <= 0) {
        return std::nullopt;
    }
    // sqrt(a + b sqrt(r)) = sqrt((a + s) / 2) +- sqrt((a - s) / 2), s = sqrt(a^2 - b^2 r), is a
    // sum of roots of rationals when s is rational; squaring the right side proves it.
    const Root& root = roots_.front();
    const mpq_class square =
        rational_ * rational_ - root.coefficient * root.coefficient * root.radicand;
    if (sgn(square) < 0) {
        return std::nullopt;
    }
    const RootSum s = root_of(square);
    if (!s.is_rational()) {
        return std::nullopt;
    }
    RootSum result = root_of((rational_ + s.rational_) / 2);
    const RootSum second = root_of((rational_ - s.rational_) / 2);
    if (sgn(root.coefficient) > 0) {
        result += second;
    } else {
        result -= second;
    }
    return result;
}

Interval RootSum::enclose(mpfr_prec_t precision) const {
    Interval sum = detail::enclose(rational_, precision);
    for (const Root& root : roots_) {
        sum = add(sum, multiply(detail::enclose(root.coefficient, precision),
                                enclose_root(root.radicand, precision)));
    }
    return sum;
}

std::size_t RootSum::limbs() const {
    const auto limbs_of = [](const mpq_class& value) {
        return std::max(mpz_size(value.get_num_mpz_t()), mpz_size(value.get_den_mpz_t()));
    };
    std::size_t result = limbs_of(rational_);
    for (const Root& root : roots_) {
        result =
            std::max({result, limbs_of(root.coefficient), mpz_size(root.radicand.get_mpz_t())});
    }
    return result;
}

} // namespace millrace::detail
