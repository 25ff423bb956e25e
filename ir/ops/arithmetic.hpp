// SPDX-License-Identifier: Apache-2.0
//
// Elementwise arithmetic of two tensors with NumPy broadcasting, over exact reals.
#pragma once

#include "ir/type.hpp"

namespace millrace::ops {

/// a + b (ONNX Add-14).
struct Add {
    static constexpr std::string_view name = "add";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Add&, const Add&) = default;
};
/// a - b (ONNX Sub-14).
struct Sub {
    static constexpr std::string_view name = "sub";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Sub&, const Sub&) = default;
};
/// a * b (ONNX Mul-14).
struct Mul {
    static constexpr std::string_view name = "mul";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Mul&, const Mul&) = default;
};
/// a / b, exact; division by zero raises std::domain_error. ONNX Div-14 of integer tensors
/// truncates toward zero: `truncate` says so.
struct Div {
    bool truncate = false;
    static constexpr std::string_view name = "div";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("truncate", self.truncate);
    }
    friend bool operator==(const Div&, const Div&) = default;
};
/// a ^ b (ONNX Pow-15), for a > 0 or integer b.
struct Pow {
    static constexpr std::string_view name = "pow";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Pow&, const Pow&) = default;
};

std::vector<ValueType> infer(const Add& op, const TypeList& inputs);
std::vector<ValueType> infer(const Sub& op, const TypeList& inputs);
std::vector<ValueType> infer(const Mul& op, const TypeList& inputs);
std::vector<ValueType> infer(const Div& op, const TypeList& inputs);
std::vector<ValueType> infer(const Pow& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Add& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Sub& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Mul& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Div& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Pow& op, const TensorList& inputs);

} // namespace millrace::ops
