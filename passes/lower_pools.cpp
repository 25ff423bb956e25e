// SPDX-License-Identifier: Apache-2.0
//
// Sliding windows and what reduces them.
//
// A mean is the sum of integers, exactly, and an affine step by 1 / count: what follows it up to
// the next quantizer is one function that includes the division. Positions outside the input hold
// the zero point, which adds nothing to the real sum, so every window sums all of its elements.
#include "passes/integer_lowering.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::passes {

namespace {

/// Two spatial axes for one or two.
ops::Window planar(ops::Window window) {
    if (window.axes() == 1) {
        for (auto* list : {&window.kernel, &window.strides, &window.dilations}) {
            list->insert(list->begin(), 1);
        }
        window.pads_begin.insert(window.pads_begin.begin(), 0);
        window.pads_end.insert(window.pads_end.begin(), 0);
    }
    return window;
}

/// [N, C, L] or [N, C, H, W] as [N, H, W, C].
Shape pixels(const Shape& shape) {
    return shape.size() == 3 ? Shape{shape[0], 1, shape[2], shape[1]}
                             : Shape{shape[0], shape[2], shape[3], shape[1]};
}

/// Whether a step has parameters of its own for each channel of what it is a step of.
bool differs_by_channel(const Step& step) {
    return std::visit(
        Overload{
            [](const step::Affine& s) { return s.scale.size() > 1 || s.offset.size() > 1; },
            [](const step::LeakyRelu& s) { return s.slope.size() > 1; },
            [](const step::Quantize& s) {
                return s.scale.size() > 1 || s.zero_point.size() > 1 || s.lo.size() > 1 ||
                       s.hi.size() > 1;
            },
            [](const step::MultiThreshold& s) { return s.thresholds.size() > 1; },
            [](const auto&) { return false; },
        },
        step);
}

bool has_pads(const ops::Window& window) {
    const auto padded = [](std::int64_t pad) { return pad != 0; };
    return std::any_of(window.pads_begin.begin(), window.pads_begin.end(), padded) ||
           std::any_of(window.pads_end.begin(), window.pads_end.end(), padded);
}

/// Whether the step never decreases (+1) or never increases (-1) in the channel; 0 for neither.
int direction(const Step& step, std::size_t c) {
    return std::visit(
        Overload{
            [c](const step::Affine& s) {
                return channel_parameter(s.scale, c).sign() >= 0 ? 1 : -1;
            },
            [c](const step::LeakyRelu& s) {
                return channel_parameter(s.slope, c).sign() >= 0 ? 1 : 0;
            },
            [](const step::Clip& /*s*/) { return 1; },
            [](const step::Sigmoid& /*s*/) { return 1; },
            [](const step::Tanh& /*s*/) { return 1; },
            [](const step::Sign& /*s*/) { return 1; },
            // Quantizing divides and multiplies by the scale: its sign cancels.
            [](const step::Quantize& s) { return s.binary ? 0 : 1; },
            [](const step::MultiThreshold& s) { return s.out_scale.sign() >= 0 ? 1 : -1; },
        },
        step);
}

} // namespace

std::optional<std::vector<std::int64_t>> IntegerLowering::zero_pads(ValueId point) const {
    std::vector<std::int64_t> pads;
    for (const Real& zero_point : body_type(point).grid.zero_point) {
        const auto pad = zero_point.as_int64();
        if (!pad || std::abs(*pad) > (std::int64_t{1} << 32)) {
            return std::nullopt;
        }
        pads.push_back(*pad);
    }
    return pads;
}

ValueId IntegerLowering::add_windows(const Node& node, ValueId point, const ops::Window& window,
                                     const std::vector<std::int64_t>& pad_values,
                                     std::int64_t groups, bool separate_channels) {
    if (has_pads(window)) {
        point = add(ops::IntegerPad{{0, window.pads_begin[0], window.pads_begin[1], 0},
                                    {0, window.pads_end[0], window.pads_end[1], 0},
                                    pad_values},
                    {point}, node, node.name + "_pad");
    }
    const Shape shape = body_type(point).shape;
    ops::Window unpadded = window;
    unpadded.pads_begin = unpadded.pads_end = {0, 0};
    const Shape sizes = unpadded.output_sizes({shape[1], shape[2]}, node.onnx_op);
    const std::int64_t channels = shape[3];
    const std::int64_t row = shape[2] * channels;
    Loops loops;
    const auto loop = [&](std::int64_t count, std::int64_t stride) {
        loops.counts.push_back(count);
        loops.strides.push_back(stride);
    };
    loop(shape[0], shape[1] * row);
    loop(sizes[0], window.strides[0] * row);
    loop(sizes[1], window.strides[1] * channels);
    const std::int64_t blocks = separate_channels ? 1 : groups;
    loop(blocks, channels / blocks);
    loop(window.kernel[0], window.dilations[0] * row);
    loop(window.kernel[1], window.dilations[1] * channels);
    loop(channels / blocks, 1);
    const std::int64_t taps = window.taps();
    Shape result = separate_channels ? Shape{shape[0], sizes[0], sizes[1], taps, channels}
                                     : Shape{shape[0], sizes[0], sizes[1], taps * channels};
    // The loops stay as they are here: an actor that sends whole windows is known by them.
    return rearrange_body(point, std::move(loops), std::move(result), node.name + "_window",
                          node.onnx_op);
}

/// Makes the base such that the largest of the value is the largest of the base in every channel:
/// the chain must be monotone. Falling channels are negated.
bool IntegerLowering::max_of(const Node& node, ValueState& state) {
    const Grid grid = body_type(state.base).grid;
    const auto channels = static_cast<std::size_t>(body_channels(state.base));
    std::vector<int> directions;
    for (std::size_t c = 0; c < channels; ++c) {
        int total = channel_parameter(grid.scale, c).sign();
        for (const Step& step : state.steps) {
            total *= direction(step, c);
        }
        if (total == 0) {
            return refuse(node, "what is in front of the pool is not monotone",
                          "put a quantizer in front of the pool");
        }
        directions.push_back(total);
    }
    if (std::all_of(directions.begin(), directions.end(), [](int d) { return d > 0; })) {
        return true;
    }
    auto function = std::make_shared<ExactFunction>();
    function->channels = channels;
    step::Affine sign{{}, {Real(0)}};
    Grid flipped{{}, {}};
    for (std::size_t c = 0; c < channels; ++c) {
        const Real s(directions[c]);
        sign.scale.push_back(s);
        flipped.scale.push_back(channel_parameter(grid.scale, c) * s);
        flipped.zero_point.push_back(channel_parameter(grid.zero_point, c) * s);
    }
    function->steps.emplace_back(std::move(sign));
    state.base = add(ops::IntegerFunction{std::move(function), std::move(flipped)}, {state.base},
                     node, node.name + "_sign");
    state.integers.reset();
    state.grid.reset();
    return true;
}

bool IntegerLowering::lower_max_pool(const Node& node, const ops::MaxPool& op) {
    const ValueId data = node.inputs[0];
    if (op.window.axes() > 2) {
        return refuse(node, fmt::format("a pool over {} axes", op.window.axes()),
                      "use pools over one or two axes");
    }
    const Shape shape = network_shape(data);
    // On a grid: the pool of its integers. Else the chain moves behind the pool, if it is monotone.
    ValueState state = states_[data];
    if (state.grid) {
        integer_point(states_[data]);
        state = states_[data];
    }
    std::optional<Grid> grid = state.grid;
    if (!max_of(node, state)) {
        return false;
    }
    std::vector<Step> steps = state.steps;
    // A pool of the base alone, under the network value's shape and view.
    state.steps.clear();
    state.grid = body_type(state.base).grid;
    state.integers = state.base;
    const ValueState kept = states_[data];
    states_[data] = state;
    const ValueId point = point_in_order(data, channels_last(shape.size()), pixels(shape));
    if (steps.empty() && grid && state.base == kept.base) {
        // The order found serves other readers, too.
    } else {
        states_[data] = kept;
    }
    if (point != state.base && std::any_of(steps.begin(), steps.end(), differs_by_channel)) {
        return refuse(node,
                      "what is in front of the pool differs along another axis than the channels, "
                      "or comes in another order than they",
                      "put a quantizer in front of the pool");
    }
    const IntegerType& type = body_type(point);
    const ValueId windows = add_windows(node, point, planar(op.window), {type.lowest()}, 1, true);
    const ValueId result = add(ops::IntegerReduce{ops::Reduction::max}, {windows}, node);
    set_result(node.outputs[0], result, node, channels_last(shape.size()));
    if (!steps.empty()) {
        append_steps(node, states_[node.outputs[0]], std::move(steps));
    }
    return true;
}

bool IntegerLowering::lower_average_pool(const Node& node, const ops::AveragePool& op) {
    const ValueId data = node.inputs[0];
    if (op.window.axes() > 2) {
        return refuse(node, fmt::format("a pool over {} axes", op.window.axes()),
                      "use pools over one or two axes");
    }
    if (!require_grid(node, data, "the pool's input")) {
        return false;
    }
    const Shape shape = network_shape(data);
    const ValueId point = point_in_order(data, channels_last(shape.size()), pixels(shape));
    const auto pads = zero_pads(point);
    if (has_pads(op.window) && !pads) {
        return refuse(node,
                      "the real number 0, which the padding stands for, is no level of the "
                      "input's grid",
                      "put a quantizer in front of the pool");
    }
    const ops::Window window = planar(op.window);
    const ValueId windows =
        add_windows(node, point, window, pads.value_or(std::vector<std::int64_t>{0}), 1, true);
    const ValueId result = add(ops::IntegerReduce{ops::Reduction::sum}, {windows}, node);
    set_result(node.outputs[0], result, node, channels_last(shape.size()));
    // Elements that count, by position along each axis.
    std::vector<std::vector<std::int64_t>> counts;
    for (std::size_t axis = 0; axis < op.window.axes(); ++axis) {
        counts.push_back(op.counts(axis, shape[axis + 2]));
    }
    if (counts.size() == 1) {
        counts.insert(counts.begin(), {1});
    }
    std::vector<Real> shares;
    for (const std::int64_t rows : counts[0]) {
        for (const std::int64_t columns : counts[1]) {
            shares.push_back(Real(1) / Real(rows * columns));
        }
    }
    ValueState state = states_[node.outputs[0]];
    const bool uniform = std::all_of(shares.begin(), shares.end(),
                                     [&](const Real& share) { return share == shares.front(); });
    if (uniform) {
        shares.resize(1);
    } else {
        // One share for each position: every element is a channel of its own.
        if (!widen(state)) {
            return refuse(node,
                          "windows at the border count fewer elements than the others, and "
                          "there are too many positions to have a factor each",
                          "use count_include_pad = 1, or no pads");
        }
        std::vector<Real> all;
        for (std::int64_t n = 0; n < shape[0]; ++n) {
            for (const Real& share : shares) {
                all.insert(all.end(), static_cast<std::size_t>(shape[1]), share);
            }
        }
        shares = std::move(all);
    }
    append_steps(node, std::move(state), {step::Affine{std::move(shares), {Real(0)}}});
    return true;
}

bool IntegerLowering::lower_reduce_mean(const Node& node, const ops::ReduceMean& op) {
    const ValueId data = node.inputs[0];
    if (!require_grid(node, data, "the mean's input")) {
        return false;
    }
    const Shape shape = network_shape(data);
    const auto reduced = [&](std::int64_t dim) {
        return std::find(op.axes.begin(), op.axes.end(), dim) != op.axes.end();
    };
    // Kept dimensions, the reduced ones, and last the kept one that the body has innermost.
    const auto present = present_order(data);
    std::vector<std::int64_t> kept;
    std::vector<std::int64_t> gone;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::int64_t dim = present ? (*present)[d] : static_cast<std::int64_t>(d);
        (reduced(dim) ? gone : kept).push_back(dim);
    }
    std::optional<std::int64_t> last;
    if (!kept.empty()) {
        last = kept.back();
        kept.pop_back();
    }
    std::int64_t taps = 1;
    for (const std::int64_t dim : gone) {
        taps *= shape[static_cast<std::size_t>(dim)];
    }
    const std::int64_t channels = last ? shape[static_cast<std::size_t>(*last)] : 1;
    std::vector<std::int64_t> dims = kept;
    dims.insert(dims.end(), gone.begin(), gone.end());
    if (last) {
        dims.push_back(*last);
    }
    const ValueId point =
        point_in_order(data, dims, {element_count(shape) / (taps * channels), taps, channels});
    const ValueId result = add(ops::IntegerReduce{ops::Reduction::sum}, {point}, node);
    set_result(node.outputs[0], result, node, dims);
    append_steps(node, states_[node.outputs[0]], {step::Affine{{Real(1) / Real(taps)}, {Real(0)}}});
    return true;
}

} // namespace millrace::passes
