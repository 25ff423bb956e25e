// SPDX-License-Identifier: Apache-2.0
//
// Preparation of a quantizer for decisions in double precision, and its rare exact comparison.
#include "ir/ops/quantize_decision.hpp"

namespace millrace::ops {

namespace {

// Bounds beyond this do not matter: such integers do not fit 32 bits, whatever zero point is
// subtracted. Far below 2^50, so that quarters in between are doubles.
constexpr double limit = 0x1p45;
constexpr std::int64_t max_zero_point = std::int64_t{1} << 31;

double limited(const Real& bound, Rounding rounding) {
    const Real largest = Real::from_double(limit);
    if (bound > largest) {
        return limit;
    }
    if (bound < -largest) {
        return -limit;
    }
    return static_cast<double>(bound.round(rounding));
}

} // namespace

std::optional<QuantizerDecision>
QuantizerDecision::make(const Real& scale, const Real& zero_point,
                        const std::optional<std::pair<Real, Real>>& bounds, Rounding rounding,
                        bool zero_point_last, bool binary) {
    const std::optional<std::int64_t> zero = zero_point.as_int64();
    const double scale_value = scale.to_double();
    const double magnitude = std::abs(scale_value);
    if (!zero || *zero > max_zero_point || *zero < -max_zero_point || !(magnitude > 0x1p-500) ||
        !(magnitude < 0x1p500)) {
        return std::nullopt;
    }
    const auto zero_value = static_cast<double>(*zero);
    QuantizerDecision decision;
    decision.scale_ = scale_value;
    decision.scale_exact_ = scale.is_dyadic() && Real::from_double(scale_value) == scale;
    decision.reciprocal_ = 1 / scale_value;
    decision.rounding_ = binary ? Rounding::floor : rounding;
    // With the zero point last, q - zero_point = clamp(round(x / scale), lo - zero, hi - zero).
    const bool last = zero_point_last && !binary;
    decision.shift_ = last ? 0 : zero_value;
    decision.offset_ = last ? 0 : zero_value;
    decision.low_ = -limit;
    decision.high_ = limit;
    if (binary) {
        decision.low_ = -1;
        decision.high_ = 0;
        decision.factor_ = 2;
        decision.offset_ = zero_value - 1;
    } else if (bounds) {
        if (last && !(bounds->first.is_integer() && bounds->second.is_integer())) {
            return std::nullopt;
        }
        const Real moved = last ? zero_point : Real(0);
        decision.low_ = limited(bounds->first - moved, rounding);
        decision.high_ = limited(bounds->second - moved, rounding);
    }
    switch (decision.rounding_) {
    case Rounding::half_even:
    case Rounding::half_up:
    case Rounding::half_down:
        break;
    case Rounding::floor:
        decision.fixed_bias_ = -0.5;
        break;
    case Rounding::ceil:
        decision.fixed_bias_ = 0.5;
        break;
    case Rounding::up:
        decision.signed_bias_ = 0.5;
        break;
    case Rounding::down:
        decision.signed_bias_ = -0.5;
        break;
    }
    decision.to_nearest_ = decision.fixed_bias_ == 0 && decision.signed_bias_ == 0;
    decision.shift_error_ = (std::abs(decision.shift_) + 1) * 0x1p-51;
    decision.fits_int32_ = decision.result(decision.low_) >= -0x1p31 &&
                           decision.result(decision.high_) < 0x1p31 &&
                           decision.low_ <= decision.high_;
    decision.clamp_low_ = decision.low_ - 0.75;
    decision.clamp_high_ = decision.high_ + 0.75;
    return decision;
}

int QuantizerDecision::side(double x, double point) const {
    const double factor = point - shift_;
    const double product = factor * scale_;
    const double product_error = std::fma(factor, scale_, -product);
    const double difference = (x - product) - product_error;
    const int sign = (difference > 0) - (difference < 0);
    return scale_ < 0 ? -sign : sign;
}

std::optional<std::int64_t> QuantizerDecision::near_decision(double x, double v, double error,
                                                             bool exact) const {
    // With an error below 1/4, v was not held at a bound and the decision point next to it is the
    // only one in reach.
    if (!exact || !scale_exact_ || !(error < 0.25)) {
        return std::nullopt;
    }
    const double point = to_nearest_ ? std::floor(v) + 0.5 : std::floor(v + 0.5);
    const int where = side(x, point);
    double rounded = point;
    if (to_nearest_ || where != 0) {
        const double floor = to_nearest_ ? point - 0.5 : where < 0 ? point - 1 : point;
        const Fraction fraction = where < 0    ? Fraction::below_half
                                  : where == 0 ? Fraction::half
                                               : Fraction::above_half;
        const bool odd = std::fmod(floor, 2.0) != 0;
        rounded = rounds_up(rounding_, fraction, odd, floor < 0) ? floor + 1 : floor;
    }
    return static_cast<std::int64_t>(result(rounded));
}

} // namespace millrace::ops
