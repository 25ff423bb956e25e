// SPDX-License-Identifier: Apache-2.0
//
// Conversion to binary floating point with one rounding. Every exact value is brought to a 64-bit
// leading part and a flag that says whether anything non-zero follows; pack() rounds that once, at
// the bit where the format ends for this magnitude (higher up for subnormals). Irrational values
// are enclosed until both ends round alike, or until the ends are neighbouring floats and an exact
// sign test against the midpoint between them decides.
#include "ir/real.hpp"
#include "ir/real_node.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace millrace {

namespace {

__extension__ typedef unsigned __int128 UInt128;

struct Format {
    int precision;       // bits of the significand
    int lowest_exponent; // of the lowest bit of subnormals
    int overflow_bits;   // 2^overflow_bits is the first power that overflows
};

constexpr Format double_format{53, -1074, 1024};
constexpr Format float_format{24, -149, 128};

// (-1)^negative * (leading + something in [0, 1), not 0 if sticky) * 2^exponent; the top bit of
// `leading` is set.
struct Leading {
    bool negative;
    std::uint64_t leading;
    std::int64_t exponent;
    bool sticky;
};

double pack(const Leading& value, const Format& format) {
    const double sign = value.negative ? -1.0 : 1.0;
    if (value.exponent + 64 > format.overflow_bits) {
        return sign * std::numeric_limits<double>::infinity();
    }
    const std::int64_t lowest =
        std::max<std::int64_t>(value.exponent + 64 - format.precision, format.lowest_exponent);
    // At least 64 - precision > 0. From 66 on, the value is below half of the lowest bit.
    const std::int64_t shift = std::min<std::int64_t>(lowest - value.exponent, 66);
    const UInt128 wide = value.leading;
    const UInt128 half = UInt128{1} << (shift - 1);
    const UInt128 rest = wide & ((half << 1) - 1);
    auto kept = static_cast<std::uint64_t>(wide >> shift);
    if (rest > half || (rest == half && (value.sticky || (kept & 1) != 0))) {
        ++kept;
    }
    // Exact: kept has at most precision bits (or is a power of two) and lowest is in range.
    const double result = std::ldexp(static_cast<double>(kept), static_cast<int>(lowest));
    if (result >= std::ldexp(1.0, format.overflow_bits - 1) * 2.0) {
        return sign * std::numeric_limits<double>::infinity();
    }
    return sign * result;
}

double pack_small(const Real::DyadicParts& parts, const Format& format) {
    if (parts.mantissa == 0) {
        return 0.0;
    }
    const bool negative = parts.mantissa < 0;
    const auto bits = static_cast<std::uint64_t>(negative ? -parts.mantissa : parts.mantissa);
    const int zeros = std::countl_zero(bits);
    return pack({negative, bits << zeros, std::int64_t{parts.exponent} - zeros, false}, format);
}

double pack_rational(const mpq_class& value, const Format& format) {
    if (sgn(value) == 0) {
        return 0.0;
    }
    const auto numerator_bits = static_cast<std::int64_t>(mpz_sizeinbase(value.get_num_mpz_t(), 2));
    const auto denominator_bits =
        static_cast<std::int64_t>(mpz_sizeinbase(value.get_den_mpz_t(), 2));
    // |numerator| * 2^shift / denominator has 65 or 66 bits before the point.
    const std::int64_t shift = 66 - numerator_bits + denominator_bits;
    mpz_class numerator = abs(value.get_num());
    mpz_class denominator = value.get_den();
    if (shift >= 0) {
        numerator <<= static_cast<mp_bitcnt_t>(shift);
    } else {
        denominator <<= static_cast<mp_bitcnt_t>(-shift);
    }
    mpz_class quotient;
    mpz_class remainder;
    mpz_fdiv_qr(quotient.get_mpz_t(), remainder.get_mpz_t(), numerator.get_mpz_t(),
                denominator.get_mpz_t());
    const mp_bitcnt_t excess = mpz_sizeinbase(quotient.get_mpz_t(), 2) - 64;
    const bool sticky = sgn(remainder) != 0 || mpz_scan1(quotient.get_mpz_t(), 0) < excess;
    quotient >>= excess;
    return pack({sgn(value) < 0, mpz_get_ui(quotient.get_mpz_t()),
                 static_cast<std::int64_t>(excess) - shift, sticky},
                format);
}

double pack_end(mpfr_srcptr value, const Format& format) {
    if (mpfr_zero_p(value) != 0) {
        return 0.0;
    }
    if (mpfr_inf_p(value) != 0) {
        return mpfr_sgn(value) * std::numeric_limits<double>::infinity();
    }
    mpz_class mantissa;
    const std::int64_t exponent = mpfr_get_z_2exp(mantissa.get_mpz_t(), value);
    const bool negative = sgn(mantissa) < 0;
    mantissa = abs(mantissa);
    const std::size_t bits = mpz_sizeinbase(mantissa.get_mpz_t(), 2);
    // Precisions are 64 bits or more, and MPFR's mantissas are left-aligned.
    const mp_bitcnt_t excess = bits - 64;
    const bool sticky = mpz_scan1(mantissa.get_mpz_t(), 0) < excess;
    mantissa >>= excess;
    return pack({negative, mpz_get_ui(mantissa.get_mpz_t()),
                 exponent + static_cast<std::int64_t>(excess), sticky},
                format);
}

double next_above(double value, const Format& format) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return format.precision == double_format.precision
               ? std::nextafter(value, infinity)
               : std::nextafterf(static_cast<float>(value), std::numeric_limits<float>::infinity());
}

// Infinities stand for the first power of two that overflows: the midpoint below it is where
// rounding to infinity starts.
Real end_value(double value, const Format& format) {
    if (std::isinf(value)) {
        return Real::dyadic(value < 0 ? -1 : 1, format.overflow_bits);
    }
    return Real::from_double(value);
}

double pack_enclosed(const Real& x, const Format& format) {
    for (mpfr_prec_t precision = 128; precision <= detail::last_precision; precision *= 2) {
        const detail::Interval interval = detail::enclose(x, precision);
        const double low = pack_end(interval.lower(), format);
        const double high = pack_end(interval.upper(), format);
        if (low == high) {
            return high;
        }
        if (next_above(low, format) == high) {
            const Real middle =
                (end_value(low, format) + end_value(high, format)) * Real::dyadic(1, -1);
            const int side = (x - middle).sign();
            return side < 0 ? low : side > 0 ? high : pack_small(*middle.dyadic_parts(), format);
        }
    }
    throw Undecided("a number could not be enclosed between neighbouring floating-point numbers");
}

double convert(const Real& x, const Format& format) {
    if (const auto parts = x.dyadic_parts()) {
        return pack_small(*parts, format);
    }
    const detail::RootSum* sum = Real::Node::root_sum(x);
    if (sum != nullptr && sum->is_rational()) {
        return pack_rational(sum->rational(), format);
    }
    return pack_enclosed(x, format);
}

} // namespace

double Real::to_double() const { return convert(*this, double_format); }

float Real::to_float() const { return static_cast<float>(convert(*this, float_format)); }

} // namespace millrace
