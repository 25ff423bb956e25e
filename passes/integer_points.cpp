// SPDX-License-Identifier: Apache-2.0
//
// From "integers of the body and a chain of steps, in some order" to integers on the value's own
// grid, in the order that a consumer asks for.
#include "passes/integer_lowering.hpp"

#include "ir/ops/integer_rearrange.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace millrace::passes {

namespace {

constexpr int widest_activation = 16;
constexpr std::int64_t most_channels = 1 << 16; ///< of a value whose elements all differ

Shape row_major(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) {
        strides[i - 1] = strides[i] * shape[i];
    }
    return strides;
}

} // namespace

ValueId IntegerLowering::add(Op op, std::vector<ValueId> inputs, const Node& node,
                             std::string name) {
    if (name.empty()) {
        name = node.name;
    }
    return program_.body.add_node(std::move(op), std::move(inputs), name, node.onnx_op, {name})
        .front();
}

/// `place` on a body value. Where elements of channels come together whose grids differ in the zero
/// point alone, on the same integers less their zero points.
ValueId IntegerLowering::on_even_zero(ValueId id, const std::string& name,
                                      const std::function<ValueId(ValueId)>& place) {
    const Grid& grid = body_type(id).grid;
    const bool moves = grid.zero_point.size() > 1 &&
                       std::all_of(grid.zero_point.begin(), grid.zero_point.end(),
                                   [](const Real& zero) { return zero.is_integer(); });
    if (!moves) {
        return place(id);
    }
    try {
        return place(id);
    } catch (const TypeError&) {
        const Grid even{grid.scale, {Real(0)}};
        auto function = std::make_shared<ExactFunction>();
        function->channels = static_cast<std::size_t>(body_channels(id));
        function->steps = {decode_step(grid), encode_step(even)};
        return place(
            program_.body
                .add_node(ops::IntegerFunction{function, even}, {id}, name + "_zero", "", {""})
                .front());
    }
}

ValueId IntegerLowering::reshape_body(ValueId id, Shape shape, const std::string& name) {
    if (body_type(id).shape == shape) {
        return id;
    }
    return on_even_zero(id, name, [&](ValueId from) {
        return program_.body.add_node(ops::IntegerReshape{shape}, {from}, name, "Reshape", {""})
            .front();
    });
}

ValueId IntegerLowering::rearrange_body(ValueId id, Loops loops, Shape shape,
                                        const std::string& name, const std::string& op) {
    Loops simple = loops;
    ops::simplify_loops(simple.counts, simple.strides);
    const bool all = element_count(shape) == element_count(body_type(id).shape);
    const bool straight =
        simple.counts.empty() || (simple.counts.size() == 1 && simple.strides[0] == 1);
    if (all && straight && loops.offset == 0) {
        return reshape_body(id, std::move(shape), name);
    }
    return on_even_zero(id, name, [&](ValueId from) {
        return program_.body
            .add_node(ops::IntegerRearrange{shape, loops.counts, loops.strides, loops.offset},
                      {from}, name, op, {""})
            .front();
    });
}

bool IntegerLowering::widen(ValueState& state) {
    const std::int64_t count = element_count(body_type(state.base).shape);
    if (count > most_channels) {
        return false;
    }
    state.base = reshape_body(state.base, {1, count}, state.point_name);
    repeat_parameters(state.steps, static_cast<std::size_t>(count));
    if (state.grid) {
        repeat_parameters(*state.grid, static_cast<std::size_t>(count));
    }
    state.integers.reset();
    return true;
}

std::optional<ValueId> IntegerLowering::integer_point(ValueState& state) {
    if (state.integers || !state.grid) {
        return state.integers;
    }
    const Grid& from = body_type(state.base).grid;
    if (state.steps.empty() && from == *state.grid) {
        state.integers = state.base;
        return state.integers;
    }
    auto function = std::make_shared<ExactFunction>();
    function->channels = static_cast<std::size_t>(body_channels(state.base));
    const bool same_integers =
        std::all_of(state.steps.begin(), state.steps.end(),
                    [](const Step& step) { return std::holds_alternative<step::Affine>(step); });
    // Affine steps move the grid and leave the integers alone: no steps, the identity.
    if (!same_integers) {
        function->steps.push_back(decode_step(from));
        function->steps.insert(function->steps.end(), state.steps.begin(), state.steps.end());
        function->steps.push_back(encode_step(*state.grid));
    }
    state.integers = program_.body
                         .add_node(ops::IntegerFunction{function, *state.grid}, {state.base},
                                   state.point_name, state.point_op, {state.point_name})
                         .front();
    // Later uses start from here: one function, not one more each.
    state.base = *state.integers;
    state.steps.clear();
    return state.integers;
}

ValueId IntegerLowering::on_unit_grid(const Node& node, ValueId point) {
    auto function = std::make_shared<ExactFunction>();
    function->channels = static_cast<std::size_t>(body_channels(point));
    return program_.body
        .add_node(ops::IntegerFunction{function, Grid{}}, {point}, node.name, node.onnx_op, {""})
        .front();
}

std::optional<std::vector<Real>> IntegerLowering::channel_values(ValueState& state,
                                                                 const Shape& shape,
                                                                 const Tensor& parameter) const {
    if (auto uniform = parameter.uniform_value()) {
        return std::vector<Real>{std::move(*uniform)};
    }
    const auto channels = state.view.channel_factors(body_type(state.base).channels());
    if (!channels) {
        return std::nullopt;
    }
    const auto groups = state.view.groups(shape);
    if (!groups) {
        return std::nullopt;
    }
    // Splitting for the groups may have split the channels, too.
    const auto last = state.view.channel_factors(body_type(state.base).channels());
    const Shape& factors = state.view.factors();
    const Shape parameter_strides = row_major(parameter.shape());
    Loops loops;
    std::vector<std::int64_t> stride_of(factors.size(), 0);
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::size_t missing = shape.size() - parameter.shape().size();
        if (d < missing || parameter.shape()[d - missing] == 1) {
            continue;
        }
        std::int64_t stride = parameter_strides[d - missing];
        for (std::size_t i = (*groups)[d].size(); i-- > 0;) {
            const std::size_t factor = (*groups)[d][i];
            if (std::find(last->begin(), last->end(), factor) == last->end()) {
                return std::nullopt;
            }
            stride_of[factor] = stride;
            stride *= factors[factor];
        }
    }
    for (const std::size_t factor : *last) {
        loops.counts.push_back(factors[factor]);
        loops.strides.push_back(stride_of[factor]);
    }
    std::vector<Real> values;
    ops::for_each_rearranged(loops.counts, loops.strides, 0, [&](std::int64_t element) {
        values.push_back(parameter.at(element));
    });
    return values;
}

ValueId IntegerLowering::point_in_order(ValueId id, const std::vector<std::int64_t>& dims,
                                        Shape shape) {
    ValueState& state = states_[id];
    const auto point = integer_point(state);
    if (!point) {
        throw Defect("an integer point of a value without a grid");
    }
    ValueId result = *point;
    const Shape& own = network_shape(id);
    auto groups = state.view.groups(own);
    if (!groups) {
        const Loops plain = state.view.loops(state.view.order());
        result = rearrange_body(result, plain, own, state.point_name, "Transpose");
        state.view = TensorView::plain(element_count(own));
        groups = state.view.groups(own);
    }
    TensorView::Factors target;
    for (const std::int64_t dim : dims) {
        const auto& group = groups->at(static_cast<std::size_t>(dim));
        target.insert(target.end(), group.begin(), group.end());
    }
    result = rearrange_body(result, state.view.loops(target), std::move(shape), state.point_name,
                            "Transpose");
    state.view = state.view.rearranged(target);
    state.base = result;
    state.integers = result;
    state.grid = body_type(result).grid;
    return result;
}

std::optional<std::vector<std::int64_t>> IntegerLowering::present_order(ValueId id) {
    ValueState& state = states_[id];
    const auto groups = state.view.groups(network_shape(id));
    if (!groups) {
        return std::nullopt;
    }
    // Dimensions by their first factor in the body; all factors of one follow each other there.
    std::vector<std::pair<std::size_t, std::int64_t>> first;
    std::vector<std::int64_t> dims;
    for (std::size_t d = 0; d < groups->size(); ++d) {
        const auto& group = (*groups)[d];
        for (std::size_t i = 1; i < group.size(); ++i) {
            if (group[i] != group[i - 1] + 1) {
                return std::nullopt;
            }
        }
        if (!group.empty()) {
            first.emplace_back(group.front(), static_cast<std::int64_t>(d));
        }
    }
    std::sort(first.begin(), first.end());
    for (std::size_t d = 0; d < groups->size(); ++d) {
        if ((*groups)[d].empty()) {
            dims.push_back(static_cast<std::int64_t>(d)); // of one element: anywhere
        }
    }
    for (const auto& [factor, dim] : first) {
        dims.push_back(dim);
    }
    return dims;
}

void IntegerLowering::set_result(ValueId id, ValueId body_value, const Node& node,
                                 const std::vector<std::int64_t>& dims) {
    set_result(id, body_value, node, TensorView::permuted(network_shape(id), dims));
}

void IntegerLowering::set_result(ValueId id, ValueId body_value, const Node& node,
                                 TensorView view) {
    ValueState state;
    state.place = Place::body;
    state.base = body_value;
    state.view = std::move(view);
    state.grid = body_type(body_value).grid;
    state.integers = body_value;
    state.point_name = node.name;
    state.point_op = node.onnx_op;
    states_[id] = std::move(state);
}

bool IntegerLowering::require_grid(const Node& node, ValueId data, std::string_view what) {
    if (states_[data].grid) {
        return true;
    }
    report(Code::layer_input_not_quantized, Severity::error, node,
           fmt::format("{}, the result of '{}' ({}), does not lie on an integer grid", what,
                       escaped(states_[data].point_name), states_[data].point_op),
           "put a quantizer in front of this node");
    return false;
}

bool IntegerLowering::require_width(const Node& node, ValueId point) {
    const int bits = body_type(point).format().bits;
    if (bits <= widest_activation) {
        return true;
    }
    report(Code::activation_too_wide, Severity::error, node,
           fmt::format("the layer's input has {} bits, more than {}", bits, widest_activation),
           "put a quantizer of at most 16 bits in front of the layer");
    return false;
}

std::vector<std::int64_t> IntegerLowering::channels_last(std::size_t rank) const {
    std::vector<std::int64_t> dims{0};
    for (std::size_t d = 2; d < rank; ++d) {
        dims.push_back(static_cast<std::int64_t>(d));
    }
    dims.push_back(1);
    return dims;
}

} // namespace millrace::passes
