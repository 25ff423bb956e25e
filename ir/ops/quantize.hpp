// SPDX-License-Identifier: Apache-2.0
//
// The one quantizer of the network level, and MultiThreshold, the one dialect that it cannot
// express.
#pragma once

#include "ir/type.hpp"

#include <optional>
#include <utility>

namespace millrace::ops {

/// Quantize and dequantize again, over exact reals, elementwise:
///
///   zero_point_last = false (QONNX Quant):  q = round(clamp(x / scale + zero_point, lo, hi))
///   zero_point_last = true (ONNX QuantizeLinear): q = clamp(round(x / scale) + zero_point, lo, hi)
///   y = (q - zero_point) * scale
///
/// with lo = -2^(bits-1) + narrow, hi = 2^(bits-1) - 1 when signed, lo = 0,
/// hi = 2^bits - 1 - narrow when not; bits may be fractional, then the bounds follow the formula.
/// bits = 1 and signed: q = +1 where x / scale + zero_point >= 0 and -1 elsewhere (BipolarQuant).
/// Without bits there is no clamp (the inner rounding of Trunc).
/// scale, zero_point and bits broadcast to x; scale is not zero.
///
/// Imported as this op: Quant, IntQuant, BipolarQuant, Trunc (two of them and an affine function),
/// QuantizeLinear (followed by y / scale + zero_point, which gives q), DequantizeLinear after it
/// is the affine function (q - zero_point) * scale.
struct Quantize {
    TensorPtr scale;
    TensorPtr zero_point;
    TensorPtr bits; ///< null: no clamp
    bool is_signed = true;
    bool narrow = false;
    Rounding rounding = Rounding::half_even;
    bool zero_point_last = false;
    static constexpr std::string_view name = "quantize";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("scale", self.scale);
        visit("zero_point", self.zero_point);
        visit("bits", self.bits);
        visit("signed", self.is_signed);
        visit("narrow", self.narrow);
        visit("rounding", self.rounding);
        visit("zero_point_last", self.zero_point_last);
    }
};

/// Quantize for one number, with its bounds lo and hi worked out (none: no clamp). `binary`: the
/// case bits = 1 and signed, to which bounds, rounding and zero_point_last mean nothing. Throws
/// std::domain_error when scale is zero, std::range_error when an integer that no bound holds back
/// needs more than 63 bits, and Undecided as comparisons of reals do.
Real quantize(const Real& x, const Real& scale, const Real& zero_point,
              const std::optional<std::pair<Real, Real>>& bounds, Rounding rounding,
              bool zero_point_last, bool binary);
/// The bounds lo and hi of Quantize for a number of bits, which may be fractional.
std::pair<Real, Real> quantizer_bounds(const Real& bits, bool is_signed, bool narrow);

/// out_scale * #{i : x >= thresholds[c, i]} + out_bias, c the index along channel_axis (or the one
/// row for all). thresholds is [C or 1, N] with ascending rows (QONNX MultiThreshold).
struct MultiThreshold {
    TensorPtr thresholds;
    Real out_scale = 1;
    Real out_bias;
    std::int64_t channel_axis = 1;
    static constexpr std::string_view name = "multi_threshold";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("thresholds", self.thresholds);
        visit("out_scale", self.out_scale);
        visit("out_bias", self.out_bias);
        visit("channel_axis", self.channel_axis);
    }
};

std::vector<ValueType> infer(const Quantize& op, const TypeList& inputs);
std::vector<ValueType> infer(const MultiThreshold& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Quantize& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const MultiThreshold& op, const TensorList& inputs);

} // namespace millrace::ops
