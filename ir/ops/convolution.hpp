// SPDX-License-Identifier: Apache-2.0
//
// Convolution over exact reals.
#pragma once

#include "ir/ops/window.hpp"
#include "ir/type.hpp"

namespace millrace::ops {

/// x [N, C, spatial...] with weights [M, C / group, kernel...]: output channel m of group
/// m / (M / group) is the exact sum over its C / group input channels and all window elements of
/// x * w; positions outside the input count as 0 (ONNX Conv-22). ONNX's bias is imported as Add,
/// auto_pad as pads. ConvTranspose is imported as this op on a finer grid of output channels (one
/// set per output phase), interleaved by Reshape and Transpose.
struct Conv {
    Window window;
    std::int64_t group = 1;
    static constexpr std::string_view name = "conv";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        Window::fields(self.window, visit);
        visit("group", self.group);
    }
    friend bool operator==(const Conv&, const Conv&) = default;
};

std::vector<ValueType> infer(const Conv& op, const TypeList& inputs);
std::vector<Tensor> evaluate(const Conv& op, const TensorList& inputs);

} // namespace millrace::ops
