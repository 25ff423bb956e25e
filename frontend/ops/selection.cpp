// SPDX-License-Identifier: Apache-2.0
//
// Operators over a whole axis: Softmax, ArgMax, ArgMin, TopK.
#include "frontend/ops/selection.hpp"

#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

ValueId softmax_along(NodeContext& node, ValueId x, std::int64_t wanted, bool flattens) {
    const Shape shape = node.type(x).shape;
    const auto rank = static_cast<std::int64_t>(shape.size());
    if (!flattens || wanted == rank - 1 || wanted == -1) {
        return node.emit(ops::Softmax{node.axis(wanted, rank)}, {x});
    }
    // An axis behind the last dimension is legal here: each element is a row of its own.
    const std::int64_t axis = wanted == rank ? rank : node.axis(wanted, rank);
    const Shape rows(shape.begin(), shape.begin() + axis);
    const Shape columns(shape.begin() + axis, shape.end());
    const ValueId flat = node.reshape(x, {element_count(rows), element_count(columns)});
    return node.reshape(node.emit(ops::Softmax{1}, {flat}), shape);
}

namespace ops_import {

namespace {

void arg_extreme(NodeContext& node, bool largest) {
    ops::ArgMax op;
    op.largest = largest;
    const std::int64_t wanted = node.attributes.integer("axis", 0);
    op.keep_dims = node.attributes.flag("keepdims", true);
    op.last_index = node.opset() >= 12 && node.attributes.flag("select_last_index", false);
    op.axis = node.axis(wanted, static_cast<std::int64_t>(node.shape(0).size()));
    node.set_output(0, node.emit(op, {node.input(0)}));
}

} // namespace

void softmax(NodeContext& node) {
    const bool flattens = node.opset() < 13;
    const std::int64_t wanted = node.attributes.integer("axis", flattens ? 1 : -1);
    node.set_output(0, softmax_along(node, node.input(0), wanted, flattens));
}

void arg_max(NodeContext& node) { arg_extreme(node, true); }

void arg_min(NodeContext& node) { arg_extreme(node, false); }

/// k is an attribute before operator set 10 and an input since; the order of the results is left
/// open by ONNX when `sorted` is 0, so the sorted one is right, too.
void top_k(NodeContext& node) {
    ops::TopK op;
    const std::int64_t wanted = node.attributes.integer("axis", -1);
    if (node.opset() >= 11) {
        op.largest = node.attributes.flag("largest", true);
        node.attributes.ignore({"sorted"});
    }
    if (node.opset() < 10) {
        op.k = node.attributes.required_integer("k");
        if (node.input_count() != 1) {
            node.fail(Code::wrong_arity, "k is an input, which operator set 10 began to allow",
                      "export the model with a newer operator set");
        }
    } else {
        if (!node.has_input(1)) {
            node.fail(Code::wrong_arity, "input 1 (k) is missing", "give k as an input");
        }
        const auto k = node.scalar(1, "k").as_int64();
        if (!k) {
            node.fail(Code::bad_attribute, "k is not an integer", "correct the constant");
        }
        op.k = *k;
    }
    op.axis = node.axis(wanted, static_cast<std::int64_t>(node.shape(0).size()));
    const auto results = node.emit_all(op, {node.input(0)}, 2);
    node.set_output(0, results[0]);
    node.set_output(1, results[1]);
}

} // namespace ops_import

} // namespace millrace::frontend
