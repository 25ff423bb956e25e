// SPDX-License-Identifier: Apache-2.0
//
// See linear_quantization.hpp.
//
// QuantizeLinear is Quantize (which goes there and back) followed by y / scale + zero_point, which
// is the integer exactly. DequantizeLinear is (q - zero_point) * scale. A DequantizeLinear that
// takes a QuantizeLinear's result with the same parameters gives what Quantize gave; the way
// through the integers is left out then.
#include "frontend/ops/linear_quantization.hpp"

#include "frontend/ops/quantizer_parameters.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

namespace {

/// The axis that one scale per index runs along, [C, 1, ..., 1] from there on.
Shape parameter_shape(NodeContext& node, const Shape& shape, std::int64_t wanted,
                      std::int64_t count) {
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

bool is_zero(const TensorPtr& tensor) { return tensor->uniform_value() == Real(0); }

} // namespace

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

LinearParameters linear_parameters(NodeContext& node, const LinearInputs& inputs,
                                   const Shape& shape, std::int64_t axis, bool positive) {
    const std::string of = inputs.what.empty() ? "" : fmt::format(" of {}", inputs.what);
    const std::string scale_name = "the scale" + of;
    LinearParameters result{positive ? positive_parameter(node, inputs.scale, scale_name)
                                     : any_parameter(node, inputs.scale, scale_name),
                            scalar_parameter(Real(0))};
    const bool has_zero_point = node.has_input(inputs.zero_point);
    if (has_zero_point) {
        const std::string zero_name = "the zero point" + of;
        const TensorPtr given = node.parameter(inputs.zero_point, zero_name);
        result.zero_point = any_parameter(node, inputs.zero_point, zero_name);
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
        const Shape along = parameter_shape(node, shape, axis, result.scale->size());
        result.scale = std::make_shared<Tensor>(result.scale->reshaped(along));
        if (has_zero_point) {
            result.zero_point = std::make_shared<Tensor>(result.zero_point->reshaped(along));
        }
    }
    return result;
}

ValueId dequantized(NodeContext& node, ValueId q, const LinearParameters& parameters,
                    DataType element) {
    const Dequantized* from = node.builder().find_dequantized(q);
    if (from != nullptr && *from->scale == *parameters.scale &&
        *from->zero_point == *parameters.zero_point) {
        return node.cast(from->value, element);
    }
    ValueId value = node.cast(q, element);
    if (!is_zero(parameters.zero_point)) {
        value = node.emit(ops::Sub{}, {value, node.add_constant(parameters.zero_point, element)});
    }
    return node.emit(ops::Mul{}, {value, node.add_constant(parameters.scale, element)});
}

ValueId quantized(NodeContext& node, ValueId x, const LinearParameters& parameters, DataType type,
                  DataType element) {
    const auto format = quantized_format(type);
    if (!format) {
        throw Defect("quantization to a type that was not checked");
    }
    ops::Quantize op;
    op.scale = parameters.scale;
    op.zero_point = parameters.zero_point;
    op.bits = scalar_parameter(Real(format->bits));
    op.is_signed = format->is_signed;
    op.rounding = Rounding::half_even;
    op.zero_point_last = true;
    const ValueId there_and_back = node.emit(std::move(op), {node.cast(x, element)});
    ValueId value =
        node.emit(ops::Div{}, {there_and_back, node.add_constant(parameters.scale, element)});
    if (!is_zero(parameters.zero_point)) {
        value = node.emit(ops::Add{}, {value, node.add_constant(parameters.zero_point, element)});
    }
    value = node.cast(value, type);
    node.builder().remember_dequantized(value,
                                        {there_and_back, parameters.scale, parameters.zero_point});
    return value;
}

void require_quantized_type(NodeContext& node, DataType type, bool wide, std::string_view what) {
    if (!quantized_format(type) && !(wide && type == DataType::int32)) {
        node.fail(Code::unsupported_data_type, fmt::format("{} {}", what, to_string(type)),
                  wide ? "use an integer type of at most 16 bits, or int32"
                       : "use an integer type of at most 16 bits");
    }
}

} // namespace millrace::frontend
