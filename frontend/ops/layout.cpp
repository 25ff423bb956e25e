// SPDX-License-Identifier: Apache-2.0
//
// Operators that give the same elements another shape or order: Flatten, Reshape, Transpose,
// Squeeze, Unsqueeze; and those that repeat elements: Expand, Tile.
#include "frontend/context.hpp"
#include "frontend/ops/axis_indices.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace millrace::frontend::ops_import {

namespace {

std::int64_t product(const Shape& shape, std::size_t begin, std::size_t end) {
    return element_count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(begin),
                               shape.begin() + static_cast<std::ptrdiff_t>(end)));
}

void set_reshaped(NodeContext& node, const Shape& shape) {
    node.set_output(0, node.reshape(node.input(0), shape));
}

/// The axes of Squeeze and Unsqueeze: an attribute before operator set 13, an input since.
std::optional<std::vector<std::int64_t>> axes_of(NodeContext& node) {
    if (node.opset() < 13) {
        auto axes = node.attributes.integers("axes");
        if (node.has_input(1)) {
            node.fail(Code::wrong_arity,
                      "the axes are an input, which operator set 13 began to allow",
                      "export the model with a newer operator set");
        }
        return axes;
    }
    if (!node.has_input(1)) {
        return std::nullopt;
    }
    return node.integers(1, "the list of axes");
}

/// Axes in [0, rank) without repetitions.
std::set<std::int64_t> checked_axes(NodeContext& node, const std::vector<std::int64_t>& axes,
                                    std::int64_t rank) {
    std::set<std::int64_t> result;
    for (const std::int64_t axis : axes) {
        if (!result.insert(node.axis(axis, rank)).second) {
            node.fail(Code::bad_attribute, fmt::format("axis {} is listed twice", axis),
                      "list every axis once");
        }
    }
    return result;
}

/// 0 copies the input's dimension (unless allowzero), one -1 takes what is left.
Shape reshape_target(NodeContext& node, const std::vector<std::int64_t>& wanted, const Shape& from,
                     bool allow_zero) {
    Shape shape;
    std::optional<std::size_t> open;
    const auto fail = [&](std::string_view why) {
        node.fail(
            Code::shape_mismatch,
            fmt::format("shape {} cannot become {}: {}", to_string(from), to_string(wanted), why),
            "correct the target shape where the model is made");
    };
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::int64_t size = wanted[i];
        if (size == 0 && !allow_zero) {
            if (i >= from.size()) {
                fail("a 0 stands where the input has no dimension");
            }
            size = from[i];
        } else if (size == -1) {
            if (open) {
                fail("-1 stands twice");
            }
            open = i;
            size = 1;
        } else if (size < 0) {
            fail("a dimension is negative");
        }
        shape.push_back(size);
    }
    node.builder().check_shape(shape, node.report());
    if (open) {
        const std::int64_t rest = element_count(shape);
        const std::int64_t count = element_count(from);
        if (rest == 0 || count % rest != 0) {
            fail("-1 has no solution");
        }
        shape[*open] = count / rest;
    }
    return shape;
}

} // namespace

/// [product of the dimensions before axis, product of the rest].
void flatten(NodeContext& node) {
    std::int64_t axis = node.attributes.integer("axis", 1);
    const Shape& shape = node.shape(0);
    const auto rank = static_cast<std::int64_t>(shape.size());
    const std::int64_t lowest = node.opset() >= 11 ? -rank : 0;
    if (axis < lowest || axis > rank) {
        node.attributes.reject("axis",
                               fmt::format("is {}, the input has {} dimensions", axis, rank));
    }
    node.stop_on_errors();
    axis = axis < 0 ? axis + rank : axis;
    const auto split = static_cast<std::size_t>(axis);
    set_reshaped(node, {product(shape, 0, split), product(shape, split, shape.size())});
}

void reshape(NodeContext& node) {
    const bool allow_zero = node.opset() >= 14 && node.attributes.flag("allowzero", false);
    const auto wanted = node.integers(1, "the target shape");
    set_reshaped(node, reshape_target(node, wanted, node.shape(0), allow_zero));
}

void transpose(NodeContext& node) {
    auto perm = node.attributes.integers("perm");
    const std::size_t rank = node.shape(0).size();
    if (!perm) {
        perm.emplace(rank);
        std::iota(perm->rbegin(), perm->rend(), 0);
    }
    std::vector<std::int64_t> sorted = *perm;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::int64_t> identity(rank);
    std::iota(identity.begin(), identity.end(), 0);
    if (sorted != identity) {
        node.attributes.reject(
            "perm", fmt::format("is {}, no order of {} dimensions", to_string(*perm), rank));
    }
    node.stop_on_errors();
    node.set_output(0, *perm == identity
                           ? node.input(0)
                           : node.emit(ops::Transpose{std::move(*perm)}, {node.input(0)}));
}

void squeeze(NodeContext& node) {
    const auto wanted = axes_of(node);
    const Shape& shape = node.shape(0);
    const auto axes = checked_axes(node, wanted.value_or(std::vector<std::int64_t>{}),
                                   static_cast<std::int64_t>(shape.size()));
    Shape result;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool listed = axes.contains(static_cast<std::int64_t>(i));
        if (listed && shape[i] != 1) {
            node.fail(Code::shape_mismatch,
                      fmt::format("dimension {} of shape {} is not 1", i, to_string(shape)),
                      "correct the axes where the model is made");
        }
        if (wanted ? !listed : shape[i] != 1) {
            result.push_back(shape[i]);
        }
    }
    set_reshaped(node, result);
}

void unsqueeze(NodeContext& node) {
    const auto wanted = axes_of(node);
    if (!wanted) {
        node.attributes.reject("axes", "is missing");
    }
    node.stop_on_errors();
    const Shape& shape = node.shape(0);
    const std::size_t rank = shape.size() + wanted->size();
    if (static_cast<std::int64_t>(rank) > max_rank) {
        node.fail(Code::shape_mismatch, fmt::format("the result would have {} dimensions", rank),
                  "correct the axes where the model is made");
    }
    const auto axes = checked_axes(node, *wanted, static_cast<std::int64_t>(rank));
    Shape result;
    auto next = shape.begin();
    for (std::size_t i = 0; i < rank; ++i) {
        result.push_back(axes.contains(static_cast<std::int64_t>(i)) ? 1 : *next++);
    }
    set_reshaped(node, result);
}

/// Broadcasting to the common shape of the input and the target (ONNX Expand-13).
void expand(NodeContext& node) {
    const auto wanted = node.integers(1, "the target shape");
    node.builder().check_shape(wanted, node.report());
    const Shape& from = node.shape(0);
    Shape shape;
    try {
        shape = broadcast_shape(from, wanted);
    } catch (const std::invalid_argument& error) {
        node.fail(Code::shape_mismatch, error.what(), "correct the shape where the model is made");
    }
    ValueId value = node.reshape(node.input(0), [&] {
        Shape aligned(shape.size() - from.size(), 1);
        aligned.insert(aligned.end(), from.begin(), from.end());
        return aligned;
    }());
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (node.type(value).shape[i] != shape[i]) {
            value = taken_along(node, value, static_cast<std::int64_t>(i),
                                index_list(node, shape[i], [](std::int64_t) { return 0; }));
        }
    }
    node.set_output(0, value);
}

/// Each axis repeated (ONNX Tile-6).
void tile(NodeContext& node) {
    const std::vector<std::int64_t> repeats = node.integers(1, "the list of repeats");
    const Shape shape = node.shape(0);
    if (repeats.size() != shape.size()) {
        node.fail(
            Code::bad_attribute,
            fmt::format("{} repeats are given for shape {}", repeats.size(), to_string(shape)),
            "give every axis a number of repeats");
    }
    ValueId value = node.input(0);
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::int64_t most = node.builder().options().max_elements;
        if (repeats[i] < 0 || repeats[i] > most || shape[i] > most) {
            node.fail(Code::bad_attribute, fmt::format("an axis is repeated {} times", repeats[i]),
                      "correct the repeats where the model is made");
        }
        const std::int64_t size = shape[i];
        value = taken_along(node, value, static_cast<std::int64_t>(i),
                            index_list(node, size * repeats[i],
                                       [size](std::int64_t position) { return position % size; }));
    }
    node.set_output(0, value);
}

} // namespace millrace::frontend::ops_import
