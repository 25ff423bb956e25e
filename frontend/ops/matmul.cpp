// SPDX-License-Identifier: Apache-2.0
//
// MatMul and Gemm.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

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
    const auto matrix = [&](std::size_t index, bool transposed) {
        const ValueId value = node.input(index);
        if (node.shape(index).size() != 2) {
            node.fail(Code::shape_mismatch,
                      fmt::format("input {} has shape {}, the operator takes matrices", index,
                                  to_string(node.shape(index))),
                      "use MatMul for tensors of more dimensions");
        }
        return transposed ? node.emit(ops::Transpose{{1, 0}}, {value}) : value;
    };
    const ValueId a = matrix(0, transpose_a);
    const ValueId b = matrix(1, transpose_b);
    const DataType element = node.element(0);
    ValueId result = node.emit(ops::MatMul{}, {a, b});
    if (alpha != Real(1)) {
        result = node.emit(ops::Mul{}, {result, node.add_constant(Tensor::scalar(alpha), element)});
    }
    if (node.has_input(2) && beta.sign() != 0) {
        ValueId c = node.input(2);
        if (beta != Real(1)) {
            c = node.emit(ops::Mul{}, {c, node.add_constant(Tensor::scalar(beta), element)});
        }
        const Shape shape = node.type(result).shape;
        const ValueId sum = node.emit(ops::Add{}, {result, c});
        if (node.type(sum).shape != shape) {
            node.fail(Code::shape_mismatch,
                      fmt::format("input 2 (C) of shape {} does not broadcast to {}",
                                  to_string(node.shape(2)), to_string(shape)),
                      "give C the shape of one row, or of the result");
        }
        result = sum;
    }
    node.set_output(0, result);
}

} // namespace millrace::frontend::ops_import
