// SPDX-License-Identifier: Apache-2.0
//
// Operators that move elements without changing them.
#pragma once

#include "ir/type.hpp"

namespace millrace::ops {

/// The same elements in row-major order under another shape. ONNX Reshape, Flatten, Squeeze and
/// Unsqueeze are imported as this op with the target shape computed (no -1 or 0 left).
struct Reshape {
    Shape shape;
    static constexpr std::string_view name = "reshape";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
    }
    friend bool operator==(const Reshape&, const Reshape&) = default;
};
/// Result dimension i is input dimension perm[i] (ONNX Transpose-13).
struct Transpose {
    std::vector<std::int64_t> perm;
    static constexpr std::string_view name = "transpose";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("perm", self.perm);
    }
    friend bool operator==(const Transpose&, const Transpose&) = default;
};
/// Concatenation along an axis of one or more inputs (ONNX Concat-13).
struct Concat {
    std::int64_t axis = 0;
    static constexpr std::string_view name = "concat";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("axis", self.axis);
    }
    friend bool operator==(const Concat&, const Concat&) = default;
};
/// Elements of input 0 along an axis at the constant integer indices of input 1, negative ones
/// counted from the end (ONNX Gather-13).
struct Gather {
    std::int64_t axis = 0;
    static constexpr std::string_view name = "gather";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("axis", self.axis);
    }
    friend bool operator==(const Gather&, const Gather&) = default;
};
/// Along each axis the elements start, start + step, ... before end, one entry per axis of the
/// input, already clamped as ONNX Slice-13 says.
struct Slice {
    std::vector<std::int64_t> starts;
    std::vector<std::int64_t> ends;
    std::vector<std::int64_t> steps;
    static constexpr std::string_view name = "slice";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("starts", self.starts);
        visit("ends", self.ends);
        visit("steps", self.steps);
    }
    friend bool operator==(const Slice&, const Slice&) = default;
};

std::vector<ValueType> infer(const Reshape& op, const TypeList& inputs);
std::vector<ValueType> infer(const Transpose& op, const TypeList& inputs);
std::vector<ValueType> infer(const Concat& op, const TypeList& inputs);
std::vector<ValueType> infer(const Gather& op, const TypeList& inputs);
std::vector<ValueType> infer(const Slice& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Reshape& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Transpose& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Concat& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Gather& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Slice& op, const TensorList& inputs);

} // namespace millrace::ops
