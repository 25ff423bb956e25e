// SPDX-License-Identifier: Apache-2.0
//
// The integer q - zero_point of one quantizer, decided in double precision where that is certain.
//
// v = x / scale + shift is computed as x * (1 / scale) + shift. Rounding is monotone and leaves
// integers alone, so clamping to lo and hi before rounding is the same as clamping to round(lo) and
// round(hi) after it, and v may be held in [round(lo) - 3/4, round(hi) + 3/4] beforehand. Every
// mode is then rounding to nearest of w = v + bias: bias 0 for the modes to nearest, and 1/2 down
// or up, by v's sign where the mode goes by it, for the directed ones. The decision points of the
// mode are the half-integers of w. With u = 2^-53,
//
//   |computed w - exact w| <= |x / scale| * 16 u + (|shift| + 1) * 4 u,
//
// which covers at most 3 u for x, one each for the rounding of scale to a double, the reciprocal,
// the product and the two sums, their higher powers, and products that underflow. If the computed w
// keeps more than this bound from the half-integers, the exact v rounds alike.
//
// A binary quantizer is floor(v) held in [-1, 0], times 2 and plus 1.
//
// Otherwise, where x and scale are doubles exactly, v is compared with the one decision point d in
// reach by the sign of x - (d - shift) * scale: the product is split into its rounded value and its
// rounding error by a fused multiply-add, and the difference of doubles within a factor of two is
// exact (Sterbenz), so the sign is. What is still open is for exact reals.
#pragma once

#include "ir/real.hpp"
#include "ir/rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace millrace::ops {

class QuantizerDecision {
  public:
    /// Nothing when the quantizer's parameters lie outside what doubles can decide: a zero point
    /// that is not an integer of 32 bits, an extreme scale, or bounds that are not integers where
    /// they act after rounding.
    static std::optional<QuantizerDecision> make(const Real& scale, const Real& zero_point,
                                                 const std::optional<std::pair<Real, Real>>& bounds,
                                                 Rounding rounding, bool zero_point_last,
                                                 bool binary);

    /// q - zero_point for an element that equals x (`exact`) or that x approximates with a relative
    /// error of at most 3 * 2^-53; nothing when that cannot be told. Results beyond +-2^40 stand
    /// for "too large for 32 bits" and are not to be used.
    [[nodiscard]] std::optional<std::int64_t> operator()(double x, bool exact) const {
        const Quick q = quick(x);
        if (q.margin > 0) [[likely]] {
            return static_cast<std::int64_t>(q.result);
        }
        return near_decision(x, q.v, q.error, exact);
    }

    /// Elements of a block; a fixed number, so that compilers use vector instructions.
    static constexpr std::size_t block = 64;
    /// Decides a block at once; returns whether all of it was certain and fits 32 bits.
    [[nodiscard]] bool decide_block(const float* x, std::int32_t* levels) const {
        if (!fits_int32_) {
            return false;
        }
        std::array<double, block> margins;
        for (std::size_t i = 0; i < block; ++i) {
            const Quick q = quick(static_cast<double>(x[i]));
            margins[i] = q.margin;
            levels[i] = static_cast<std::int32_t>(q.result);
        }
        return std::all_of(margins.begin(), margins.end(), [](double m) { return m > 0; });
    }

  private:
    QuantizerDecision() = default;

    struct Quick {
        double v; ///< held within the bounds
        double error;
        double margin; ///< between the computed number and what could change the result, if > 0
        double result; ///< certain if margin > 0
    };
    [[nodiscard]] Quick quick(double x) const {
        const double product = x * reciprocal_;
        const double v = std::min(std::max(product + shift_, clamp_low_), clamp_high_);
        const double error = std::abs(product) * 0x1p-49 + shift_error_;
        const double w = v + fixed_bias_ + signed_bias_ * std::copysign(1.0, v);
        // Adding 3 * 2^51 drops the fraction by the processor's rounding to nearest.
        const double nearest = (w + 0x1.8p52) - 0x1.8p52;
        const double rest = w - nearest; // exact, in [-1/2, 1/2]
        return {v, error, 0.5 - std::abs(rest) - error, result(nearest)};
    }
    [[nodiscard]] double result(double rounded) const {
        return std::min(std::max(rounded, low_), high_) * factor_ - offset_;
    }
    /// The sign of the exact v - point, for exact x and scale; point is a half-integer.
    [[nodiscard]] int side(double x, double point) const;
    [[nodiscard]] std::optional<std::int64_t> near_decision(double x, double v, double error,
                                                            bool exact) const;

    double reciprocal_ = 1;
    double shift_ = 0; ///< what is added before rounding
    double shift_error_ = 0;
    double clamp_low_ = 0;
    double clamp_high_ = 0;
    double low_ = 0; ///< of the rounded number
    double high_ = 0;
    double factor_ = 1; ///< the result is factor * rounded - offset
    double offset_ = 0;
    double scale_ = 1;
    double fixed_bias_ = 0;
    double signed_bias_ = 0;  ///< times v's sign
    bool fits_int32_ = false; ///< results always fit 32 bits
    bool scale_exact_ = false;
    bool to_nearest_ = true;
    Rounding rounding_ = Rounding::half_even;
};

} // namespace millrace::ops
