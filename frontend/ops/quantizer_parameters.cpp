// SPDX-License-Identifier: Apache-2.0
//
// See quantizer_parameters.hpp. Scales are checked here and not by the op, so that the message can
// name the element.
#include "frontend/ops/quantizer_parameters.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

namespace {

void reject(NodeContext& node, std::string_view what, const TensorPtr& tensor, std::int64_t index,
            std::string_view why) {
    node.fail(Code::bad_attribute,
              fmt::format("{} is {} in element {} and must be {}", what,
                          tensor->at(index).to_string(), index, why),
              "correct the parameter where the model is quantized");
}

} // namespace

TensorPtr scalar_parameter(const Real& value) {
    return std::make_shared<Tensor>(Tensor::scalar(value));
}

TensorPtr any_parameter(NodeContext& node, std::size_t index, std::string_view what) {
    TensorPtr tensor = node.parameter(index, what);
    return tensor->size() == 1 && tensor->rank() != 0 ? scalar_parameter(tensor->at(0)) : tensor;
}

TensorPtr positive_parameter(NodeContext& node, std::size_t index, std::string_view what) {
    TensorPtr tensor = any_parameter(node, index, what);
    for (std::int64_t i = 0; i < tensor->size(); ++i) {
        if (tensor->at(i).sign() <= 0) {
            reject(node, what, tensor, i, "positive");
        }
    }
    return tensor;
}

TensorPtr bit_width_parameter(NodeContext& node, std::size_t index, std::string_view what) {
    TensorPtr tensor = any_parameter(node, index, what);
    for (std::int64_t i = 0; i < tensor->size(); ++i) {
        const Real bits = tensor->at(i);
        if (bits < Real(1) || bits > Real(64)) {
            reject(node, what, tensor, i, "from 1 to 64");
        }
    }
    return tensor;
}

Rounding rounding_attribute(NodeContext& node, Rounding fallback) {
    const auto text = node.attributes.text("rounding_mode");
    if (!text) {
        return fallback;
    }
    const auto mode = rounding_from_qonnx(*text);
    if (!mode) {
        node.attributes.reject("rounding_mode",
                               fmt::format("is '{}'; known are ROUND, HALF_EVEN, CEIL, FLOOR, UP, "
                                           "DOWN, HALF_UP, HALF_DOWN, ROUND_TO_ZERO",
                                           escaped(*text)));
    }
    return mode.value_or(fallback);
}

} // namespace millrace::frontend
