// SPDX-License-Identifier: Apache-2.0
//
// Operators that pick or join parts of tensors: Gather, Concat, Slice, Split.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace millrace::frontend::ops_import {

namespace {

/// The bounds of Slice: attributes before operator set 10, inputs since.
struct SliceBounds {
    std::vector<std::int64_t> starts;
    std::vector<std::int64_t> ends;
    std::optional<std::vector<std::int64_t>> axes;
    std::optional<std::vector<std::int64_t>> steps;
};

SliceBounds slice_bounds(NodeContext& node) {
    SliceBounds bounds;
    if (node.opset() < 10) {
        auto starts = node.attributes.integers("starts");
        auto ends = node.attributes.integers("ends");
        bounds.axes = node.attributes.integers("axes");
        if (node.input_count() != 1) {
            node.fail(Code::wrong_arity,
                      "the bounds are inputs, which operator set 10 began to allow",
                      "export the model with a newer operator set");
        }
        if (!starts || !ends) {
            node.attributes.reject(starts ? "ends" : "starts", "is missing");
        }
        node.stop_on_errors();
        bounds.starts = std::move(*starts);
        bounds.ends = std::move(*ends);
        return bounds;
    }
    if (node.input_count() < 3 || !node.has_input(1) || !node.has_input(2)) {
        node.fail(Code::wrong_arity, "starts and ends must be given",
                  "see the operator's description in the ONNX documentation");
    }
    bounds.starts = node.integers(1, "the list of starts");
    bounds.ends = node.integers(2, "the list of ends");
    if (node.has_input(3)) {
        bounds.axes = node.integers(3, "the list of axes");
    }
    if (node.has_input(4)) {
        bounds.steps = node.integers(4, "the list of steps");
    }
    return bounds;
}

/// Clamps a bound as ONNX Slice-13 says: from the end when negative, then into [low, high].
std::int64_t clamped(std::int64_t value, std::int64_t size, std::int64_t low, std::int64_t high) {
    if (value < 0) {
        value = value < -size - 1 ? -1 : value + size;
    }
    return std::clamp(value, low, high);
}

} // namespace

void gather(NodeContext& node) {
    const std::int64_t wanted = node.attributes.integer("axis", 0);
    const ValueId data = node.input(0);
    const std::int64_t axis = node.axis(wanted, static_cast<std::int64_t>(node.shape(0).size()));
    static_cast<void>(node.parameter(1, "the list of indices"));
    node.set_output(0, node.emit(ops::Gather{axis}, {data, node.input(1)}));
}

void concat(NodeContext& node) {
    const std::int64_t wanted = node.attributes.required_integer("axis");
    node.stop_on_errors();
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < node.input_count(); ++i) {
        if (!node.has_input(i)) {
            node.fail(Code::wrong_arity, fmt::format("input {} is not optional", i),
                      "remove the empty input");
        }
        inputs.push_back(node.input(i));
    }
    const std::int64_t axis = node.axis(wanted, static_cast<std::int64_t>(node.shape(0).size()));
    node.set_output(0, inputs.size() == 1 ? inputs.front() : node.emit(ops::Concat{axis}, inputs));
}

void slice(NodeContext& node) {
    SliceBounds bounds = slice_bounds(node);
    const Shape& shape = node.shape(0);
    const auto rank = static_cast<std::int64_t>(shape.size());
    if (!bounds.axes) {
        bounds.axes.emplace(bounds.starts.size());
        std::iota(bounds.axes->begin(), bounds.axes->end(), 0);
    }
    if (!bounds.steps) {
        bounds.steps.emplace(bounds.starts.size(), 1);
    }
    const std::size_t count = bounds.starts.size();
    if (bounds.ends.size() != count || bounds.axes->size() != count ||
        bounds.steps->size() != count) {
        node.fail(Code::bad_attribute, "starts, ends, axes and steps differ in length",
                  "correct the bounds where the model is made");
    }
    ops::Slice op{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
    std::vector<bool> seen(shape.size(), false);
    for (std::size_t i = 0; i < count; ++i) {
        const auto axis = static_cast<std::size_t>(node.axis((*bounds.axes)[i], rank));
        const std::int64_t step = (*bounds.steps)[i];
        if (seen[axis] || step == 0) {
            node.fail(Code::bad_attribute,
                      step == 0 ? "a step is 0" : fmt::format("axis {} is listed twice", axis),
                      "correct the bounds where the model is made");
        }
        seen[axis] = true;
        const std::int64_t size = shape[axis];
        op.steps[axis] = step;
        if (step > 0) {
            op.starts[axis] = clamped(bounds.starts[i], size, 0, size);
            op.ends[axis] = clamped(bounds.ends[i], size, 0, size);
        } else {
            // An axis without elements has no place to start from; nothing is taken from it.
            op.starts[axis] = size == 0 ? -1 : clamped(bounds.starts[i], size, 0, size - 1);
            op.ends[axis] = clamped(bounds.ends[i], size, -1, std::max<std::int64_t>(size - 1, -1));
        }
    }
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

/// One Slice per output. The sizes are an attribute before operator set 13 and an input since; left
/// out, the outputs are of equal size (the last may be smaller since operator set 18).
void split(NodeContext& node) {
    const std::int64_t wanted = node.attributes.integer("axis", 0);
    const auto count = static_cast<std::int64_t>(node.output_count());
    std::optional<std::vector<std::int64_t>> sizes;
    if (node.opset() < 13) {
        sizes = node.attributes.integers("split");
        if (node.has_input(1)) {
            node.fail(Code::wrong_arity,
                      "the sizes are an input, which operator set 13 began to allow",
                      "export the model with a newer operator set");
        }
    } else if (node.has_input(1)) {
        sizes = node.integers(1, "the list of sizes");
    }
    if (node.opset() >= 18 && node.attributes.integer("num_outputs", count) != count) {
        node.attributes.reject("num_outputs", fmt::format("is not {}", count));
    }
    node.stop_on_errors();
    const Shape shape = node.shape(0);
    const std::int64_t axis = node.axis(wanted, static_cast<std::int64_t>(shape.size()));
    const std::int64_t whole = shape[static_cast<std::size_t>(axis)];
    if (!sizes) {
        const std::int64_t each = (whole + count - 1) / count;
        if (node.opset() < 18 && each * count != whole) {
            node.fail(Code::shape_mismatch,
                      fmt::format("{} does not divide axis {} of shape {}", count, axis,
                                  to_string(shape)),
                      "give the sizes of the parts");
        }
        sizes.emplace(static_cast<std::size_t>(count), each);
        sizes->back() = std::max<std::int64_t>(whole - each * (count - 1), 0);
    }
    std::int64_t begin = 0;
    ops::Slice op{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
    for (std::size_t i = 0; i < sizes->size(); ++i) {
        const std::int64_t size = (*sizes)[i];
        if (size < 0 || size > whole - begin || sizes->size() != node.output_count()) {
            break;
        }
        op.starts[static_cast<std::size_t>(axis)] = begin;
        op.ends[static_cast<std::size_t>(axis)] = begin + size;
        begin += size;
        node.set_output(i, node.emit(op, {node.input(0)}));
    }
    if (begin != whole || sizes->size() != node.output_count()) {
        node.fail(Code::shape_mismatch,
                  fmt::format("parts of sizes {} are not axis {} of shape {}", to_string(*sizes),
                              axis, to_string(shape)),
                  "give each output its size; together they make the axis");
    }
}

} // namespace millrace::frontend::ops_import
