// SPDX-License-Identifier: Apache-2.0
//
// Pad. Negative pads cut (Slice) before the positive ones add.
#include "frontend/context.hpp"
#include "frontend/ops/axis_indices.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace millrace::frontend::ops_import {

namespace {

constexpr std::int64_t largest_pad = std::int64_t{1} << 31;

enum class PadMode : std::uint8_t { constant, reflect, edge, wrap };

struct Pads {
    PadMode mode = PadMode::constant;
    Shape begin;
    Shape end;
    Real value;
};

PadMode pad_mode(NodeContext& node) {
    const std::string text = node.attributes.text("mode").value_or("constant");
    if (text == "reflect") {
        return PadMode::reflect;
    }
    if (text == "edge") {
        return PadMode::edge;
    }
    if (text == "wrap" && node.opset() >= 19) {
        return PadMode::wrap;
    }
    if (text != "constant") {
        node.attributes.reject("mode", fmt::format("is '{}'; known are constant, reflect, edge "
                                                   "and, since operator set 19, wrap",
                                                   escaped(text)));
    }
    return PadMode::constant;
}

/// Pads and value are attributes before operator set 11 and inputs since; the axes are an input
/// since operator set 18.
Pads read_pads(NodeContext& node) {
    Pads result;
    result.mode = pad_mode(node);
    std::vector<std::int64_t> list;
    std::optional<std::vector<std::int64_t>> axes;
    if (node.opset() < 11) {
        const auto given = node.attributes.integers("pads");
        result.value = node.attributes.real("value", 0.0F);
        if (!given) {
            node.attributes.reject("pads", "is missing");
        }
        if (node.input_count() > 1) {
            node.fail(Code::wrong_arity,
                      "the pads are an input, which operator set 11 began to allow",
                      "export the model with a newer operator set");
        }
        node.stop_on_errors();
        list = *given;
    } else {
        if (!node.has_input(1)) {
            node.fail(Code::wrong_arity, "input 1 (pads) is missing", "give the pads as an input");
        }
        list = node.integers(1, "the list of pads");
        if (node.has_input(2)) {
            result.value = node.scalar(2, "the value of the pads");
        }
        if (node.has_input(3)) {
            axes = node.integers(3, "the list of axes");
        }
    }
    const std::size_t rank = node.shape(0).size();
    if (!axes) {
        axes.emplace(rank);
        std::iota(axes->begin(), axes->end(), 0);
    }
    if (list.size() != 2 * axes->size()) {
        node.fail(Code::bad_attribute,
                  fmt::format("{} pads are given for {} axes", list.size(), axes->size()),
                  "give each axis a pad at its beginning and one at its end");
    }
    result.begin.assign(rank, 0);
    result.end.assign(rank, 0);
    std::vector<bool> seen(rank, false);
    for (std::size_t i = 0; i < axes->size(); ++i) {
        const auto axis =
            static_cast<std::size_t>(node.axis((*axes)[i], static_cast<std::int64_t>(rank)));
        result.begin[axis] = list[i];
        result.end[axis] = list[axes->size() + i];
        const bool too_large =
            std::max(std::abs(std::max(result.begin[axis], -largest_pad - 1)),
                     std::abs(std::max(result.end[axis], -largest_pad - 1))) > largest_pad;
        if (seen[axis] || too_large) {
            node.fail(Code::bad_attribute,
                      too_large ? fmt::format("axis {} has pads of {} and {}", axis,
                                              result.begin[axis], result.end[axis])
                                : fmt::format("axis {} is listed twice", axis),
                      "correct the pads where the model is made");
        }
        seen[axis] = true;
    }
    return result;
}

/// Cuts what negative pads say and clears them.
ValueId cut_negative(NodeContext& node, ValueId x, Pads& pads) {
    const Shape shape = node.type(x).shape;
    ops::Slice op{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
    for (std::size_t i = 0; i < shape.size(); ++i) {
        op.starts[i] = std::min(std::max<std::int64_t>(-pads.begin[i], 0), shape[i]);
        op.ends[i] = std::max(shape[i] + std::min<std::int64_t>(pads.end[i], 0), op.starts[i]);
        pads.begin[i] = std::max<std::int64_t>(pads.begin[i], 0);
        pads.end[i] = std::max<std::int64_t>(pads.end[i], 0);
    }
    return op.starts == Shape(shape.size(), 0) && op.ends == shape ? x
                                                                   : node.emit(std::move(op), {x});
}

/// The input's element that stands at a position before, in or behind an axis of `size`.
std::int64_t source_of(PadMode mode, std::int64_t position, std::int64_t size) {
    const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
    switch (mode) {
    case PadMode::reflect: {
        if (size == 1) {
            return 0;
        }
        const std::int64_t period = 2 * (size - 1);
        const std::int64_t place = modulo(position, period);
        return place < size ? place : period - place;
    }
    case PadMode::wrap:
        return modulo(position, size);
    case PadMode::edge:
    case PadMode::constant:
        break;
    }
    return std::clamp<std::int64_t>(position, 0, size - 1);
}

} // namespace

void pad(NodeContext& node) {
    Pads pads = read_pads(node);
    ValueId value = cut_negative(node, node.input(0), pads);
    const Shape shape = node.type(value).shape;
    if (pads.mode == PadMode::constant) {
        const Shape zeros(shape.size(), 0);
        node.set_output(0, pads.begin == zeros && pads.end == zeros
                               ? value
                               : node.emit(ops::Pad{pads.begin, pads.end, pads.value}, {value}));
        return;
    }
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const std::int64_t size = shape[axis];
        const std::int64_t begin = pads.begin[axis];
        if (size == 0 && begin + pads.end[axis] > 0) {
            node.fail(Code::shape_mismatch,
                      fmt::format("axis {} of shape {} has no elements to repeat", axis,
                                  to_string(shape)),
                      "pad with a constant");
        }
        value =
            taken_along(node, value, static_cast<std::int64_t>(axis),
                        index_list(node, begin + size + pads.end[axis], [&](std::int64_t position) {
                            return source_of(pads.mode, position - begin, size);
                        }));
    }
    node.set_output(0, value);
}

} // namespace millrace::frontend::ops_import
