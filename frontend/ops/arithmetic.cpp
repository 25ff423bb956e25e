// SPDX-License-Identifier: Apache-2.0
//
// Elementwise arithmetic: Add, Sub, Mul, Div, Pow, Sqrt, Reciprocal, Neg.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

namespace millrace::frontend::ops_import {

namespace {

void binary(NodeContext& node, Op op) {
    node.set_output(0, node.emit(std::move(op), {node.input(0), node.input(1)}));
}

void power(NodeContext& node, const Real& exponent) {
    const ValueId constant = node.add_constant(Tensor::scalar(exponent), node.element(0));
    node.set_output(0, node.emit(ops::Pow{}, {node.input(0), constant}));
}

} // namespace

void add(NodeContext& node) { binary(node, ops::Add{}); }

void sub(NodeContext& node) { binary(node, ops::Sub{}); }

void mul(NodeContext& node) { binary(node, ops::Mul{}); }

void div(NodeContext& node) {
    const bool integers = is_integer(node.element(0));
    binary(node, ops::Div{integers});
}

/// The exponent may have another type than the base (ONNX Pow-12); the result has the base's. An
/// integer base with a negative exponent is refused: its result would be cut to an integer.
void pow(NodeContext& node) {
    const TensorPtr exponent = node.parameter(1, "the exponent");
    bool whole = true;
    bool negative = false;
    for (std::int64_t i = 0; i < exponent->size(); ++i) {
        const Real value = exponent->at(i);
        whole = whole && value.is_integer();
        negative = negative || value.sign() < 0;
    }
    if (is_integer(node.element(0)) && (!whole || negative)) {
        node.fail(Code::unsupported_data_type,
                  "the base is an integer tensor and the exponent is negative or not an integer",
                  "Cast the base to float first");
    }
    binary(node, ops::Pow{});
}

void sqrt(NodeContext& node) { power(node, Real::ratio(1, 2)); }

void reciprocal(NodeContext& node) { power(node, Real(-1)); }

void neg(NodeContext& node) { node.set_output(0, node.emit(ops::Neg{}, {node.input(0)})); }

} // namespace millrace::frontend::ops_import
