// SPDX-License-Identifier: Apache-2.0
//
// Conv, in the standard's layout and in that of qonnx.custom_op.channels_last.
#include "frontend/ops/convolution.hpp"

#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

namespace {

ValueId moved_channels(NodeContext& node, ValueId value, bool to_front) {
    const auto rank = static_cast<std::int64_t>(node.type(value).shape.size());
    if (rank < 3) {
        return value;
    }
    std::vector<std::int64_t> perm{0};
    if (to_front) {
        perm.push_back(rank - 1);
    }
    for (std::int64_t axis = to_front ? 1 : 2; axis < rank - (to_front ? 1 : 0); ++axis) {
        perm.push_back(axis);
    }
    if (!to_front) {
        perm.push_back(1);
    }
    return node.emit(ops::Transpose{std::move(perm)}, {value});
}

} // namespace

ConvAttributes conv_attributes(NodeContext& node) {
    ConvAttributes result;
    result.window = window_attributes(node, {.dilations = true, .ceil_mode = false});
    result.group = node.attributes.integer("group", 1);
    if (result.group < 1) {
        node.attributes.reject("group", fmt::format("is {}", result.group));
    }
    return result;
}

ValueId convolution(NodeContext& node, const ConvAttributes& attributes, ValueId x, ValueId w) {
    const Shape& input = node.type(x).shape;
    const Shape& weights = node.type(w).shape;
    const Shape sizes = spatial_sizes(node, input);
    if (weights.size() != input.size()) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the weights have shape {}, the input has {}", to_string(weights),
                              to_string(input)),
                  "give the weights the shape [output channels, input channels / group, kernel]");
    }
    const Shape kernel(weights.begin() + 2, weights.end());
    if (attributes.window.kernel && *attributes.window.kernel != kernel) {
        node.attributes.reject("kernel_shape", fmt::format("is {}, the weights have shape {}",
                                                           to_string(*attributes.window.kernel),
                                                           to_string(weights)));
    }
    ops::Conv op;
    op.group = attributes.group;
    op.window = resolved_window(node, attributes.window, sizes, kernel).window;
    return node.emit(std::move(op), {x, w});
}

ValueId with_bias(NodeContext& node, ValueId x, ValueId bias) {
    const Shape& shape = node.type(x).shape;
    const Shape& given = node.type(bias).shape;
    if (given.size() != 1 || given[0] != shape[1]) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the bias has shape {}, the result has {} channels", to_string(given),
                              shape[1]),
                  "give each output channel one bias");
    }
    Shape along_channels(shape.size() - 1, 1);
    along_channels[0] = shape[1];
    return node.emit(ops::Add{}, {x, node.reshape(bias, along_channels)});
}

ValueId channels_first(NodeContext& node, ValueId value) {
    return moved_channels(node, value, true);
}

ValueId channels_last(NodeContext& node, ValueId value) {
    return moved_channels(node, value, false);
}

namespace ops_import {

void conv(NodeContext& node) {
    const ConvAttributes attributes = conv_attributes(node);
    ValueId result = convolution(node, attributes, node.input(0), node.input(1));
    if (node.has_input(2)) {
        result = with_bias(node, result, node.input(2));
    }
    node.set_output(0, result);
}

/// Input, result and weights have their channels last ([M, kernel..., C / group]).
void channels_last_conv(NodeContext& node) {
    const ConvAttributes attributes = conv_attributes(node);
    ValueId result = convolution(node, attributes, channels_first(node, node.input(0)),
                                 channels_first(node, node.input(1)));
    if (node.has_input(2)) {
        result = with_bias(node, result, node.input(2));
    }
    node.set_output(0, channels_last(node, result));
}

} // namespace ops_import

} // namespace millrace::frontend
