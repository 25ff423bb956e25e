// SPDX-License-Identifier: Apache-2.0
//
// Interval operations as the header states. All functions used are monotone or, for products,
// take their extremes at corners, so directed rounding of the ends is all there is to it.
#include "ir/real_interval.hpp"

#include <algorithm>

namespace millrace::detail {

namespace {

// MPFR keeps constants such as log 2 per thread; a thread that ends gives its copies back.
struct MpfrCacheOwner {
    MpfrCacheOwner() = default;
    MpfrCacheOwner(const MpfrCacheOwner&) = delete;
    MpfrCacheOwner& operator=(const MpfrCacheOwner&) = delete;
    ~MpfrCacheOwner() { mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); }
    void use() const {}
};
thread_local const MpfrCacheOwner mpfr_cache_owner;

} // namespace

Interval::Interval(mpfr_prec_t precision) {
    mpfr_init2(lower_, precision);
    mpfr_init2(upper_, precision);
    mpfr_set_zero(lower_, 1);
    mpfr_set_zero(upper_, 1);
}

Interval::Interval(const Interval& other) {
    mpfr_init2(lower_, other.precision());
    mpfr_init2(upper_, other.precision());
    mpfr_set(lower_, other.lower_, MPFR_RNDD);
    mpfr_set(upper_, other.upper_, MPFR_RNDU);
}

Interval& Interval::operator=(const Interval& other) {
    if (this != &other) {
        mpfr_set_prec(lower_, other.precision());
        mpfr_set_prec(upper_, other.precision());
        mpfr_set(lower_, other.lower_, MPFR_RNDD);
        mpfr_set(upper_, other.upper_, MPFR_RNDU);
    }
    return *this;
}

Interval::~Interval() {
    mpfr_clear(lower_);
    mpfr_clear(upper_);
}

std::optional<int> Interval::sign() const {
    if (mpfr_sgn(lower_) > 0) {
        return 1;
    }
    if (mpfr_sgn(upper_) < 0) {
        return -1;
    }
    if (mpfr_zero_p(lower_) != 0 && mpfr_zero_p(upper_) != 0) {
        return 0;
    }
    return std::nullopt;
}

void Interval::repair() {
    if (mpfr_nan_p(lower_) != 0) {
        mpfr_set_inf(lower_, -1);
    }
    if (mpfr_nan_p(upper_) != 0) {
        mpfr_set_inf(upper_, 1);
    }
}

void Interval::twice() {
    mpfr_mul_2ui(lower_, lower_, 1, MPFR_RNDD);
    mpfr_mul_2ui(upper_, upper_, 1, MPFR_RNDU);
}

Int128 floor_to_int128(mpfr_srcptr x) {
    constexpr mp_bitcnt_t low_bits = 62;
    mpz_class high;
    mpfr_get_z(high.get_mpz_t(), x, MPFR_RNDD);
    mpz_class low;
    mpz_fdiv_r_2exp(low.get_mpz_t(), high.get_mpz_t(), low_bits);
    mpz_fdiv_q_2exp(high.get_mpz_t(), high.get_mpz_t(), low_bits);
    return Int128{high.get_si()} * (Int128{1} << low_bits) + low.get_si();
}

Interval enclose(const mpq_class& value, mpfr_prec_t precision) {
    Interval result(precision);
    mpfr_set_q(result.lower(), value.get_mpq_t(), MPFR_RNDD);
    mpfr_set_q(result.upper(), value.get_mpq_t(), MPFR_RNDU);
    return result;
}

Interval enclose(std::int64_t mantissa, std::int64_t exponent, mpfr_prec_t precision) {
    Interval result(precision);
    mpfr_set_si_2exp(result.lower(), mantissa, exponent, MPFR_RNDD);
    mpfr_set_si_2exp(result.upper(), mantissa, exponent, MPFR_RNDU);
    return result;
}

Interval enclose_root(const mpz_class& radicand, mpfr_prec_t precision) {
    Interval result(precision);
    mpfr_set_z(result.lower(), radicand.get_mpz_t(), MPFR_RNDD);
    mpfr_set_z(result.upper(), radicand.get_mpz_t(), MPFR_RNDU);
    mpfr_sqrt(result.lower(), result.lower(), MPFR_RNDD);
    mpfr_sqrt(result.upper(), result.upper(), MPFR_RNDU);
    return result;
}

Interval add(const Interval& a, const Interval& b) {
    Interval result(std::max(a.precision(), b.precision()));
    mpfr_add(result.lower(), a.lower(), b.lower(), MPFR_RNDD);
    mpfr_add(result.upper(), a.upper(), b.upper(), MPFR_RNDU);
    result.repair();
    return result;
}

Interval multiply(const Interval& a, const Interval& b) {
    const mpfr_prec_t precision = std::max(a.precision(), b.precision());
    Interval result(precision);
    Interval corner(precision);
    bool first = true;
    for (const mpfr_srcptr x : {a.lower(), a.upper()}) {
        for (const mpfr_srcptr y : {b.lower(), b.upper()}) {
            mpfr_mul(corner.lower(), x, y, MPFR_RNDD);
            mpfr_mul(corner.upper(), x, y, MPFR_RNDU);
            corner.repair();
            if (first || mpfr_less_p(corner.lower(), result.lower()) != 0) {
                mpfr_set(result.lower(), corner.lower(), MPFR_RNDD);
            }
            if (first || mpfr_greater_p(corner.upper(), result.upper()) != 0) {
                mpfr_set(result.upper(), corner.upper(), MPFR_RNDU);
            }
            first = false;
        }
    }
    return result;
}

Interval reciprocal(const Interval& a) {
    Interval result(a.precision());
    if (mpfr_sgn(a.lower()) <= 0 && mpfr_sgn(a.upper()) >= 0) {
        mpfr_set_inf(result.lower(), -1);
        mpfr_set_inf(result.upper(), 1);
        return result;
    }
    mpfr_ui_div(result.lower(), 1, a.upper(), MPFR_RNDD);
    mpfr_ui_div(result.upper(), 1, a.lower(), MPFR_RNDU);
    return result;
}

Interval square_root(const Interval& a) {
    Interval result(a.precision());
    if (mpfr_sgn(a.lower()) > 0) {
        mpfr_sqrt(result.lower(), a.lower(), MPFR_RNDD);
    }
    if (mpfr_sgn(a.upper()) > 0) {
        mpfr_sqrt(result.upper(), a.upper(), MPFR_RNDU);
    }
    return result;
}

Interval exponential(const Interval& a) {
    mpfr_cache_owner.use();
    Interval result(a.precision());
    mpfr_exp(result.lower(), a.lower(), MPFR_RNDD);
    mpfr_exp(result.upper(), a.upper(), MPFR_RNDU);
    return result;
}

Interval logarithm(const Interval& a) {
    mpfr_cache_owner.use();
    Interval result(a.precision());
    if (mpfr_sgn(a.lower()) > 0) {
        mpfr_log(result.lower(), a.lower(), MPFR_RNDD);
    } else {
        mpfr_set_inf(result.lower(), -1);
    }
    if (mpfr_sgn(a.upper()) > 0) {
        mpfr_log(result.upper(), a.upper(), MPFR_RNDU);
    } else {
        mpfr_set_inf(result.upper(), 1);
    }
    return result;
}

Interval logistic(const Interval& a) {
    mpfr_cache_owner.use();
    Interval result(a.precision());
    // The logistic function increases: its lower end comes from a.lower() through the largest
    // possible denominator, its upper end from a.upper() through the smallest.
    mpfr_neg(result.lower(), a.lower(), MPFR_RNDU);
    mpfr_exp(result.lower(), result.lower(), MPFR_RNDU);
    mpfr_add_ui(result.lower(), result.lower(), 1, MPFR_RNDU);
    mpfr_ui_div(result.lower(), 1, result.lower(), MPFR_RNDD);
    mpfr_neg(result.upper(), a.upper(), MPFR_RNDD);
    mpfr_exp(result.upper(), result.upper(), MPFR_RNDD);
    mpfr_add_ui(result.upper(), result.upper(), 1, MPFR_RNDD);
    mpfr_ui_div(result.upper(), 1, result.upper(), MPFR_RNDU);
    return result;
}

} // namespace millrace::detail
