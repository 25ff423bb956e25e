// SPDX-License-Identifier: Apache-2.0
#include "tests/support/small_body.hpp"

namespace millrace::tests {

namespace {

TensorPtr weights(std::int64_t rows, std::int64_t columns) {
    std::vector<std::int32_t> values;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        values.push_back(static_cast<std::int32_t>(i * 5 % 7 - 3));
    }
    return std::make_shared<const Tensor>(Shape{rows, columns},
                                          ScaledIntegers{std::move(values), {Real(1)}, 0});
}

} // namespace

Graph small_body() {
    Graph body;
    body.level = Level::integer;
    body.name = "small";
    IntegerType input;
    input.shape = {1, 12};
    input.lo = {0};
    input.hi = {255};
    ValueId value = body.add_value("x", input);
    body.inputs.push_back(value);
    const auto add = [&](Op op, const std::string& name, const std::string& onnx_op) {
        value = body.add_node(std::move(op), {value}, name, onnx_op, {name}).front();
    };
    add(ops::IntegerMatMul{weights(12, 8), {Real(1)}}, "fc1", "MatMul");
    ExactFunction function;
    function.steps.emplace_back(step::Affine{{Real::ratio(1, 512)}, {Real(0)}});
    function.steps.emplace_back(step::Quantize{
        {Real(1)}, {Real(0)}, {Real(0)}, {Real(3)}, Rounding::half_even, false, false});
    add(ops::IntegerFunction{std::make_shared<const ExactFunction>(function), Grid{}}, "act1",
        "Quant");
    add(ops::IntegerMatMul{weights(8, 6), {Real(1)}}, "fc2", "MatMul");
    add(ops::IntegerTopK{1, true, false, false}, "best", "TopK");
    body.outputs.push_back(value);
    return body;
}

} // namespace millrace::tests
