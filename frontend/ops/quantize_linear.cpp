// SPDX-License-Identifier: Apache-2.0
//
// QuantizeLinear and DequantizeLinear of the standard and of com.microsoft.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/linear_quantization.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

/// The standard has the axis since operator set 13, com.microsoft since its version 1.
std::int64_t linear_axis(NodeContext& node, bool standard) {
    std::int64_t axis = 1;
    if (!standard || node.opset() >= 13) {
        axis = node.attributes.integer("axis", 1);
    }
    if (standard && node.opset() >= 21 && node.attributes.integer("block_size", 0) != 0) {
        node.attributes.reject("block_size", "asks for blocked quantization, which is not "
                                             "supported: use one scale, or one per channel");
    }
    node.attributes.ignore({"saturate", "precision"}); // 8-bit floats; rounding in the middle
    return axis;
}

void quantize(NodeContext& node, bool standard) {
    const std::int64_t axis = linear_axis(node, standard);
    std::int64_t output_type = 0;
    if (standard && node.opset() >= 21) {
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
    require_quantized_type(node, type, false, "quantization to");
    const LinearParameters parameters = linear_parameters(node, {1, 2}, node.shape(0), axis, true);
    node.set_output(0, quantized(node, node.input(0), parameters, type, node.element(1)));
}

void dequantize(NodeContext& node, bool standard) {
    const std::int64_t axis = linear_axis(node, standard);
    std::int64_t output_type = 0;
    if (standard && node.opset() >= 23) {
        output_type = node.attributes.integer("output_dtype", 0);
    }
    const ValueId q = node.input(0);
    const DataType type = node.element(0);
    require_quantized_type(node, type, true, "dequantization from");
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
    const LinearParameters parameters = linear_parameters(node, {1, 2}, node.shape(0), axis, false);
    node.set_output(0, dequantized(node, q, parameters, element));
}

} // namespace

void quantize_linear(NodeContext& node) { quantize(node, true); }

void dequantize_linear(NodeContext& node) { dequantize(node, true); }

void microsoft_quantize_linear(NodeContext& node) { quantize(node, false); }

void microsoft_dequantize_linear(NodeContext& node) { dequantize(node, false); }

} // namespace millrace::frontend::ops_import
