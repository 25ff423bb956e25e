// SPDX-License-Identifier: Apache-2.0
//
// The attributes of operators with a sliding window (kernel_shape, strides, dilations, pads,
// auto_pad, ceil_mode) and the ops::Window that they mean for an input.
#pragma once

#include "frontend/context.hpp"
#include "ir/ops/window.hpp"

#include <optional>
#include <vector>

namespace millrace::frontend {

enum class AutoPad : std::uint8_t { none, same_upper, same_lower, valid };

struct WindowAttributes {
    std::optional<std::vector<std::int64_t>> kernel;
    std::optional<std::vector<std::int64_t>> strides;
    std::optional<std::vector<std::int64_t>> dilations;
    std::optional<std::vector<std::int64_t>> pads; ///< all begins, then all ends
    AutoPad auto_pad = AutoPad::none;
    bool ceil_mode = false;
};

/// Which of them the operator's version has.
struct WindowAttributeNames {
    bool dilations = true;
    bool ceil_mode = false;
};

/// Reads the attributes; reports unknown modes.
WindowAttributes window_attributes(NodeContext& node, WindowAttributeNames names);

/// A list with one entry per axis; `fallback` for all when it is not there. Reports a wrong length
/// and values outside [low, 2^30], and leaves the node.
std::vector<std::int64_t> per_axis(NodeContext& node,
                                   const std::optional<std::vector<std::int64_t>>& list,
                                   std::string_view name, std::size_t axes, std::int64_t fallback,
                                   std::int64_t low);

struct ResolvedWindow {
    ops::Window window;
    /// Positions at the end of each axis that ceil_mode added; pads_end includes them.
    std::vector<std::int64_t> added_end;
};

/// The window for an input with these spatial sizes. auto_pad SAME gives ceil(size / stride)
/// positions, the odd pad at the end (SAME_UPPER) or the beginning; ceil_mode rounds the number of
/// positions up, but no window begins behind the input and its begin pad.
ResolvedWindow resolved_window(NodeContext& node, const WindowAttributes& attributes,
                               const Shape& input_sizes, const Shape& kernel);

/// The spatial sizes of an input of [batch, channels, spatial...]; reports another shape.
Shape spatial_sizes(NodeContext& node, const Shape& shape);

} // namespace millrace::frontend
