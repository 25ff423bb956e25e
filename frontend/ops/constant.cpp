// SPDX-License-Identifier: Apache-2.0
//
// Constant and ConstantOfShape.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <onnx/onnx_pb.h>

namespace millrace::frontend::ops_import {

namespace {

onnx::TensorProto tensor_of(const std::vector<float>& values, bool scalar) {
    onnx::TensorProto tensor;
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.mutable_float_data()->Add(values.begin(), values.end());
    if (!scalar) {
        tensor.add_dims(static_cast<std::int64_t>(values.size()));
    }
    return tensor;
}

onnx::TensorProto tensor_of(const std::vector<std::int64_t>& values, bool scalar) {
    onnx::TensorProto tensor;
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
    if (!scalar) {
        tensor.add_dims(static_cast<std::int64_t>(values.size()));
    }
    return tensor;
}

/// The value in whichever attribute holds it; nothing after a report.
std::optional<onnx::TensorProto> constant_value(NodeContext& node) {
    Attributes& attributes = node.attributes;
    if (auto* tensor = attributes.tensor("value")) {
        return std::move(*tensor);
    }
    if (const auto value = attributes.single("value_float")) {
        return tensor_of(std::vector<float>{*value}, true);
    }
    if (const auto values = attributes.singles("value_floats")) {
        return tensor_of(*values, false);
    }
    if (const auto value = attributes.integer("value_int")) {
        return tensor_of(std::vector<std::int64_t>{*value}, true);
    }
    if (const auto values = attributes.integers("value_ints")) {
        return tensor_of(*values, false);
    }
    node.stop_on_errors();
    if (attributes.has("sparse_value")) {
        node.fail(Code::unsupported_data_type, "the constant is a sparse tensor",
                  "store the constant as a dense tensor");
    }
    if (attributes.has("value_string") || attributes.has("value_strings")) {
        node.fail(Code::unsupported_data_type, "the constant has elements of type string",
                  "use a float, integer or boolean type");
    }
    attributes.reject("value", "is missing");
    return std::nullopt;
}

/// A tensor of equal elements, as one scale times ones.
Tensor filled(const Shape& shape, const Real& element) {
    const bool zero = element.sign() == 0;
    const auto count = static_cast<std::size_t>(element_count(shape));
    return {shape, ScaledIntegers{std::vector<std::int32_t>(count, zero ? 0 : 1),
                                  {zero ? Real(1) : element},
                                  0}};
}

} // namespace

void constant(NodeContext& node) {
    auto value = constant_value(node);
    node.stop_on_errors();
    auto contents = read_tensor(*value, node.source(), node.report());
    node.stop_on_errors();
    node.set_output_contents(0, std::move(*contents));
}

/// A tensor of one repeated value, by default the float 0.
void constant_of_shape(NodeContext& node) {
    std::optional<TensorContents> value;
    if (auto* tensor = node.attributes.tensor("value")) {
        value = read_tensor(*tensor, node.source(), node.report());
    }
    node.stop_on_errors();
    if (value && !value->tensor) {
        node.fail(Code::non_finite_constant, "the value is infinite or not a number",
                  "use a finite number");
    }
    if (value && value->tensor->size() != 1) {
        node.attributes.reject("value", "must have one element");
    }
    const Shape shape = node.integers(0, "the shape");
    node.builder().reserve_folded(shape, node.report());
    const Real element = value ? value->tensor->at(0) : Real(0);
    node.set_output(
        0, node.add_constant(filled(shape, element), value ? value->element : DataType::float32));
}

} // namespace millrace::frontend::ops_import
