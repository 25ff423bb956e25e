// SPDX-License-Identifier: Apache-2.0
//
// ConvTranspose as a convolution.
//
// Along one axis, with stride s and dilation d, input element i and weight k add to element
// f = i * s + k * d of the full result. Elements of the same phase f mod s meet the same weights:
// f = q * s + r takes the weights k with k * d = r + j * s for some j, and of the input the
// elements i = q - j. So each phase is a convolution with stride 1 over q, whose window has the
// weights in the order of falling j, and zeros where no k fits. The phases are computed as output
// channels of one Conv, interleaved by Reshape, Transpose and Reshape, and what the pads cut away
// is cut by Slice. With stride 1 there is one phase, and the dilation stays a dilation.
#include "frontend/context.hpp"
#include "frontend/ops/convolution.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::frontend::ops_import {

namespace {

/// One spatial axis of the operator.
struct Axis {
    std::int64_t input = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t output = 1;
    std::int64_t begin = 0; ///< elements cut from the beginning of the full result

    /// Largest j.
    [[nodiscard]] std::int64_t reach() const {
        return stride == 1 ? kernel - 1 : (kernel - 1) * dilation / stride;
    }
    [[nodiscard]] std::int64_t window_dilation() const { return stride == 1 ? dilation : 1; }
    /// The weight of a phase under the window's element `tap`; `kernel` where there is none.
    [[nodiscard]] std::int64_t weight(std::int64_t phase, std::int64_t tap) const {
        const std::int64_t j = reach() - tap;
        if (stride == 1) {
            return j;
        }
        const std::int64_t distance = phase + j * stride;
        return distance % dilation == 0 ? std::min(distance / dilation, kernel) : kernel;
    }
};

struct TransposeAttributes {
    WindowAttributes window;
    std::int64_t group = 1;
    std::optional<std::vector<std::int64_t>> output_padding;
    std::optional<std::vector<std::int64_t>> output_shape;
};

std::vector<Axis> axes_of(NodeContext& node, const TransposeAttributes& attributes,
                          const Shape& sizes, const Shape& kernel) {
    const std::size_t count = sizes.size();
    const auto strides = per_axis(node, attributes.window.strides, "strides", count, 1, 1);
    const auto dilations = per_axis(node, attributes.window.dilations, "dilations", count, 1, 1);
    const auto pads = per_axis(node, attributes.window.pads, "pads", 2 * count, 0, 0);
    const auto added = per_axis(node, attributes.output_padding, "output_padding", count, 0, 0);
    std::optional<std::vector<std::int64_t>> wanted = attributes.output_shape;
    if (wanted && wanted->size() == count + 2) {
        wanted->erase(wanted->begin(), wanted->begin() + 2); // some exporters list all dimensions
    }
    if (wanted) {
        wanted = per_axis(node, wanted, "output_shape", count, 1, 1);
    }
    std::vector<Axis> result;
    for (std::size_t i = 0; i < count; ++i) {
        Axis axis{sizes[i], kernel[i], strides[i], dilations[i], 0, pads[i]};
        const std::int64_t full =
            axis.stride * (axis.input - 1) + added[i] + (axis.kernel - 1) * axis.dilation + 1;
        const AutoPad mode = attributes.window.auto_pad;
        const bool same = mode == AutoPad::same_upper || mode == AutoPad::same_lower;
        if (wanted || same) {
            axis.output = wanted ? (*wanted)[i] : axis.input * axis.stride;
            const std::int64_t total = std::max<std::int64_t>(full - axis.output, 0);
            axis.begin = mode == AutoPad::same_upper ? total / 2 : total - total / 2;
        } else if (mode == AutoPad::valid) {
            axis.begin = 0;
            axis.output = full;
        } else {
            axis.output = full - pads[i] - pads[count + i];
        }
        if (axis.output < 1) {
            node.fail(Code::shape_mismatch,
                      fmt::format("the result would have {} elements along spatial axis {}",
                                  axis.output, i),
                      "correct the pads where the model is made");
        }
        result.push_back(axis);
    }
    return result;
}

/// Weights [C, M / group, kernel...] as those of the convolution: [M * phases, C / group, taps...],
/// the phases of all axes as the fastest digits of the first dimension.
ValueId phase_weights(NodeContext& node, ValueId weights, std::int64_t group,
                      const std::vector<Axis>& axes) {
    const Shape given = node.type(weights).shape;
    const std::int64_t group_inputs = given[0] / group;
    const std::int64_t group_outputs = given[1];
    const auto count = static_cast<std::int64_t>(axes.size());
    Shape shape = given;
    shape.insert(shape.begin(), group);
    shape[1] = group_inputs;
    std::vector<std::int64_t> swap{0, 2, 1};
    for (std::int64_t i = 0; i < count; ++i) {
        swap.push_back(i + 3);
    }
    ValueId value = node.emit(ops::Transpose{swap}, {node.reshape(weights, shape)});
    shape = given;
    shape[0] = group * group_outputs;
    shape[1] = group_inputs;
    value = node.reshape(value, shape);
    // The zero that stands for "no weight" is one more element of each axis.
    ops::Pad zero{Shape(shape.size(), 0), Shape(shape.size(), 1), Real(0)};
    zero.end[0] = zero.end[1] = 0;
    value = node.emit(zero, {value});
    // From the last axis on, so that the axes before it keep their places: [phases, taps] each.
    for (std::size_t i = axes.size(); i-- > 0;) {
        const Axis& axis = axes[i];
        const std::int64_t taps = axis.reach() + 1;
        node.builder().reserve_folded({axis.stride, taps}, node.report());
        std::vector<std::int64_t> indices;
        for (std::int64_t phase = 0; phase < axis.stride; ++phase) {
            for (std::int64_t tap = 0; tap < taps; ++tap) {
                indices.push_back(axis.weight(phase, tap));
            }
        }
        const ValueId table = node.add_constant(
            Tensor::integers(indices).reshaped({axis.stride, taps}), DataType::int64);
        value = node.emit(ops::Gather{static_cast<std::int64_t>(i) + 2}, {value, table});
    }
    std::vector<std::int64_t> perm{0};
    Shape result{shape[0], shape[1]};
    for (std::int64_t i = 0; i < count; ++i) {
        perm.push_back(2 * i + 2);
        result[0] *= axes[static_cast<std::size_t>(i)].stride;
    }
    perm.push_back(1);
    for (std::int64_t i = 0; i < count; ++i) {
        perm.push_back(2 * i + 3);
        result.push_back(axes[static_cast<std::size_t>(i)].reach() + 1);
    }
    return node.reshape(node.emit(ops::Transpose{perm}, {value}), result);
}

/// [N, M * phases, q...] to [N, M, q * stride...].
ValueId interleaved(NodeContext& node, ValueId value, const std::vector<Axis>& axes) {
    Shape shape = node.type(value).shape;
    const auto count = static_cast<std::int64_t>(axes.size());
    Shape split{shape[0], shape[1]};
    Shape result = shape;
    std::vector<std::int64_t> perm{0, 1};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        split[1] /= axes[i].stride;
        split.push_back(axes[i].stride);
        result[i + 2] *= axes[i].stride;
    }
    result[1] = split[1];
    split.insert(split.end(), shape.begin() + 2, shape.end());
    for (std::int64_t i = 0; i < count; ++i) {
        perm.push_back(2 + count + i);
        perm.push_back(2 + i);
    }
    if (split[1] == shape[1]) {
        return value; // stride 1 along all axes
    }
    value = node.emit(ops::Transpose{perm}, {node.reshape(value, split)});
    return node.reshape(value, result);
}

} // namespace

/// ONNX ConvTranspose-22. The weights are constants.
void conv_transpose(NodeContext& node) {
    TransposeAttributes attributes;
    attributes.window = window_attributes(node, {.dilations = true, .ceil_mode = false});
    attributes.group = node.attributes.integer("group", 1);
    attributes.output_padding = node.attributes.integers("output_padding");
    attributes.output_shape = node.attributes.integers("output_shape");
    const Shape shape = node.shape(0);
    const Shape weights = node.shape(1);
    const Shape sizes = spatial_sizes(node, shape);
    if (attributes.group < 1 || weights.size() != shape.size() || weights[0] != shape[1] ||
        shape[1] % std::max<std::int64_t>(attributes.group, 1) != 0) {
        node.fail(Code::shape_mismatch,
                  fmt::format("weights of shape {} in {} groups do not fit an input of shape {}",
                              to_string(weights), attributes.group, to_string(shape)),
                  "give the weights the shape [input channels, output channels / group, kernel]");
    }
    const Shape kernel(weights.begin() + 2, weights.end());
    if (attributes.window.kernel && *attributes.window.kernel != kernel) {
        node.attributes.reject("kernel_shape", fmt::format("is {}, the weights have shape {}",
                                                           to_string(*attributes.window.kernel),
                                                           to_string(weights)));
    }
    static_cast<void>(per_axis(node, kernel, "kernel_shape", sizes.size(), 1, 1));
    static_cast<void>(node.parameter(1, "the kernel"));
    const std::vector<Axis> axes = axes_of(node, attributes, sizes, kernel);

    ops::Conv op;
    op.group = attributes.group;
    ops::Slice cut{
        Shape(shape.size(), 0), {shape[0], weights[1] * attributes.group}, Shape(shape.size(), 1)};
    for (const Axis& axis : axes) {
        // The positions from q_begin on, at most `reach` of which lie before the input.
        const std::int64_t reach = axis.reach() * axis.window_dilation();
        const std::int64_t q_begin = std::min(axis.begin / axis.stride, reach);
        const std::int64_t q_end = (axis.begin + axis.output - 1) / axis.stride + 1;
        const std::int64_t pad_begin = reach - q_begin;
        op.window.kernel.push_back(axis.reach() + 1);
        op.window.strides.push_back(1);
        op.window.dilations.push_back(axis.window_dilation());
        op.window.pads_begin.push_back(pad_begin);
        op.window.pads_end.push_back(
            std::max<std::int64_t>(q_end - q_begin + reach - axis.input - pad_begin, 0));
        cut.starts[op.window.kernel.size() + 1] = axis.begin - q_begin * axis.stride;
        cut.ends.push_back(axis.begin - q_begin * axis.stride + axis.output);
    }
    node.builder().transposed[node.name()] = {
        element_count(shape) * (element_count(weights) / weights[0]), element_count(weights)};
    const ValueId x = node.input(0);
    const ValueId w = phase_weights(node, node.input(1), attributes.group, axes);
    ValueId result = interleaved(node, node.emit(std::move(op), {x, w}), axes);
    if (cut.starts != Shape(shape.size(), 0) || cut.ends != node.type(result).shape) {
        result = node.emit(std::move(cut), {result});
    }
    if (node.has_input(2)) {
        result = with_bias(node, result, node.input(2));
    }
    node.set_output(0, result);
}

} // namespace millrace::frontend::ops_import
