// SPDX-License-Identifier: Apache-2.0
//
// Pools and spatial padding over exact reals.
#pragma once

#include "ir/ops/window.hpp"
#include "ir/type.hpp"

namespace millrace::ops {

/// x [N, C, spatial...]: the largest element of each window; positions outside the input never win
/// (ONNX MaxPool-12; ceil_mode and auto_pad are imported as pads). Every window has an element of
/// the input. GlobalMaxPool is the window of the whole input.
struct MaxPool {
    Window window;
    static constexpr std::string_view name = "max_pool";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        Window::fields(self.window, visit);
    }
    friend bool operator==(const MaxPool&, const MaxPool&) = default;
};

/// x [N, C, spatial...]: the exact mean of each window. Positions outside the input count as 0 in
/// the sum; as elements they count when count_include_pad, except in the last `uncounted_end`
/// positions of each axis, which ceil_mode added behind the pads (ONNX AveragePool-22).
struct AveragePool {
    Window window; ///< pads_end includes uncounted_end
    std::vector<std::int64_t> uncounted_end;
    bool count_include_pad = false;
    static constexpr std::string_view name = "average_pool";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        Window::fields(self.window, visit);
        visit("uncounted_end", self.uncounted_end);
        visit("count_include_pad", self.count_include_pad);
    }
    friend bool operator==(const AveragePool&, const AveragePool&) = default;

    /// Elements that count in the window at each output position: the product over the axes of
    /// counts(axis, input size)[position].
    [[nodiscard]] std::vector<std::int64_t> counts(std::size_t axis, std::int64_t input_size) const;
};

/// The exact mean along the axes (ascending, not negative), which stay with size 1 (ONNX
/// ReduceMean-18 with keepdims; GlobalAveragePool).
struct ReduceMean {
    std::vector<std::int64_t> axes;
    static constexpr std::string_view name = "reduce_mean";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("axes", self.axes);
    }
    friend bool operator==(const ReduceMean&, const ReduceMean&) = default;
};

/// `begin` and `end` elements of `value` around each axis of the input, none negative (ONNX Pad-13,
/// mode constant; the other modes and negative pads are imported as Gather and Slice).
struct Pad {
    std::vector<std::int64_t> begin;
    std::vector<std::int64_t> end;
    Real value;
    static constexpr std::string_view name = "pad";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("begin", self.begin);
        visit("end", self.end);
        visit("value", self.value);
    }
    friend bool operator==(const Pad&, const Pad&) = default;
};

std::vector<ValueType> infer(const MaxPool& op, const TypeList& inputs);
std::vector<ValueType> infer(const AveragePool& op, const TypeList& inputs);
std::vector<ValueType> infer(const ReduceMean& op, const TypeList& inputs);
std::vector<ValueType> infer(const Pad& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const MaxPool& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const AveragePool& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const ReduceMean& op, const TensorList& inputs);
std::vector<Tensor> evaluate(const Pad& op, const TensorList& inputs);

} // namespace millrace::ops
