// SPDX-License-Identifier: Apache-2.0
//
// Trunc of the QONNX, Brevitas and FINN domains, in the forms of versions 1 and 2 of the QONNX
// specification, told apart by the number of inputs.
//
// With n = half-even(x / s + z) and the divisor d = 2^k both compute y = round(n / d) and differ in
// the clamp and in the way back to reals. The first Quantize below gives v = (n - z) * s. The
// second has scale s * d and zero point z / d, so its argument v / (s * d) + z / d is n / d, and it
// gives w = (y - z / d) * s * d. Then
//   version 1:  (y - z) * s        = w / d + z * s * (1 / d - 1)
//   version 2:  (y - z / d) * out  = w * out / (s * d)
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/quantizer_parameters.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>

namespace millrace::frontend::ops_import {

namespace {

/// f over the elements of two parameters, broadcast.
TensorPtr combine(NodeContext& node, const TensorPtr& a, const TensorPtr& b,
                  const std::function<Real(const Real&, const Real&)>& f) {
    Shape shape;
    try {
        shape = broadcast_shape(a->shape(), b->shape());
    } catch (const std::invalid_argument& error) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the quantizer's parameters do not fit together: {}", error.what()),
                  "correct the parameters where the model is quantized");
    }
    node.builder().reserve_folded(shape, node.report());
    const BroadcastIndex in_a(a->shape(), shape);
    const BroadcastIndex in_b(b->shape(), shape);
    std::vector<Real> values;
    for (std::int64_t i = 0; i < element_count(shape); ++i) {
        values.push_back(f(a->at(in_a(i)), b->at(in_b(i))));
    }
    return std::make_shared<Tensor>(std::move(shape), std::move(values));
}

Real product(const Real& a, const Real& b) { return a * b; }
Real quotient(const Real& a, const Real& b) { return a / b; }

/// 2^round(log2(ratio)). The logarithm of a rational is never half-way between integers, so the
/// nearest k is the one with 2^(2k - 1) < ratio^2 < 2^(2k + 1).
Real nearest_power_of_two(NodeContext& node, const Real& ratio) {
    const double about = ratio.to_double();
    if (!(about > 1e-300 && about < 1e300)) {
        node.fail(Code::bad_attribute, "the scales of input and output are too far apart",
                  "correct the scales where the model is quantized");
    }
    const Real square = ratio * ratio;
    int exponent = std::ilogb(about);
    while (square > Real::dyadic(1, 2 * exponent + 1)) {
        ++exponent;
    }
    while (square < Real::dyadic(1, 2 * exponent - 1)) {
        --exponent;
    }
    return Real::dyadic(1, exponent);
}

bool is_uniform(const TensorPtr& tensor, const Real& value) {
    return tensor->uniform_value() == value;
}

/// The common beginning: n / d rounded, as w.
ValueId truncated(NodeContext& node, const TensorPtr& scale, const TensorPtr& zero_point,
                  const TensorPtr& divisor, ops::Quantize second) {
    ops::Quantize first;
    first.scale = scale;
    first.zero_point = zero_point;
    second.scale = combine(node, scale, divisor, product);
    second.zero_point = combine(node, zero_point, divisor, quotient);
    const ValueId rounded = node.emit(std::move(first), {node.input(0)});
    return node.emit(std::move(second), {rounded});
}

ValueId multiplied(NodeContext& node, ValueId value, const TensorPtr& factor) {
    return is_uniform(factor, Real(1))
               ? value
               : node.emit(ops::Mul{}, {value, node.add_constant(factor, node.element(0))});
}

/// Inputs x, scale, zero point, bits in, bits out: shifts by their difference.
void trunc_version_1(NodeContext& node, const ops::Quantize& second) {
    const TensorPtr scale = positive_parameter(node, 1, "the scale");
    const TensorPtr zero_point = any_parameter(node, 2, "the zero point");
    const Real bits =
        node.scalar(3, "the input's bit width") - node.scalar(4, "the output's bit width");
    const auto shift = bits.as_int64();
    if (!shift || std::abs(*shift) > 64) {
        node.fail(Code::bad_attribute,
                  fmt::format("the bit widths differ by {}, which is not an integer up to 64",
                              bits.to_string()),
                  "correct the bit widths where the model is quantized");
    }
    const TensorPtr divisor = scalar_parameter(Real::dyadic(1, static_cast<int>(*shift)));
    const Real inverse = Real::dyadic(1, -static_cast<int>(*shift));
    ValueId result = truncated(node, scale, zero_point, divisor, second);
    result = multiplied(node, result, scalar_parameter(inverse));
    const TensorPtr offset = combine(node, zero_point, scale, [&](const Real& z, const Real& s) {
        return z * s * (inverse - Real(1));
    });
    if (!is_uniform(offset, Real(0))) {
        result = node.emit(ops::Add{}, {result, node.add_constant(offset, node.element(0))});
    }
    node.set_output(0, result);
}

/// Inputs x, scale, zero point, bits in, scale out, bits out: divides by the power of two nearest
/// to the ratio of the scales and clamps to the output's range before rounding.
void trunc_version_2(NodeContext& node, ops::Quantize second) {
    const TensorPtr scale = positive_parameter(node, 1, "the scale");
    const TensorPtr zero_point = any_parameter(node, 2, "the zero point");
    const TensorPtr out_scale = positive_parameter(node, 4, "the output's scale");
    second.bits = bit_width_parameter(node, 5, "the output's bit width");
    for (std::int64_t i = 0; second.is_signed && i < second.bits->size(); ++i) {
        if (second.bits->at(i) == Real(1)) {
            node.fail(Code::bad_attribute, "the output's bit width is 1 and signed",
                      "use BipolarQuant for one signed bit");
        }
    }
    const TensorPtr divisor = combine(node, out_scale, scale, [&](const Real& out, const Real& in) {
        return nearest_power_of_two(node, out / in);
    });
    const TensorPtr scale_between = combine(node, scale, divisor, product);
    const ValueId result = truncated(node, scale, zero_point, divisor, std::move(second));
    node.set_output(0, multiplied(node, result, combine(node, out_scale, scale_between, quotient)));
}

} // namespace

void trunc(NodeContext& node) {
    ops::Quantize second;
    second.rounding = rounding_attribute(node, Rounding::floor);
    second.is_signed = node.attributes.flag("signed", true);
    second.narrow = node.attributes.flag("narrow", false);
    if (node.input_count() == 5) {
        trunc_version_1(node, second);
    } else {
        trunc_version_2(node, std::move(second));
    }
}

} // namespace millrace::frontend::ops_import
