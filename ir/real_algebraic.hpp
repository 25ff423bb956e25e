// SPDX-License-Identifier: Apache-2.0
//
// Sums of square roots: q + sum of c_i * sqrt(r_i), with a rational q, non-zero rational c_i and
// integers r_i > 1 of which neither any r_i nor any product r_i * r_j is a square. Square roots of
// integers in different classes modulo squares are linearly independent over the rationals
// (Besicovitch 1940), so such a sum is rational exactly when it has no roots, and zero exactly
// when q is zero as well. That makes every sign decidable: a non-zero sum leaves zero's
// neighbourhood at some precision.
#pragma once

#include "ir/real_interval.hpp"
#include "ir/rounding.hpp"

#include <gmpxx.h>

#include <optional>
#include <vector>

namespace millrace::detail {

class RootSum {
  public:
    struct Root {
        mpz_class radicand;
        mpq_class coefficient;
    };

    RootSum() = default;
    explicit RootSum(mpq_class rational) : rational_(std::move(rational)) {}
    /// sqrt(x) for x >= 0.
    static RootSum root_of(const mpq_class& x);

    [[nodiscard]] bool is_rational() const { return roots_.empty(); }
    /// The rational part q.
    [[nodiscard]] const mpq_class& rational() const { return rational_; }
    /// Sorted by radicand.
    [[nodiscard]] const std::vector<Root>& roots() const { return roots_; }

    RootSum& operator+=(const RootSum& other);
    RootSum& operator-=(const RootSum& other);
    RootSum& operator*=(const mpq_class& factor);
    void negate();
    /// Adds or multiplies by mantissa * 2^exponent, in place and without general divisions.
    void add_dyadic(std::int64_t mantissa, std::int64_t exponent);
    void multiply_dyadic(std::int64_t mantissa, std::int64_t exponent);
    friend RootSum operator*(const RootSum& a, const RootSum& b);

    [[nodiscard]] int sign() const;
    /// floor(2 * x); for irrational sums only, where 2 * x is never an integer.
    /// Throws std::range_error when |2 * x| is beyond 2^70.
    [[nodiscard]] Int128 floor_of_twice() const;
    /// 1 / x for x != 0, by conjugation; std::nullopt for more than four summands, where
    /// conjugation does not shorten the sum.
    [[nodiscard]] std::optional<RootSum> inverse() const;
    /// sqrt(x) for x >= 0 where it is again a sum of square roots of rationals and has at most
    /// two summands under the root; std::nullopt otherwise.
    [[nodiscard]] std::optional<RootSum> square_root() const;
    [[nodiscard]] Interval enclose(mpfr_prec_t precision) const;
    /// Machine words of the largest integer in it.
    [[nodiscard]] std::size_t limbs() const;

  private:
    void add_root(const mpz_class& radicand, const mpq_class& coefficient);
    [[nodiscard]] std::size_t summands() const {
        return roots_.size() + (sgn(rational_) != 0 ? 1 : 0);
    }

    mpq_class rational_;
    std::vector<Root> roots_;
};

} // namespace millrace::detail
