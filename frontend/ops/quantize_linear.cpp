// SPDX-License-Identifier: Apache-2.0
//
// QuantizeLinear and DequantizeLinear with one scale or one per index of an axis.
//
// QuantizeLinear is Quantize (which goes there and back) followed by y / scale + zero_point, which
// is the integer exactly. DequantizeLinear is (q - zero_point) * scale. A DequantizeLinear that
// takes a QuantizeLinear's result with the same parameters gives what Quantize gave; the way
// through the integers is left out then.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/quantizer_parameters.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

struct IntegerFormat {
    int bits;
    bool is_signed;
};

/// The types that QuantizeLinear makes.
std::optional<IntegerFormat> quantized_format(DataType type) {
    switch (type) {
    case DataType::int4:
        return IntegerFormat{4, true};
    case DataType::uint4:
        return IntegerFormat{4, false};
    case DataType::int8:
        return IntegerFormat{8, true};
    case DataType::uint8:
        return IntegerFormat{8, false};
    case DataType::int16:
        return IntegerFormat{16, true};
    case DataType::uint16:
        return IntegerFormat{16, false};
    case DataType::float32:
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64:
    case DataType::boolean:
        return std::nullopt;
    }
    throw Defect("unknown element type");
}

/// What both operators have: scale and zero point, shaped to broadcast to the input.
struct LinearParameters {
    TensorPtr scale;
    TensorPtr zero_point;
};

struct LinearAttributes {
    std::int64_t axis = 1;
};

LinearAttributes linear_attributes(NodeContext& node) {
    LinearAttributes result;
    if (node.opset() >= 13) {
        result.axis = node.attributes.integer("axis", 1);
    }
    if (node.opset() >= 21 && node.attributes.integer("block_size", 0) != 0) {
        node.attributes.reject("block_size", "asks for blocked quantization, which is not "
                                             "supported: use one scale, or one per channel");
    }
    node.attributes.ignore({"saturate", "precision"}); // 8-bit floats; rounding in the middle
    return result;
}

/// The axis that one scale per index runs along, [C, 1, ..., 1] from there on.
Shape parameter_shape(NodeContext& node, std::int64_t wanted, std::int64_t count) {
    const Shape& shape = node.shape(0);
    const auto rank = static_cast<std::int64_t>(shape.size());
    const std::int64_t axis = node.axis(wanted, rank);
    if (shape[static_cast<std::size_t>(axis)] != count) {
        node.fail(Code::shape_mismatch,
                  fmt::format("{} scales are given for axis {} of shape {}", count, axis,
                              to_string(shape)),
                  "give one scale, or one per index of the axis");
    }
    Shape result(static_cast<std::size_t>(rank - axis), 1);
    result[0] = count;
    return result;
}

LinearParameters linear_parameters(NodeContext& node, std::int64_t axis, TensorPtr scale) {
    LinearParameters result{std::move(scale), scalar_parameter(Real(0))};
    const bool has_zero_point = node.has_input(2);
    if (has_zero_point) {
        const TensorPtr given = node.parameter(2, "the zero point");
        result.zero_point = any_parameter(node, 2, "the zero point");
        if (result.scale->size() != given->size()) {
            node.fail(Code::shape_mismatch,
                      fmt::format("scale and zero point have {} and {} elements",
                                  result.scale->size(), given->size()),
                      "give both the same shape");
        }
    }
    if (result.scale->rank() > 1) {
        node.fail(Code::unsupported_operator,
                  fmt::format("the scale has shape {}: blocked quantization is not supported",
                              to_string(result.scale->shape())),
                  "use one scale, or one per index of an axis");
    }
    if (result.scale->rank() == 1) {
        const Shape shape = parameter_shape(node, axis, result.scale->size());
        result.scale = std::make_shared<Tensor>(result.scale->reshaped(shape));
        if (has_zero_point) {
            result.zero_point = std::make_shared<Tensor>(result.zero_point->reshaped(shape));
        }
    }
    return result;
}

bool is_zero(const TensorPtr& tensor) { return tensor->uniform_value() == Real(0); }

} // namespace

void quantize_linear(NodeContext& node) {
    const LinearAttributes attributes = linear_attributes(node);
    std::int64_t output_type = 0;
    if (node.opset() >= 21) {
        output_type = node.attributes.integer("output_dtype", 0);
    }
    DataType type = DataType::uint8;
    if (node.has_input(2)) {
        type = node.element(2);
    } else if (output_type != 0) {
        const auto wanted = data_type_from_onnx(output_type);
        if (!wanted) {
            node.fail(Code::unsupported_data_type,
                      fmt::format("quantization to {}", onnx_data_type_name(output_type)),
                      "quantize to an integer type of at most 16 bits");
        }
        type = *wanted;
    }
    if (node.has_input(2) && output_type != 0 && data_type_from_onnx(output_type) != type) {
        node.attributes.reject("output_dtype", "is not the type of the zero point");
    }
    const auto format = quantized_format(type);
    if (!format) {
        node.fail(Code::unsupported_data_type, fmt::format("quantization to {}", to_string(type)),
                  "quantize to an integer type of at most 16 bits");
    }
    const LinearParameters parameters =
        linear_parameters(node, attributes.axis, positive_parameter(node, 1, "the scale"));

    ops::Quantize op;
    op.scale = parameters.scale;
    op.zero_point = parameters.zero_point;
    op.bits = scalar_parameter(Real(format->bits));
    op.is_signed = format->is_signed;
    op.rounding = Rounding::half_even;
    op.zero_point_last = true;
    const DataType element = node.element(1);
    ValueId value = node.cast(node.input(0), element);
    const ValueId dequantized = node.emit(std::move(op), {value});
    value = node.emit(ops::Div{}, {dequantized, node.add_constant(parameters.scale, element)});
    if (!is_zero(parameters.zero_point)) {
        value = node.emit(ops::Add{}, {value, node.add_constant(parameters.zero_point, element)});
    }
    value = node.cast(value, type);
    node.builder().remember_dequantized(value,
                                        {dequantized, parameters.scale, parameters.zero_point});
    node.set_output(0, value);
}

void dequantize_linear(NodeContext& node) {
    const LinearAttributes attributes = linear_attributes(node);
    std::int64_t output_type = 0;
    if (node.opset() >= 23) {
        output_type = node.attributes.integer("output_dtype", 0);
    }
    const ValueId quantized = node.input(0);
    const DataType type = node.element(0);
    if (!quantized_format(type) && type != DataType::int32) {
        node.fail(Code::unsupported_data_type,
                  fmt::format("dequantization from {}", to_string(type)),
                  "dequantize from an integer type of at most 16 bits, or int32");
    }
    if (node.has_input(2) && node.element(2) != type) {
        node.fail(Code::unsupported_data_type,
                  fmt::format("the zero point has type {}, the input has {}",
                              to_string(node.element(2)), to_string(type)),
                  "give the zero point the input's type");
    }
    DataType element = node.element(1);
    if (output_type != 0) {
        const auto wanted = data_type_from_onnx(output_type);
        if (!wanted || is_integer(*wanted)) {
            node.fail(Code::unsupported_data_type,
                      fmt::format("dequantization to {}", onnx_data_type_name(output_type)),
                      "dequantize to float32, float16 or bfloat16");
        }
        element = *wanted;
    }
    const LinearParameters parameters =
        linear_parameters(node, attributes.axis, any_parameter(node, 1, "the scale"));
    const Dequantized* from = node.builder().find_dequantized(quantized);
    if (from != nullptr && *from->scale == *parameters.scale &&
        *from->zero_point == *parameters.zero_point) {
        node.set_output(0, node.cast(from->value, element));
        return;
    }
    ValueId value = node.cast(quantized, element);
    if (!is_zero(parameters.zero_point)) {
        value = node.emit(ops::Sub{}, {value, node.add_constant(parameters.zero_point, element)});
    }
    node.set_output(0,
                    node.emit(ops::Mul{}, {value, node.add_constant(parameters.scale, element)}));
}

} // namespace millrace::frontend::ops_import
