// SPDX-License-Identifier: Apache-2.0
//
// Square root, exponential, logarithm, tanh, sigmoid and powers. Arguments with an exact algebraic
// result are answered here; everything else becomes an atom of an expression. By
// Lindemann-Weierstrass there is no other algebraic value of exp, log, tanh or sigmoid at an
// algebraic argument.
#include "ir/real.hpp"
#include "ir/real_node.hpp"

#include <cstdint>
#include <optional>

namespace millrace {

namespace {

using detail::RootSum;
using detail::RootSumView;
using Node = Real::Node;

Real integer_power(Real base, std::uint64_t exponent) {
    Real result(1);
    while (exponent != 0) {
        if ((exponent & 1) != 0) {
            result *= base;
        }
        exponent >>= 1;
        if (exponent != 0) {
            base *= base;
        }
    }
    return result;
}

Real integer_power(const Real& base, std::int64_t exponent) {
    if (exponent >= 0) {
        return integer_power(base, static_cast<std::uint64_t>(exponent));
    }
    return integer_power(Real(1) / base, ~static_cast<std::uint64_t>(exponent) + 1);
}

// The degree-th root of a positive rational, when it is rational.
std::optional<Real> rational_root(const Real& x, unsigned long degree) {
    const RootSumView view(x);
    mpz_class numerator;
    mpz_class denominator;
    if (mpz_root(numerator.get_mpz_t(), view->rational().get_num_mpz_t(), degree) == 0 ||
        mpz_root(denominator.get_mpz_t(), view->rational().get_den_mpz_t(), degree) == 0) {
        return std::nullopt;
    }
    return Node::wrap(RootSum(mpq_class(numerator, denominator)));
}

// x^(p/q) for x > 0 where that is algebraic in our forms: q = 2, or x a q-th power of a rational.
std::optional<Real> fractional_power(const Real& x, const Real& y) {
    if (!y.is_rational() || !x.is_algebraic()) {
        return std::nullopt;
    }
    if (const std::optional<std::int64_t> twice = (y + y).as_int64()) {
        return integer_power(sqrt(x), *twice);
    }
    if (!x.is_rational()) {
        return std::nullopt;
    }
    const RootSumView exponent(y);
    const mpz_class& p = exponent->rational().get_num();
    const mpz_class& q = exponent->rational().get_den();
    if (!p.fits_slong_p() || !q.fits_ulong_p()) {
        return std::nullopt;
    }
    if (const std::optional<Real> root = rational_root(x, q.get_ui())) {
        return integer_power(*root, p.get_si());
    }
    return std::nullopt;
}

} // namespace

Real sqrt(const Real& x) {
    int sign = 0;
    try {
        sign = x.sign();
    } catch (const Undecided&) {
        throw std::domain_error("square root of a number whose sign is undecided");
    }
    if (sign < 0) {
        throw std::domain_error("square root of a negative number");
    }
    if (sign == 0) {
        return {};
    }
    if (Node::expression(x) == nullptr) {
        if (const auto parts = x.dyadic_parts()) {
            // sqrt(m 2^e) = sqrt(m or 2m) * 2^floor(e/2): keeps huge exponents out of the radicand.
            const int odd = parts->exponent & 1;
            const Real root = Node::wrap(
                RootSum::root_of(Node::small_rational(Real::dyadic(parts->mantissa, odd))));
            return root * Real::dyadic(1, (parts->exponent - odd) / 2);
        }
        if (std::optional<RootSum> root = RootSumView(x)->square_root()) {
            return Node::wrap(*std::move(root));
        }
    }
    return detail::root_expression(x);
}

Real exp(const Real& x) { return x == Real(0) ? Real(1) : detail::exponential_expression(x); }

Real log(const Real& x) {
    if (x.sign() <= 0) {
        throw std::domain_error("logarithm of a number that is not positive");
    }
    return x == Real(1) ? Real(0) : detail::logarithm_expression(x);
}

Real sigmoid(const Real& x) {
    return x == Real(0) ? Real::ratio(1, 2) : detail::logistic_expression(x);
}

Real tanh(const Real& x) { return sigmoid(x + x) * Real(2) - Real(1); }

Real pow(const Real& x, const Real& y) {
    if (const std::optional<std::int64_t> exponent = y.as_int64()) {
        if (*exponent < 0 && x.sign() == 0) {
            throw std::domain_error("zero to a negative power");
        }
        return integer_power(x, *exponent);
    }
    const int sign = x.sign();
    if (sign < 0) {
        throw std::domain_error("negative number to a power that is not a 64-bit integer");
    }
    if (sign == 0) {
        if (y.sign() < 0) {
            throw std::domain_error("zero to a negative power");
        }
        return {};
    }
    if (const std::optional<Real> exact = fractional_power(x, y)) {
        return *exact;
    }
    return exp(y * log(x));
}

} // namespace millrace
