// SPDX-License-Identifier: Apache-2.0
//
// BatchNormalization with its stored mean and variance (inference).
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

/// A parameter with one value per channel.
std::vector<Real> channels(NodeContext& node, std::size_t index, std::string_view what,
                           std::int64_t count) {
    const TensorPtr tensor = node.parameter(index, what);
    if (tensor->rank() != 1 || tensor->size() != count) {
        node.fail(Code::shape_mismatch,
                  fmt::format("{} has shape {}, the input has {} channels", what,
                              to_string(tensor->shape()), count),
                  "give every channel of the input one value");
    }
    return tensor->to_reals();
}

/// (x - mean) * (scale / sqrt(var + epsilon)) + B, with the exact constants: the square root is a
/// real number and is not rounded (ONNX BatchNormalization-15, training_mode = 0).
void normalize(NodeContext& node, bool channels_last) {
    const Real epsilon = node.attributes.real("epsilon", 1e-5F);
    const bool training = node.attributes.flag("training_mode", false);
    const bool spatial =
        channels_last || node.opset() >= 9 || node.attributes.flag("spatial", true);
    node.attributes.ignore({"momentum"});
    if (training) {
        node.attributes.reject("training_mode", "is 1: export the model for inference");
    }
    if (!spatial) {
        node.attributes.reject("spatial", "is 0, which is not supported");
    }
    for (std::size_t i = 1; i < 5; ++i) {
        if (node.output_used(i)) {
            node.fail(Code::wrong_arity,
                      fmt::format("output {} (a running statistic) is used, which is training", i),
                      "export the model for inference");
        }
    }
    const ValueId x = node.input(0);
    const Shape shape = node.shape(0);
    if (shape.size() < 2) {
        node.fail(Code::shape_mismatch,
                  fmt::format("the input has shape {} and so no channels", to_string(shape)),
                  "give the input a batch dimension");
    }
    const std::int64_t count = channels_last ? shape.back() : shape[1];
    const std::vector<Real> scale = channels(node, 1, "scale", count);
    const std::vector<Real> bias = channels(node, 2, "B", count);
    const std::vector<Real> mean = channels(node, 3, "mean", count);
    const std::vector<Real> variance = channels(node, 4, "var", count);
    std::vector<Real> factor;
    factor.reserve(scale.size());
    for (std::size_t c = 0; c < scale.size(); ++c) {
        const Real radicand = variance[c] + epsilon;
        if (radicand.sign() <= 0) {
            node.fail(Code::non_finite_constant,
                      fmt::format("variance + epsilon is not positive in channel {}", c),
                      "check the stored variance of this layer");
        }
        factor.push_back(scale[c] / millrace::sqrt(radicand));
    }
    Shape along_channels(channels_last ? 1 : shape.size() - 1, 1);
    along_channels[0] = count;
    const auto constant = [&](std::vector<Real> values) {
        return node.add_constant(std::make_shared<Tensor>(along_channels, std::move(values)),
                                 node.element(0), ConstantSize{1000, 1, true});
    };
    const ValueId centred = node.emit(ops::Sub{}, {x, constant(mean)});
    const ValueId scaled = node.emit(ops::Mul{}, {centred, constant(std::move(factor))});
    node.set_output(0, node.emit(ops::Add{}, {scaled, constant(bias)}));
}

} // namespace

void batch_normalization(NodeContext& node) { normalize(node, false); }

void channels_last_batch_normalization(NodeContext& node) { normalize(node, true); }

} // namespace millrace::frontend::ops_import
