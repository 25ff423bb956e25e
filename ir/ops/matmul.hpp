// SPDX-License-Identifier: Apache-2.0
//
// Matrix product over exact reals.
#pragma once

#include "ir/type.hpp"

namespace millrace::ops {

/// NumPy matmul of a [..., M, K] and b [..., K, N], leading dimensions broadcast; one-dimensional
/// operands are promoted and the added dimension removed again (ONNX MatMul-13). Exact sums.
/// ONNX Gemm is imported as Transpose, MatMul, Mul (alpha) and Add (beta * C).
struct MatMul {
    static constexpr std::string_view name = "matmul";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const MatMul&, const MatMul&) = default;
};

std::vector<ValueType> infer(const MatMul& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const MatMul& op, const TensorList& inputs);

} // namespace millrace::ops
