// SPDX-License-Identifier: Apache-2.0
//
// Windows that slide over the spatial axes of a tensor [N, C, spatial...]. Window element k of
// output position o stands at input position o * stride + k * dilation - pad_begin; output
// positions are those whose window ends within input size + pads.
#pragma once

#include "runtime/host/tensor.hpp"
#include "runtime/json_field.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::runtime::host {

/// An input element under a window: flat indices in the input's plane and in the window.
struct Tap {
    std::size_t input;
    std::size_t element;
};

struct Window {
    std::vector<std::int64_t> kernel;
    std::vector<std::int64_t> strides;
    std::vector<std::int64_t> dilations;
    std::vector<std::int64_t> pads_begin;
    std::vector<std::int64_t> pads_end;

    /// Reads the fields of a step. Throws Error(ErrorKind::manifest).
    explicit Window(const JsonField& fields);

    [[nodiscard]] std::size_t axes() const { return kernel.size(); }
    /// The spatial axes of a tensor of shape [N, C, spatial...]; throws where they do not fit.
    [[nodiscard]] Shape spatial(const Shape& x) const;
    /// Sizes of the output for those of the input.
    [[nodiscard]] Shape output(const Shape& input) const;
    /// For every output position in row-major order, its window's elements within the input.
    [[nodiscard]] std::vector<std::vector<Tap>> taps(const Shape& input) const;
    /// How many window elements of an axis lie within [low, high) of the input, by output position.
    [[nodiscard]] std::vector<std::int64_t> counts(std::size_t axis, std::int64_t input,
                                                   std::int64_t low, std::int64_t high) const;
};

} // namespace millrace::runtime::host
