// SPDX-License-Identifier: Apache-2.0
//
// Products with constant weights, and of two computed tensors.
//
// The elements of a layer's input vector come in the body's order; the weights' rows are permuted
// to it, so that a Flatten of a channels-last body costs nothing.
#include "passes/integer_lowering.hpp"
#include "passes/weight_grid.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace millrace::passes {

namespace {

constexpr int widest_accumulator = 60;

/// Rows [K, N] from the network's order of the factors of K to the body's.
Tensor permuted_rows(const Tensor& matrix, const TensorView& view,
                     const TensorView::Factors& network_order) {
    Shape split;
    for (const std::size_t factor : network_order) {
        split.push_back(view.factors()[factor]);
    }
    split.push_back(matrix.shape()[1]);
    std::vector<std::int64_t> perm(network_order.size());
    std::iota(perm.begin(), perm.end(), std::int64_t{0});
    std::sort(perm.begin(), perm.end(), [&](std::int64_t a, std::int64_t b) {
        return network_order[static_cast<std::size_t>(a)] <
               network_order[static_cast<std::size_t>(b)];
    });
    if (std::is_sorted(perm.begin(), perm.end())) {
        return matrix;
    }
    perm.push_back(static_cast<std::int64_t>(network_order.size()));
    return matrix.reshaped(split).transposed(perm).reshaped(matrix.shape());
}

/// Whether the factors are, in any order, the last ones of the body.
bool are_last(const TensorView& view, TensorView::Factors factors) {
    std::sort(factors.begin(), factors.end());
    const std::size_t first = view.factors().size() - factors.size();
    for (std::size_t i = 0; i < factors.size(); ++i) {
        if (factors[i] != first + i) {
            return false;
        }
    }
    return true;
}

} // namespace

std::optional<IntegerLowering::Layer> IntegerLowering::add_layer(const Node& node, ValueId point,
                                                                 Tensor matrix, std::int64_t groups,
                                                                 bool depthwise) {
    if (!require_width(node, point)) {
        return std::nullopt;
    }
    // A grid that varies along the inputs of the sum moves into the weights.
    const Grid grid = body_type(point).grid;
    Layer layer{0, {}};
    if (!depthwise && (grid.scale.size() > 1 || grid.zero_point.size() > 1)) {
        point = on_unit_grid(node, point);
        matrix = scale_inputs(matrix, grid, groups, layer.offsets);
    }
    std::optional<WeightGrid> weights = find_weight_grid(matrix);
    if (!weights) {
        report(Code::weights_not_quantized, Severity::error, node,
               "the weights do not lie on an integer grid of at most 16 bits",
               "quantize the weights (a Quant or DequantizeLinear node in front of them); when the "
               "input has per-channel scales, use one scale for the tensor");
        return std::nullopt;
    }
    auto integers = std::make_shared<Tensor>(std::move(weights->integers));
    try {
        layer.result =
            depthwise
                ? add(ops::IntegerDepthwise{std::move(integers), std::move(weights->scale)},
                      {point}, node)
                : add(ops::IntegerMatMul{std::move(integers), std::move(weights->scale), groups},
                      {point}, node);
    } catch (const TypeError& error) {
        report(Code::accumulator_too_wide, Severity::error, node, error.what(),
               "use narrower weights or activations");
        return std::nullopt;
    }
    if (const int bits = body_type(layer.result).format().bits; bits > widest_accumulator) {
        report(Code::accumulator_too_wide, Severity::error, node,
               fmt::format("the accumulator needs {} bits, more than {}", bits, widest_accumulator),
               "use narrower weights or activations");
        return std::nullopt;
    }
    ++layers_in_body_;
    return layer;
}

void IntegerLowering::finish_layer(const Node& node, Layer layer, TensorView view) {
    const ValueId output = node.outputs.at(0);
    set_result(output, layer.result, node, std::move(view));
    if (!layer.offsets.empty()) {
        append_steps(node, states_[output], {step::Affine{{Real(1)}, std::move(layer.offsets)}});
    }
}

bool IntegerLowering::lower_matmul(const Node& node, std::size_t variable) {
    const ValueId data = node.inputs[variable];
    const Tensor& raw = *network_.value(node.inputs[1 - variable]).constant;
    if (raw.rank() > 2) {
        return refuse(
            node,
            fmt::format("weights of shape {} are a batch of matrices", to_string(raw.shape())),
            "use one matrix for all rows of the input");
    }
    if (!require_grid(node, data, "the layer's input")) {
        return false;
    }
    // As x * W for a row x: the dimension of the sum is the last one of x, or with the constant on
    // the left the one before it.
    Tensor matrix = raw.rank() == 1 ? raw.reshaped({raw.size(), 1})
                    : variable == 0 ? raw
                                    : raw.transposed({1, 0});
    const Shape shape = network_shape(data);
    const std::size_t rank = shape.size();
    const std::size_t sum_dim = variable == 1 && rank > 1 ? rank - 2 : rank - 1;
    ValueState& state = states_[data];
    integer_point(state);
    auto groups = state.view.groups(shape);
    if (!groups || !are_last(state.view, (*groups)[sum_dim])) {
        std::vector<std::int64_t> dims;
        for (std::size_t d = 0; d < rank; ++d) {
            if (d != sum_dim) {
                dims.push_back(static_cast<std::int64_t>(d));
            }
        }
        dims.push_back(static_cast<std::int64_t>(sum_dim));
        Shape ordered;
        for (const std::int64_t dim : dims) {
            ordered.push_back(shape[static_cast<std::size_t>(dim)]);
        }
        point_in_order(data, dims, std::move(ordered));
        groups = state.view.groups(shape);
    }
    const TensorView::Factors& sum_factors = groups->at(sum_dim);
    const std::int64_t depth = shape[sum_dim];
    matrix = permuted_rows(matrix, state.view, sum_factors);
    const std::int64_t columns = matrix.shape()[1];
    Shape vectors = shape; // as the network has them, where the body has that order, too
    if (variable != 0 || !state.view.is_plain()) {
        vectors = {element_count(shape) / depth, depth};
    }
    const ValueId point = reshape_body(*state.integers, std::move(vectors), state.point_name);
    auto layer = add_layer(node, point, std::move(matrix), 1, false);
    if (!layer) {
        return false;
    }
    // Result: the other factors of the input, then the columns.
    const std::size_t others = state.view.factors().size() - sum_factors.size();
    Shape factors(state.view.factors().begin(),
                  state.view.factors().begin() + static_cast<std::ptrdiff_t>(others));
    factors.push_back(columns);
    TensorView::Factors order;
    for (std::size_t d = 0; d < rank; ++d) {
        if (d == sum_dim) {
            order.push_back(others);
        } else {
            order.insert(order.end(), (*groups)[d].begin(), (*groups)[d].end());
        }
    }
    finish_layer(node, std::move(*layer), TensorView::of(factors, order));
    return true;
}

bool IntegerLowering::lower_conv(const Node& node, const ops::Conv& op) {
    const ValueId data = node.inputs[0];
    const Tensor& raw = *network_.value(node.inputs[1]).constant;
    const Shape shape = network_shape(data);
    if (op.window.axes() > 2) {
        return refuse(node, fmt::format("a convolution over {} axes", op.window.axes()),
                      "use convolutions over one or two axes");
    }
    if (!require_grid(node, data, "the layer's input")) {
        return false;
    }
    const bool line = op.window.axes() == 1;
    const std::int64_t channels = shape[1];
    const std::int64_t outputs = raw.shape()[0];
    const ValueId point = point_in_order(data, channels_last(shape.size()),
                                         line ? Shape{shape[0], 1, shape[2], channels}
                                              : Shape{shape[0], shape[2], shape[3], channels});
    if (!require_width(node, point)) {
        return false;
    }
    ops::Window window = op.window;
    if (line) {
        for (auto* list : {&window.kernel, &window.strides, &window.dilations}) {
            list->insert(list->begin(), 1);
        }
        window.pads_begin.insert(window.pads_begin.begin(), 0);
        window.pads_end.insert(window.pads_end.begin(), 0);
    }
    const auto pads = zero_pads(point);
    const auto padded = [](std::int64_t pad) { return pad != 0; };
    const bool any_pad = std::any_of(window.pads_begin.begin(), window.pads_begin.end(), padded) ||
                         std::any_of(window.pads_end.begin(), window.pads_end.end(), padded);
    if (any_pad && !pads) {
        return refuse(node,
                      "the real number 0, which the padding stands for, is no level of the "
                      "input's grid",
                      "put a quantizer in front of the layer");
    }
    const bool depthwise = op.group > 1 && op.group == channels && outputs == channels;
    const ValueId windows = add_windows(
        node, point, window, pads.value_or(std::vector<std::int64_t>{0}), op.group, depthwise);
    // [M, C / group, kernel...] to [kernel..., C / group, M].
    std::vector<std::int64_t> perm;
    for (std::size_t d = 2; d < raw.shape().size(); ++d) {
        perm.push_back(static_cast<std::int64_t>(d));
    }
    perm.push_back(1);
    perm.push_back(0);
    Tensor matrix = raw.transposed(perm).reshaped({window.taps() * (channels / op.group), outputs});
    auto layer = add_layer(node, windows, std::move(matrix), op.group, depthwise);
    if (!layer) {
        return false;
    }
    finish_layer(node, std::move(*layer),
                 TensorView::permuted(network_shape(node.outputs[0]), channels_last(shape.size())));
    return true;
}

bool IntegerLowering::lower_dynamic_matmul(const Node& node) {
    const Shape& a_shape = network_shape(node.inputs[0]);
    const Shape& b_shape = network_shape(node.inputs[1]);
    const Shape& y_shape = network_shape(node.outputs[0]);
    if (a_shape.size() < 2 || b_shape.size() < 2) {
        return refuse(node, "a product with a computed vector",
                      "give both operands two dimensions (Unsqueeze)");
    }
    if (!require_grid(node, node.inputs[0], "the first operand") ||
        !require_grid(node, node.inputs[1], "the second operand")) {
        return false;
    }
    std::vector<std::int64_t> plain(y_shape.size());
    std::iota(plain.begin(), plain.end(), std::int64_t{0});
    const auto operand = [&](ValueId id, const Shape& own) {
        Shape shape = y_shape;
        shape[shape.size() - 2] = own[own.size() - 2];
        shape.back() = own.back();
        return broadcast_point(id, shape, plain, node);
    };
    const ValueId a = operand(node.inputs[0], a_shape);
    const ValueId b = operand(node.inputs[1], b_shape);
    if (!require_width(node, a) || !require_width(node, b)) {
        return false;
    }
    const auto zero_a = zero_pads(a);
    const auto zero_b = zero_pads(b);
    if (!zero_a || !zero_b || zero_a->size() != 1 || zero_b->size() != 1) {
        return refuse(node, "an operand's zero point is no integer, or differs by channel",
                      "quantize both operands with one scale and an integer zero point");
    }
    const ValueId result =
        add(ops::IntegerDynamicMatMul{zero_a->front(), zero_b->front()}, {a, b}, node);
    ++layers_in_body_;
    set_result(node.outputs[0], result, node, plain);
    return true;
}

} // namespace millrace::passes
