// SPDX-License-Identifier: Apache-2.0
//
// The standard's operators on integers: QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger; and
// com.microsoft's QGemm and MatMulIntegerToFloat. The QLinear operators are DequantizeLinear of
// each input, the operator, QuantizeLinear; the Integer operators are the operator on the integers
// without their zero points.
#include "frontend/ops/convolution.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/linear_quantization.hpp"
#include "frontend/ops/matmul.hpp"
#include "frontend/ops/quantizer_parameters.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

/// An input with its scale and zero point; the parameters' lists run along `axis`.
struct QuantizedInput {
    ValueId value; ///< as reals
    LinearParameters parameters;
};

QuantizedInput quantized_input(NodeContext& node, std::size_t index, const LinearInputs& where,
                               std::int64_t axis, DataType element) {
    require_quantized_type(node, node.element(index), false, "a quantized input has type");
    LinearParameters parameters = linear_parameters(node, where, node.shape(index), axis, false);
    const ValueId value = dequantized(node, node.input(index), parameters, element);
    return {value, std::move(parameters)};
}

/// Quantizes the result with the parameters of these inputs; without a zero point the type is that
/// of input 0.
void set_quantized(NodeContext& node, ValueId result, const LinearInputs& where, std::int64_t axis,
                   DataType element) {
    const DataType type =
        node.has_input(where.zero_point) ? node.element(where.zero_point) : node.element(0);
    require_quantized_type(node, type, false, "the result is quantized to");
    const LinearParameters parameters =
        linear_parameters(node, where, node.type(result).shape, axis, true);
    node.set_output(0, quantized(node, result, parameters, type, element));
}

Real single_scale(NodeContext& node, const LinearParameters& parameters, std::string_view what) {
    if (parameters.scale->size() != 1) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the scale of {} has shape {} and must be one number", what,
                              to_string(parameters.scale->shape())),
                  "quantize it with one scale for the whole tensor");
    }
    return parameters.scale->at(0);
}

/// An int32 bias [M] (or a row) at scale a * b, b along the same dimension.
ValueId scaled_bias(NodeContext& node, std::size_t index, const Real& a, const Tensor& b,
                    const Real& factor, DataType element) {
    if (node.element(index) != DataType::int32) {
        node.fail(Code::unsupported_data_type,
                  fmt::format("the bias has type {}", to_string(node.element(index))),
                  "store the bias as int32");
    }
    const Shape& given = node.shape(index);
    if (b.size() != 1 && (given.empty() || given.back() != b.size())) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the bias has shape {}, the weights have {} scales", to_string(given),
                              b.size()),
                  "give each output channel one bias");
    }
    std::vector<Real> scales = b.to_reals();
    for (Real& scale : scales) {
        scale = a * scale * factor;
    }
    const Shape shape = scales.size() == 1 ? Shape{} : Shape{b.size()};
    // A product of three numbers from the file.
    const ConstantSize size{1000, 1, false};
    const ValueId constant =
        node.add_constant(std::make_shared<Tensor>(shape, std::move(scales)), element, size);
    return node.emit(ops::Mul{}, {node.cast(node.input(index), element), constant});
}

/// An input of ConvInteger or MatMulInteger as int32 without its zero point.
ValueId integer_input(NodeContext& node, std::size_t index, std::size_t zero_point,
                      std::int64_t axis) {
    const DataType type = node.element(index);
    if (type != DataType::int8 && type != DataType::uint8) {
        node.fail(Code::unsupported_data_type,
                  fmt::format("input {} has elements of type {}", index, to_string(type)),
                  "use int8 or uint8");
    }
    const ValueId value = node.cast(node.input(index), DataType::int32);
    if (!node.has_input(zero_point)) {
        return value;
    }
    const TensorPtr given = any_parameter(node, zero_point, "the zero point");
    if (given->uniform_value() == Real(0)) {
        return value;
    }
    Shape shape = given->shape();
    if (shape.size() == 1) {
        const Shape& x = node.shape(index);
        const std::int64_t along = node.axis(axis, static_cast<std::int64_t>(x.size()));
        shape.resize(x.size() - static_cast<std::size_t>(along), 1);
    }
    const Shape before = node.type(value).shape;
    const ValueId result =
        node.emit(ops::Sub{}, {value, node.add_constant(given->reshaped(shape), DataType::int32)});
    if (node.type(result).shape != before) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the zero point of shape {} does not fit an input of shape {}",
                              to_string(given->shape()), to_string(before)),
                  "give one zero point, or one per row or column");
    }
    return result;
}

/// Rows of a left factor and columns of a right one; vectors have one axis only.
std::int64_t row_axis(const NodeContext& node, std::size_t index) {
    return node.shape(index).size() > 1 ? -2 : -1;
}

} // namespace

/// Inputs x, its scale and zero point, w and its (also per output channel), those of y, and a bias
/// of int32 at scale x_scale * w_scale.
void qlinear_conv(NodeContext& node) {
    const ConvAttributes attributes = conv_attributes(node);
    // Of com.microsoft's form; the weights keep their layout.
    const bool last = node.attributes.flag("channels_last", false);
    const DataType element = node.element(1);
    QuantizedInput x = quantized_input(node, 0, {1, 2, "x"}, 0, element);
    const QuantizedInput w = quantized_input(node, 3, {4, 5, "w"}, 0, element);
    const Real x_scale = single_scale(node, x.parameters, "x");
    if (last) {
        x.value = channels_first(node, x.value);
    }
    ValueId result = convolution(node, attributes, x.value, w.value);
    if (node.has_input(8)) {
        result = with_bias(node, result,
                           scaled_bias(node, 8, x_scale, *w.parameters.scale, Real(1), element));
    }
    if (last) {
        result = channels_last(node, result);
    }
    set_quantized(node, result, {6, 7, "y"}, last ? -1 : 1, element);
}

/// Inputs a, b, each with scale and zero point (lists run along the rows of a and the columns of
/// b), and scale and zero point of y.
void qlinear_matmul(NodeContext& node) {
    const DataType element = node.element(1);
    const QuantizedInput a = quantized_input(node, 0, {1, 2, "a"}, row_axis(node, 0), element);
    const QuantizedInput b = quantized_input(node, 3, {4, 5, "b"}, -1, element);
    const ValueId result = node.emit(ops::MatMul{}, {a.value, b.value});
    set_quantized(node, result, {6, 7, "y"}, -2, element);
}

void conv_integer(NodeContext& node) {
    const ConvAttributes attributes = conv_attributes(node);
    const ValueId x = integer_input(node, 0, 2, 0);
    const ValueId w = integer_input(node, 1, 3, 0);
    node.set_output(0, convolution(node, attributes, x, w));
}

void matmul_integer(NodeContext& node) {
    const ValueId a = integer_input(node, 0, 2, row_axis(node, 0));
    const ValueId b = integer_input(node, 1, 3, -1);
    node.set_output(0, node.emit(ops::MatMul{}, {a, b}));
}

/// Inputs A, B, their scales, their zero points, and a float bias.
void matmul_integer_to_float(NodeContext& node) {
    const DataType element = node.element(2);
    const QuantizedInput a = quantized_input(node, 0, {2, 4, "A"}, row_axis(node, 0), element);
    const QuantizedInput b = quantized_input(node, 1, {3, 5, "B"}, -1, element);
    ValueId result = node.emit(ops::MatMul{}, {a.value, b.value});
    if (node.has_input(6)) {
        result = with_row(node, result, node.input(6));
    }
    node.set_output(0, result);
}

/// alpha * A' * B' + C with C as int32 at scale alpha * a_scale * b_scale; without a scale of y the
/// result is float.
void qgemm(NodeContext& node) {
    const Real alpha = node.attributes.real("alpha", 1.0F);
    const bool transpose_a = node.attributes.flag("transA", false);
    const bool transpose_b = node.attributes.flag("transB", false);
    const DataType element = node.element(1);
    const QuantizedInput a = quantized_input(node, 0, {1, 2, "A"}, 0, element);
    // A list has one entry per column of B', which are rows of B where it is transposed.
    const QuantizedInput b = quantized_input(node, 3, {4, 5, "B"}, transpose_b ? 0 : -1, element);
    const Real a_scale = single_scale(node, a.parameters, "A");
    ValueId result = matrix_product(node, a.value, transpose_a, b.value, transpose_b);
    if (alpha != Real(1)) {
        result = node.emit(ops::Mul{}, {result, node.add_constant(Tensor::scalar(alpha), element)});
    }
    if (node.has_input(6)) {
        result = with_row(node, result,
                          scaled_bias(node, 6, a_scale, *b.parameters.scale, alpha, element));
    }
    if (node.has_input(7)) {
        set_quantized(node, result, {7, 8, "Y"}, -1, element);
    } else {
        node.set_output(0, result);
    }
}

} // namespace millrace::frontend::ops_import
