// SPDX-License-Identifier: Apache-2.0
//
// See window_attributes.hpp. All values are held below 2^30, so nothing here overflows.
#include "frontend/ops/window_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::frontend {

namespace {

constexpr std::int64_t largest_value = std::int64_t{1} << 30;

AutoPad auto_pad(NodeContext& node) {
    const auto text = node.attributes.text("auto_pad");
    if (!text || *text == "NOTSET" || text->empty()) {
        return AutoPad::none;
    }
    if (*text == "SAME_UPPER") {
        return AutoPad::same_upper;
    }
    if (*text == "SAME_LOWER") {
        return AutoPad::same_lower;
    }
    if (*text != "VALID") {
        node.attributes.reject(
            "auto_pad", fmt::format("is '{}'; known are NOTSET, SAME_UPPER, SAME_LOWER, VALID",
                                    escaped(*text)));
    }
    return AutoPad::valid;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
    return a / b + (a % b > 0 ? 1 : 0); // b > 0
}

} // namespace

WindowAttributes window_attributes(NodeContext& node, WindowAttributeNames names) {
    WindowAttributes result;
    result.kernel = node.attributes.integers("kernel_shape");
    result.strides = node.attributes.integers("strides");
    result.pads = node.attributes.integers("pads");
    result.auto_pad = auto_pad(node);
    if (names.dilations) {
        result.dilations = node.attributes.integers("dilations");
    }
    if (names.ceil_mode) {
        result.ceil_mode = node.attributes.flag("ceil_mode", false);
    }
    return result;
}

std::vector<std::int64_t> per_axis(NodeContext& node,
                                   const std::optional<std::vector<std::int64_t>>& list,
                                   std::string_view name, std::size_t axes, std::int64_t fallback,
                                   std::int64_t low) {
    if (!list || list->empty()) {
        return std::vector<std::int64_t>(axes, fallback);
    }
    if (list->size() != axes) {
        node.attributes.reject(
            name, fmt::format("has {} values where {} are expected", list->size(), axes));
    }
    for (const std::int64_t value : *list) {
        if (value < low || value > largest_value) {
            node.attributes.reject(name, fmt::format("has the value {}", value));
        }
    }
    node.stop_on_errors();
    return *list;
}

ResolvedWindow resolved_window(NodeContext& node, const WindowAttributes& attributes,
                               const Shape& input_sizes, const Shape& kernel) {
    const std::size_t axes = input_sizes.size();
    ResolvedWindow result;
    ops::Window& window = result.window;
    window.kernel = per_axis(node, kernel, "kernel_shape", axes, 1, 1);
    window.strides = per_axis(node, attributes.strides, "strides", axes, 1, 1);
    window.dilations = per_axis(node, attributes.dilations, "dilations", axes, 1, 1);
    const std::vector<std::int64_t> pads = per_axis(node, attributes.pads, "pads", 2 * axes, 0, 0);
    for (std::size_t i = 0; i < axes; ++i) {
        const std::int64_t size = input_sizes[i];
        const std::int64_t stride = window.strides[i];
        const std::int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
        std::int64_t begin = pads[i];
        std::int64_t end = pads[axes + i];
        std::int64_t added = 0;
        switch (attributes.auto_pad) {
        case AutoPad::none:
            break;
        case AutoPad::valid:
            begin = end = 0;
            break;
        case AutoPad::same_upper:
        case AutoPad::same_lower: {
            const std::int64_t total =
                std::max<std::int64_t>((ceil_div(size, stride) - 1) * stride + extent - size, 0);
            begin = attributes.auto_pad == AutoPad::same_upper ? total / 2 : total - total / 2;
            end = total - begin;
            break;
        }
        }
        if (attributes.ceil_mode && size + begin + end >= extent) {
            std::int64_t positions = ceil_div(size + begin + end - extent, stride) + 1;
            if ((positions - 1) * stride >= size + begin) {
                --positions;
            }
            const std::int64_t needed = (positions - 1) * stride + extent - size - begin;
            added = std::max<std::int64_t>(needed - end, 0);
            end = std::max<std::int64_t>(needed, 0);
        }
        window.pads_begin.push_back(begin);
        window.pads_end.push_back(end);
        result.added_end.push_back(added);
    }
    return result;
}

Shape spatial_sizes(NodeContext& node, const Shape& shape) {
    if (shape.size() < 3) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the input has shape {}, the operator takes a batch of channels with "
                              "at least one more dimension",
                              to_string(shape)),
                  "give the input the shape [batch, channels, height, width]");
    }
    return {shape.begin() + 2, shape.end()};
}

} // namespace millrace::frontend
