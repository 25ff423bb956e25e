// SPDX-License-Identifier: Apache-2.0
//
// com.microsoft's operators on quantized tensors without weights: each is DequantizeLinear, the
// operator on reals, QuantizeLinear.
#include "frontend/ops/convolution.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/linear_quantization.hpp"
#include "frontend/ops/pooling.hpp"
#include "frontend/ops/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::frontend::ops_import {

namespace {

ValueId real_input(NodeContext& node, std::size_t index, const LinearInputs& where) {
    require_quantized_type(node, node.element(index), false, "a quantized input has type");
    const LinearParameters parameters = linear_parameters(node, where, node.shape(index), 0, false);
    return dequantized(node, node.input(index), parameters, node.element(where.scale));
}

/// Without a zero point the result has the type of input `like`.
void set_quantized(NodeContext& node, ValueId result, const LinearInputs& where, std::size_t like) {
    const DataType type =
        node.has_input(where.zero_point) ? node.element(where.zero_point) : node.element(like);
    require_quantized_type(node, type, false, "the result is quantized to");
    const LinearParameters parameters =
        linear_parameters(node, where, node.type(result).shape, 0, true);
    node.set_output(0, quantized(node, result, parameters, type, node.element(where.scale)));
}

/// Inputs X, its scale and zero point, scale and zero point of Y.
constexpr LinearInputs x_inputs{1, 2, "X"};
constexpr LinearInputs y_inputs{3, 4, "Y"};

ValueId real_x(NodeContext& node) {
    node.require_inputs({0, 1, 3});
    return real_input(node, 0, x_inputs);
}
void set_y(NodeContext& node, ValueId y) { set_quantized(node, y, y_inputs, 0); }

/// Inputs A and B, each with scale and zero point, scale and zero point of C.
void binary(NodeContext& node, Op op) {
    node.require_inputs({0, 1, 3, 4, 6});
    const ValueId a = real_input(node, 0, {1, 2, "A"});
    const ValueId b = real_input(node, 3, {4, 5, "B"});
    set_quantized(node, node.emit(std::move(op), {a, b}), {6, 7, "C"}, 0);
}

/// `pool` of X with its channels first.
template <class Pool> void pooled(NodeContext& node, bool last, Pool&& pool) {
    ValueId x = real_x(node);
    if (last) {
        x = channels_first(node, x);
    }
    ValueId y = pool(x);
    if (last) {
        y = channels_last(node, y);
    }
    set_y(node, y);
}

} // namespace

void qlinear_add(NodeContext& node) { binary(node, ops::Add{}); }

void qlinear_mul(NodeContext& node) { binary(node, ops::Mul{}); }

void qlinear_leaky_relu(NodeContext& node) {
    const Real alpha = node.attributes.real("alpha", 0.01F);
    set_y(node, node.emit(ops::LeakyRelu{alpha}, {real_x(node)}));
}

void qlinear_sigmoid(NodeContext& node) { set_y(node, node.emit(ops::Sigmoid{}, {real_x(node)})); }

/// `opset` says whether the axis is meant as before version 13 or since.
void qlinear_softmax(NodeContext& node) {
    const bool flattens = node.attributes.required_integer("opset") < 13;
    const std::int64_t axis = node.attributes.integer("axis", flattens ? 1 : -1);
    node.stop_on_errors();
    set_y(node, softmax_along(node, real_x(node), axis, flattens));
}

/// Scale and zero point of Y, then each input with its scale and zero point.
void qlinear_concat(NodeContext& node) {
    const std::int64_t wanted = node.attributes.required_integer("axis");
    node.stop_on_errors();
    if (node.input_count() % 3 != 2) {
        node.fail(Code::wrong_arity, fmt::format("{} inputs are given", node.input_count()),
                  "give scale and zero point of the result and three inputs for each part");
    }
    std::vector<ValueId> parts;
    for (std::size_t i = 2; i < node.input_count(); i += 3) {
        if (!node.has_input(i) || !node.has_input(i + 1)) {
            node.fail(Code::wrong_arity, fmt::format("input {} is not optional", i),
                      "give each part and its scale");
        }
        parts.push_back(real_input(node, i, {i + 1, i + 2}));
    }
    const auto rank = static_cast<std::int64_t>(node.type(parts.front()).shape.size());
    const ValueId joined = node.emit(ops::Concat{node.axis(wanted, rank)}, parts);
    set_quantized(node, joined, {0, 1, "Y"}, 2);
}

void qlinear_average_pool(NodeContext& node) {
    const PoolAttributes attributes =
        pool_attributes(node, {.dilations = false, .ceil_mode = true}, true);
    const bool last = node.attributes.flag("channels_last", false);
    pooled(node, last, [&](ValueId x) { return average_pooled(node, attributes, x); });
}

void qlinear_global_average_pool(NodeContext& node) {
    const bool last = node.attributes.flag("channels_last", false);
    pooled(node, last, [&](ValueId x) { return spatial_mean(node, x); });
}

/// Axes and keepdims as attributes.
void qlinear_reduce_mean(NodeContext& node) {
    const auto wanted = node.attributes.integers("axes");
    const bool keep = node.attributes.flag("keepdims", true);
    if (!wanted) {
        node.attributes.reject("axes", "is missing");
    }
    node.stop_on_errors();
    const Shape shape = node.shape(0);
    ops::ReduceMean op;
    for (const std::int64_t axis : *wanted) {
        op.axes.push_back(node.axis(axis, static_cast<std::int64_t>(shape.size())));
    }
    std::sort(op.axes.begin(), op.axes.end());
    Shape result;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool reduced =
            std::binary_search(op.axes.begin(), op.axes.end(), static_cast<std::int64_t>(i));
        if (!reduced || keep) {
            result.push_back(reduced ? 1 : shape[i]);
        }
    }
    set_y(node, node.reshape(node.emit(std::move(op), {real_x(node)}), result));
}

} // namespace millrace::frontend::ops_import
