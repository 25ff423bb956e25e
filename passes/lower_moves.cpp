// SPDX-License-Identifier: Apache-2.0
//
// Elements picked, repeated, surrounded or ranked.
#include "passes/integer_lowering.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace millrace::passes {

namespace {

Shape in_order(const Shape& shape, const std::vector<std::int64_t>& dims) {
    Shape result;
    for (const std::int64_t dim : dims) {
        result.push_back(shape[static_cast<std::size_t>(dim)]);
    }
    return result;
}

std::vector<std::int64_t> all_dims(std::size_t rank) {
    std::vector<std::int64_t> dims(rank);
    std::iota(dims.begin(), dims.end(), std::int64_t{0});
    return dims;
}

/// Indices as nested loops over a dimension: (count, step) outermost first.
struct IndexLoops {
    std::int64_t first;
    std::vector<std::pair<std::int64_t, std::int64_t>> loops;

    [[nodiscard]] std::int64_t length() const {
        return std::accumulate(
            loops.begin(), loops.end(), std::int64_t{1},
            [](std::int64_t count, const auto& loop) { return count * loop.first; });
    }
};

/// The most parts that an uneven list of indices is made of, each an actor with a buffer.
constexpr std::size_t most_runs = 64;

/// Tiles of blocks of equal indices that ascend evenly: slices, repetition, upsampling, tiling.
std::optional<IndexLoops> index_loops(const std::vector<std::int64_t>& indices) {
    const auto count = static_cast<std::int64_t>(indices.size());
    const auto at = [&](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; };
    std::int64_t repeat = 1;
    while (repeat < count && at(repeat) == at(0)) {
        ++repeat;
    }
    if (count % repeat != 0) {
        return std::nullopt;
    }
    const std::int64_t blocks = count / repeat;
    // The period after which the ascent starts again.
    const std::int64_t step = blocks > 1 ? at(repeat) - at(0) : 0;
    std::int64_t period = 1;
    while (period < blocks && at(period * repeat) == at(0) + period * step) {
        ++period;
    }
    if (step < 0 || blocks % period != 0) {
        return std::nullopt;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        if (at(i) != at(0) + i / repeat % period * step) {
            return std::nullopt;
        }
    }
    return IndexLoops{at(0), {{blocks / period, 0}, {period, step}, {repeat, 0}}};
}

/// The list as few even pieces: whole where it is even; else from each block of equal indices on
/// those of its length that follow in one step. Resizes by integer factors are of a few pieces in
/// all their modes: blocks at the borders, and where a position is rounded the other way, have
/// another length than the rest.
std::vector<IndexLoops> index_runs(const std::vector<std::int64_t>& indices) {
    if (indices.empty()) {
        return {};
    }
    if (auto whole = index_loops(indices)) {
        return {std::move(*whole)};
    }
    std::vector<std::pair<std::int64_t, std::int64_t>> blocks; // index, count
    for (const std::int64_t index : indices) {
        if (blocks.empty() || blocks.back().first != index) {
            blocks.emplace_back(index, 0);
        }
        ++blocks.back().second;
    }
    std::vector<IndexLoops> runs;
    for (std::size_t i = 0; i < blocks.size();) {
        const auto [first, repeat] = blocks[i];
        const std::int64_t step = i + 1 < blocks.size() ? blocks[i + 1].first - first : 0;
        std::int64_t period = 1;
        for (++i; step > 0 && i < blocks.size() && blocks[i].second == repeat &&
                  blocks[i].first == first + period * step;
             ++i) {
            ++period;
        }
        runs.push_back({first, {{period, period > 1 ? step : 0}, {repeat, 0}}});
    }
    return runs;
}

} // namespace

bool IntegerLowering::lower_slice(const Node& node, const ops::Slice& op) {
    const ValueId data = node.inputs[0];
    if (std::any_of(op.steps.begin(), op.steps.end(), [](std::int64_t s) { return s < 0; }) ||
        !require_grid(node, data, "the input")) {
        return false;
    }
    const Shape shape = network_shape(data);
    const Shape& result_shape = network_shape(node.outputs[0]);
    integer_point(states_[data]);
    const auto dims = present_order(data).value_or(all_dims(shape.size()));
    const ValueId point = point_in_order(data, dims, in_order(shape, dims));
    Loops loops;
    std::int64_t stride = element_count(shape);
    for (const std::int64_t dim : dims) {
        const auto d = static_cast<std::size_t>(dim);
        stride /= shape[d];
        loops.counts.push_back(result_shape[d]);
        loops.strides.push_back(stride * op.steps[d]);
        loops.offset += stride * op.starts[d];
    }
    const ValueId result = rearrange_body(point, std::move(loops), in_order(result_shape, dims),
                                          node.name, node.onnx_op);
    set_result(node.outputs[0], result, node, dims);
    return true;
}

bool IntegerLowering::lower_gather(const Node& node, const ops::Gather& op) {
    const ValueId data = node.inputs[0];
    const Shape shape = network_shape(data);
    const auto axis = static_cast<std::size_t>(op.axis);
    auto indices = network_.value(node.inputs[1]).constant->to_int64();
    if (!indices || !require_grid(node, data, "the input")) {
        return false;
    }
    for (std::int64_t& index : *indices) {
        index += index < 0 ? shape[axis] : 0;
    }
    const std::vector<IndexLoops> runs = index_runs(*indices);
    if (runs.empty() || runs.size() > most_runs) {
        return refuse(node,
                      fmt::format("the {} indices fall into {} runs that ascend evenly",
                                  indices->size(), runs.size()),
                      fmt::format("a gather of up to {} runs reaches the hardware: slices, "
                                  "repetition, tiling and what is composed of a few of them",
                                  most_runs));
    }
    integer_point(states_[data]);
    const auto dims = present_order(data).value_or(all_dims(shape.size()));
    const ValueId point = point_in_order(data, dims, in_order(shape, dims));
    // The indices' own dimensions are only another way to count them.
    Shape result_shape = shape;
    result_shape[axis] = static_cast<std::int64_t>(indices->size());
    const Shape ordered = in_order(result_shape, dims);
    // What lies around the axis in the body.
    std::int64_t outer = 1;
    std::int64_t inner = element_count(shape);
    for (const std::int64_t dim : dims) {
        inner /= shape[static_cast<std::size_t>(dim)];
        if (dim == op.axis) {
            break;
        }
        outer *= shape[static_cast<std::size_t>(dim)];
    }
    const auto taken = [&](const IndexLoops& run, Shape to, const std::string& name) {
        Loops loops;
        loops.offset = run.first * inner;
        loops.counts.push_back(outer);
        loops.strides.push_back(shape[axis] * inner);
        for (const auto& [count, step] : run.loops) {
            loops.counts.push_back(count);
            loops.strides.push_back(step * inner);
        }
        loops.counts.push_back(inner);
        loops.strides.push_back(1);
        return rearrange_body(point, std::move(loops), std::move(to), name, node.onnx_op);
    };
    const TensorView view = TensorView::permuted(result_shape, dims);
    if (runs.size() == 1) {
        set_result(node.outputs[0], taken(runs.front(), ordered, node.name), node, view);
        return true;
    }
    // A part for each run, one after the other for each position outside of the axis.
    std::vector<ValueId> parts;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        parts.push_back(taken(runs[i], {outer, runs[i].length() * inner},
                              fmt::format("{}_part{}", node.name, i)));
    }
    const ValueId joined = add(ops::IntegerConcat{}, std::move(parts), node);
    set_result(node.outputs[0], reshape_body(joined, ordered, node.name + "_shape"), node, view);
    return true;
}

bool IntegerLowering::lower_pad(const Node& node, const ops::Pad& op) {
    const ValueId data = node.inputs[0];
    if (!require_grid(node, data, "the input")) {
        return false;
    }
    const Shape shape = network_shape(data);
    const auto padded = [&](std::int64_t dim) {
        const auto d = static_cast<std::size_t>(dim);
        return op.begin[d] != 0 || op.end[d] != 0;
    };
    integer_point(states_[data]);
    std::vector<std::int64_t> dims = present_order(data).value_or(all_dims(shape.size()));
    // The body's last dimension stays as it is.
    const auto free = std::find_if_not(dims.rbegin(), dims.rend(), padded);
    if (free == dims.rend()) {
        return refuse(node, "every dimension is padded", "leave one dimension without pads");
    }
    const std::int64_t last = *free;
    std::erase(dims, last);
    dims.push_back(last);
    const ValueId point = point_in_order(data, dims, in_order(shape, dims));
    const Grid& grid = body_type(point).grid;
    std::vector<std::int64_t> values;
    for (std::size_t c = 0; c < std::max(grid.scale.size(), grid.zero_point.size()); ++c) {
        const auto level =
            (op.value / channel_parameter(grid.scale, c) + channel_parameter(grid.zero_point, c))
                .as_int64();
        if (!level || std::abs(*level) > (std::int64_t{1} << 32)) {
            return refuse(node, "the pad's value is no level of the input's grid",
                          "pad with a value of the grid, such as 0, or quantize behind the pad");
        }
        values.push_back(*level);
    }
    const ValueId result =
        add(ops::IntegerPad{in_order(op.begin, dims), in_order(op.end, dims), std::move(values)},
            {point}, node);
    set_result(node.outputs[0], result, node, dims);
    return true;
}

bool IntegerLowering::lower_selection(const Node& node, std::int64_t axis, std::int64_t k,
                                      bool largest, bool last_index, bool has_values) {
    const ValueId data = node.inputs.at(0);
    const Shape shape = network_shape(data);
    ValueState& state = states_[data];
    if (!state.grid || state.grid->scale.size() != 1 || state.grid->zero_point.size() != 1) {
        return false;
    }
    if (has_values && !is_used(node.outputs.at(1))) {
        return false; // the unit finds indices; values alone are the host's
    }
    integer_point(state);
    std::vector<std::int64_t> dims = present_order(data).value_or(all_dims(shape.size()));
    std::erase(dims, axis);
    dims.push_back(axis);
    const ValueId point = point_in_order(data, dims, in_order(shape, dims));
    const bool flip = body_type(point).grid.scale.front().sign() < 0;
    const bool values_used = has_values && is_used(node.outputs.at(0));
    const std::vector<ValueId> results = program_.body.add_node(
        ops::IntegerTopK{k, largest != flip, last_index, values_used}, {point}, node.name,
        node.onnx_op,
        values_used ? std::vector<std::string>{node.name, node.name + ".values"}
                    : std::vector<std::string>{node.name});
    Shape result_shape = shape;
    result_shape[static_cast<std::size_t>(axis)] = k;
    const TensorView view = TensorView::permuted(result_shape, dims);
    set_result(node.outputs.at(has_values ? 1 : 0), results[0], node, view);
    if (values_used) {
        set_result(node.outputs.at(0), results[1], node, view);
    } else if (has_values) {
        states_[node.outputs.at(0)].place = Place::tail; // nobody asks for it
    }
    return true;
}

bool IntegerLowering::is_used(ValueId id) const { return uses_[id] != 0; }

} // namespace millrace::passes
