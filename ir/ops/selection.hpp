// SPDX-License-Identifier: Apache-2.0
//
// Operators over a whole axis: Softmax, ArgMax, TopK.
#pragma once

#include "ir/type.hpp"

namespace millrace::ops {

/// e^(x - max) / sum of e^(x - max) along axis (0 <= axis < rank; ONNX Softmax-13). Softmax before
/// opset 13 flattens to two dimensions: imported as Reshape, Softmax, Reshape.
struct Softmax {
    std::int64_t axis = 0;
    static constexpr std::string_view name = "softmax";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("axis", self.axis);
    }
    friend bool operator==(const Softmax&, const Softmax&) = default;
};
/// Index of the largest (or smallest) element along axis, ties to the first index or with
/// `last_index` to the last (ONNX ArgMax-13, ArgMin-13). Result type int64.
struct ArgMax {
    std::int64_t axis = 0;
    bool keep_dims = true;
    bool last_index = false;
    bool largest = true; ///< false: ArgMin
    static constexpr std::string_view name = "argmax";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("axis", self.axis);
        visit("keep_dims", self.keep_dims);
        visit("last_index", self.last_index);
        visit("largest", self.largest);
    }
    friend bool operator==(const ArgMax&, const ArgMax&) = default;
};
/// The k largest (or smallest) elements along axis and their int64 indices, best first, ties to
/// the lower index (ONNX TopK-11). ONNX leaves the order open when sorted = 0; it is the same here.
struct TopK {
    std::int64_t k = 1;
    std::int64_t axis = 0;
    bool largest = true;
    static constexpr std::string_view name = "topk";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("k", self.k);
        visit("axis", self.axis);
        visit("largest", self.largest);
    }
    friend bool operator==(const TopK&, const TopK&) = default;
};

std::vector<ValueType> infer(const Softmax& op, const TypeList& inputs);
std::vector<ValueType> infer(const ArgMax& op, const TypeList& inputs);
std::vector<ValueType> infer(const TopK& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Softmax& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const ArgMax& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const TopK& op, const TensorList& inputs);

} // namespace millrace::ops
