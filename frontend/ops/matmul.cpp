// SPDX-License-Identifier: Apache-2.0
//
// MatMul and Gemm.
#include "frontend/ops/matmul.hpp"

#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

ValueId matrix_product(NodeContext& node, ValueId a, bool transpose_a, ValueId b,
                       bool transpose_b) {
    const auto matrix = [&](ValueId value, bool transposed) {
        const Shape& shape = node.type(value).shape;
        if (shape.size() != 2) {
            node.fail(
                Code::shape_mismatch,
                fmt::format("a factor has shape {}, the operator takes matrices", to_string(shape)),
                "use MatMul for tensors of more dimensions");
        }
        return transposed ? node.emit(ops::Transpose{{1, 0}}, {value}) : value;
    };
    const ValueId left = matrix(a, transpose_a);
    return node.emit(ops::MatMul{}, {left, matrix(b, transpose_b)});
}

ValueId with_row(NodeContext& node, ValueId x, ValueId c) {
    const Shape shape = node.type(x).shape;
    const ValueId sum = node.emit(ops::Add{}, {x, c});
    if (node.type(sum).shape != shape) {
        node.fail(Code::shape_mismatch,
                  fmt::format("C of shape {} does not broadcast to {}",
                              to_string(node.type(c).shape), to_string(shape)),
                  "give C the shape of one row, or of the result");
    }
    return sum;
}

namespace ops_import {

void matmul(NodeContext& node) {
    node.set_output(0, node.emit(ops::MatMul{}, {node.input(0), node.input(1)}));
}

/// alpha * A' * B' + beta * C (ONNX Gemm-13; C became optional in version 11).
void gemm(NodeContext& node) {
    const Real alpha = node.attributes.real("alpha", 1.0F);
    const Real beta = node.attributes.real("beta", 1.0F);
    const bool transpose_a = node.attributes.flag("transA", false);
    const bool transpose_b = node.attributes.flag("transB", false);
    if (!node.has_input(2) && node.opset() < 11) {
        node.fail(Code::wrong_arity, "input 2 (C) is missing, which operator set 11 began to allow",
                  "export the model with a newer operator set");
    }
    const ValueId product =
        matrix_product(node, node.input(0), transpose_a, node.input(1), transpose_b);
    const DataType element = node.element(0);
    ValueId result = product;
    if (alpha != Real(1)) {
        result = node.emit(ops::Mul{}, {result, node.add_constant(Tensor::scalar(alpha), element)});
    }
    if (node.has_input(2) && beta.sign() != 0) {
        ValueId c = node.input(2);
        if (beta != Real(1)) {
            c = node.emit(ops::Mul{}, {c, node.add_constant(Tensor::scalar(beta), element)});
        }
        result = with_row(node, result, c);
    }
    node.set_output(0, result);
}

} // namespace ops_import

} // namespace millrace::frontend
