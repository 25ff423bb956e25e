// SPDX-License-Identifier: Apache-2.0
//
// Elementwise operators of any number of tensors: Sum, Mean, Max, Min.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

ValueId required(NodeContext& node, std::size_t index) {
    if (!node.has_input(index)) {
        node.fail(Code::wrong_arity, fmt::format("input {} is not optional", index),
                  "remove the empty input");
    }
    return node.input(index);
}

ValueId total(NodeContext& node) {
    ValueId result = required(node, 0);
    for (std::size_t i = 1; i < node.input_count(); ++i) {
        result = node.emit(ops::Add{}, {result, required(node, i)});
    }
    return result;
}

/// The one number that a constant holds, when it broadcasts to x without changing its shape.
std::optional<Real> single_number(const NodeContext& node, ValueId value, ValueId x) {
    const TensorPtr constant = node.constant_of(value);
    if (constant == nullptr || constant->size() != 1 ||
        constant->rank() > static_cast<std::int64_t>(node.type(x).shape.size())) {
        return std::nullopt;
    }
    return constant->at(0);
}

/// max(a, b) = a + max(b - a, 0) and min(a, b) = a - max(a - b, 0), which are exact; with one
/// number it is Clip.
ValueId extreme(NodeContext& node, ValueId a, ValueId b, bool largest) {
    for (const auto& [x, bound] : {std::pair(a, b), std::pair(b, a)}) {
        if (const auto number = single_number(node, bound, x)) {
            ops::Clip op;
            (largest ? op.low : op.high) = *number;
            return node.emit(op, {x});
        }
    }
    const ValueId excess = largest ? node.emit(ops::Sub{}, {b, a}) : node.emit(ops::Sub{}, {a, b});
    const ValueId positive = node.emit(ops::Relu{}, {excess});
    return largest ? node.emit(ops::Add{}, {a, positive}) : node.emit(ops::Sub{}, {a, positive});
}

void extremes(NodeContext& node, bool largest) {
    ValueId result = required(node, 0);
    for (std::size_t i = 1; i < node.input_count(); ++i) {
        result = extreme(node, result, required(node, i), largest);
    }
    node.set_output(0, result);
}

} // namespace

void sum(NodeContext& node) { node.set_output(0, total(node)); }

void mean(NodeContext& node) {
    const ValueId result = total(node);
    const Real count(static_cast<std::int64_t>(node.input_count()));
    const ValueId divisor = node.add_constant(Tensor::scalar(count), node.element(0));
    node.set_output(0, node.emit(ops::Div{}, {result, divisor}));
}

void max(NodeContext& node) { extremes(node, true); }

void min(NodeContext& node) { extremes(node, false); }

} // namespace millrace::frontend::ops_import
