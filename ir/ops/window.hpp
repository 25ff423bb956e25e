// SPDX-License-Identifier: Apache-2.0
//
// Windows that slide over the spatial axes of a tensor, for convolutions and pools.
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::ops {

/// One entry per spatial axis. Window element k of output position o stands at input position
/// o * stride + k * dilation - pad_begin; output positions are those whose window ends within
/// input size + pad_begin + pad_end. Pads are never negative, the others at least 1.
struct Window {
    std::vector<std::int64_t> kernel;
    std::vector<std::int64_t> strides;
    std::vector<std::int64_t> dilations;
    std::vector<std::int64_t> pads_begin;
    std::vector<std::int64_t> pads_end;
    friend bool operator==(const Window&, const Window&) = default;

    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("kernel", self.kernel);
        visit("strides", self.strides);
        visit("dilations", self.dilations);
        visit("pads_begin", self.pads_begin);
        visit("pads_end", self.pads_end);
    }

    [[nodiscard]] std::size_t axes() const { return kernel.size(); }
    /// Elements of one window.
    [[nodiscard]] std::int64_t taps() const;
    /// Sizes of the output for the sizes of the input's spatial axes. Throws TypeError, naming
    /// `op`, when the lists do not fit them or no position fits.
    [[nodiscard]] Shape output_sizes(const Shape& input_sizes, std::string_view op) const;
};

} // namespace millrace::ops
