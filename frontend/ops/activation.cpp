// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions of one tensor: Relu, LeakyRelu, PRelu, Clip, Sigmoid, Tanh, HardSigmoid,
// HardSwish, Swish, Sign, Abs.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <cmath>
#include <limits>

namespace millrace::frontend::ops_import {

namespace {

void unary(NodeContext& node, Op op) {
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

/// A finite bound of Clip; `lower` says which. At or beyond the largest float32 it bounds nothing:
/// it is how exporters write a missing one.
std::optional<Real> finite_bound(const Real& value, bool lower) {
    const Real largest = Real::from_double(static_cast<double>(std::numeric_limits<float>::max()));
    const bool bounds = lower ? value > -largest : value < largest;
    return bounds ? std::optional(value) : std::nullopt;
}

/// An infinite bound on its own side bounds nothing; others are illegal.
std::optional<Real> non_finite_bound(NodeContext& node, std::string_view what, bool lower,
                                     double value) {
    if (std::isnan(value) || (value > 0) == lower) {
        node.fail(Code::non_finite_constant, std::string(what) + " is not a finite number",
                  "give the bound a finite value, or leave it out");
    }
    return std::nullopt;
}

std::optional<Real> attribute_bound(NodeContext& node, std::string_view name, bool lower) {
    const auto value = node.attributes.single(name);
    if (!value) {
        return std::nullopt;
    }
    const auto wide = static_cast<double>(*value);
    return std::isfinite(wide) ? finite_bound(Real::from_double(wide), lower)
                               : non_finite_bound(node, name, lower, wide);
}

std::optional<Real> input_bound(NodeContext& node, std::size_t index, bool lower) {
    if (!node.has_input(index)) {
        return std::nullopt;
    }
    const std::string_view what = lower ? "the lower bound" : "the upper bound";
    if (const auto value = node.non_finite_element(index)) {
        return non_finite_bound(node, what, lower, *value);
    }
    return finite_bound(node.scalar(index, what), lower);
}

} // namespace

void relu(NodeContext& node) { unary(node, ops::Relu{}); }

void leaky_relu(NodeContext& node) {
    unary(node, ops::LeakyRelu{node.attributes.real("alpha", 0.01F)});
}

void prelu(NodeContext& node) {
    node.set_output(0, node.emit(ops::PRelu{}, {node.input(0), node.input(1)}));
}

/// Bounds are attributes before operator set 11 and inputs since.
void clip(NodeContext& node) {
    ops::Clip op;
    if (node.opset() < 11) {
        if (node.input_count() > 1) {
            node.fail(Code::wrong_arity,
                      "the bounds are inputs, which operator set 11 began to allow",
                      "export the model with a newer operator set");
        }
        op.low = attribute_bound(node, "min", true);
        op.high = attribute_bound(node, "max", false);
    } else {
        op.low = input_bound(node, 1, true);
        op.high = input_bound(node, 2, false);
    }
    unary(node, op);
}

void sigmoid(NodeContext& node) { unary(node, ops::Sigmoid{}); }

void tanh(NodeContext& node) { unary(node, ops::Tanh{}); }

void hard_sigmoid(NodeContext& node) {
    const Real alpha = node.attributes.real("alpha", 0.2F);
    const Real beta = node.attributes.real("beta", 0.5F);
    unary(node, ops::HardSigmoid{alpha, beta});
}

/// x * HardSigmoid(x) with alpha = 1/6 and beta = 1/2.
void hard_swish(NodeContext& node) {
    const ValueId x = node.input(0);
    const ValueId gate = node.emit(ops::HardSigmoid{Real::ratio(1, 6), Real::ratio(1, 2)}, {x});
    node.set_output(0, node.emit(ops::Mul{}, {x, gate}));
}

/// x * Sigmoid(alpha * x).
void swish(NodeContext& node) {
    const Real alpha = node.attributes.real("alpha", 1.0F);
    const ValueId x = node.input(0);
    ValueId argument = x;
    if (alpha != Real(1)) {
        argument =
            node.emit(ops::Mul{}, {x, node.add_constant(Tensor::scalar(alpha), node.element(0))});
    }
    node.set_output(0, node.emit(ops::Mul{}, {x, node.emit(ops::Sigmoid{}, {argument})}));
}

/// A rectifier whose negative side has the slope -1.
void abs(NodeContext& node) { unary(node, ops::LeakyRelu{Real(-1)}); }

void sign(NodeContext& node) { unary(node, ops::Sign{}); }

} // namespace millrace::frontend::ops_import
