// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions of one tensor, over exact reals.
#pragma once

#include "ir/type.hpp"

namespace millrace::ops {

/// max(x, 0) (ONNX Relu-14).
struct Relu {
    static constexpr std::string_view name = "relu";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Relu&, const Relu&) = default;
};
/// x where x >= 0, alpha * x elsewhere (ONNX LeakyRelu-16).
struct LeakyRelu {
    Real alpha;
    static constexpr std::string_view name = "leaky_relu";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("alpha", self.alpha);
    }
    friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;
};
/// x where x >= 0, slope * x elsewhere; inputs x and slope, slope broadcast to x (ONNX PRelu-16).
struct PRelu {
    static constexpr std::string_view name = "prelu";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const PRelu&, const PRelu&) = default;
};
/// min(max(x, low), high), a missing bound does not act; low > high gives high (ONNX Clip-13).
struct Clip {
    std::optional<Real> low;
    std::optional<Real> high;
    static constexpr std::string_view name = "clip";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("low", self.low);
        visit("high", self.high);
    }
    friend bool operator==(const Clip&, const Clip&) = default;
};
/// 1 / (1 + e^-x) (ONNX Sigmoid-13).
struct Sigmoid {
    static constexpr std::string_view name = "sigmoid";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Sigmoid&, const Sigmoid&) = default;
};
/// (e^x - e^-x) / (e^x + e^-x) (ONNX Tanh-13).
struct Tanh {
    static constexpr std::string_view name = "tanh";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Tanh&, const Tanh&) = default;
};
/// max(0, min(1, alpha * x + beta)) (ONNX HardSigmoid-6).
struct HardSigmoid {
    Real alpha;
    Real beta;
    static constexpr std::string_view name = "hard_sigmoid";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("alpha", self.alpha);
        visit("beta", self.beta);
    }
    friend bool operator==(const HardSigmoid&, const HardSigmoid&) = default;
};
/// -1, 0 or 1 (ONNX Sign-13).
struct Sign {
    static constexpr std::string_view name = "sign";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Sign&, const Sign&) = default;
};
/// -x (ONNX Neg-13).
struct Neg {
    static constexpr std::string_view name = "neg";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
    friend bool operator==(const Neg&, const Neg&) = default;
};
/// Conversion of the element type (ONNX Cast). Between float types nothing changes: reals are not
/// rounded to a float format. To an integer type: truncation toward zero; a value outside the
/// type's range raises std::domain_error. To boolean: 0 stays 0, the rest is 1.
struct Cast {
    DataType to = DataType::float32;
    static constexpr std::string_view name = "cast";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("to", self.to);
    }
    friend bool operator==(const Cast&, const Cast&) = default;
};

std::vector<ValueType> infer(const Relu& op, const TypeList& inputs);
std::vector<ValueType> infer(const LeakyRelu& op, const TypeList& inputs);
std::vector<ValueType> infer(const PRelu& op, const TypeList& inputs);
std::vector<ValueType> infer(const Clip& op, const TypeList& inputs);
std::vector<ValueType> infer(const Sigmoid& op, const TypeList& inputs);
std::vector<ValueType> infer(const Tanh& op, const TypeList& inputs);
std::vector<ValueType> infer(const HardSigmoid& op, const TypeList& inputs);
std::vector<ValueType> infer(const Sign& op, const TypeList& inputs);
std::vector<ValueType> infer(const Neg& op, const TypeList& inputs);
std::vector<ValueType> infer(const Cast& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Relu& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const LeakyRelu& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const PRelu& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Clip& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Sigmoid& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Tanh& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const HardSigmoid& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Sign& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Neg& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Cast& op, const TensorList& inputs);

} // namespace millrace::ops
