// SPDX-License-Identifier: Apache-2.0
//
// Closed intervals with MPFR endpoints. Every operation rounds the lower end down and the upper
// end up, so the result always contains every value that the operands' points can give. An end
// that cannot be bounded is an infinity; a NaN that arises from infinities widens to the whole
// line, never narrows.
#pragma once

#include "ir/rounding.hpp"

#include <gmpxx.h>
#include <mpfr.h>

#include <cstdint>
#include <optional>

namespace millrace::detail {

class Interval {
  public:
    /// [0, 0], with ends of the given precision in bits.
    explicit Interval(mpfr_prec_t precision);
    Interval(const Interval& other);
    Interval& operator=(const Interval& other);
    ~Interval();

    [[nodiscard]] mpfr_prec_t precision() const { return mpfr_get_prec(lower_); }
    [[nodiscard]] mpfr_srcptr lower() const { return lower_; }
    [[nodiscard]] mpfr_srcptr upper() const { return upper_; }
    [[nodiscard]] mpfr_ptr lower() { return lower_; }
    [[nodiscard]] mpfr_ptr upper() { return upper_; }

    /// The sign that all points share, if they do.
    [[nodiscard]] std::optional<int> sign() const;
    /// Widens NaN ends.
    void repair();
    /// Doubles both ends, which is exact.
    void twice();

  private:
    mpfr_t lower_;
    mpfr_t upper_;
};

Interval enclose(const mpq_class& value, mpfr_prec_t precision);
/// mantissa * 2^exponent.
Interval enclose(std::int64_t mantissa, std::int64_t exponent, mpfr_prec_t precision);
/// sqrt(radicand), radicand >= 0.
Interval enclose_root(const mpz_class& radicand, mpfr_prec_t precision);

Interval add(const Interval& a, const Interval& b);
Interval multiply(const Interval& a, const Interval& b);
/// floor(x), for |x| <= 2^100.
Int128 floor_to_int128(mpfr_srcptr x);

/// The whole line when a contains 0.
Interval reciprocal(const Interval& a);
/// Square root of the part of a that is not negative.
Interval square_root(const Interval& a);
Interval exponential(const Interval& a);
/// Logarithm of the positive part of a.
Interval logarithm(const Interval& a);
/// 1 / (1 + e^-x).
Interval logistic(const Interval& a);

} // namespace millrace::detail
