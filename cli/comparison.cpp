// SPDX-License-Identifier: Apache-2.0
#include "cli/comparison.hpp"

#include "cli/elements.hpp"
#include "passes/explain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace::cli {

namespace {

/// Identical numbers; a zero's sign says nothing about the value.
bool identical(Element a, Element b) { return a == b; }

const Node* producer_of(const Graph& network, ValueId value) {
    for (const Node& node : network.nodes) {
        if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) {
            return &node;
        }
    }
    return nullptr;
}

/// Decision points of one sample, worked out at most once.
class Explanations {
  public:
    Explanations(const Graph& network, const std::vector<HostArray>& inputs)
        : network_(network),
          inputs_(inputs) {}

    bool explains(std::int64_t sample, std::size_t output) {
        if (sample != sample_) {
            std::vector<Tensor> tensors;
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                const Shape& shape = shape_of(network_.value(network_.inputs.at(i)).type);
                tensors.push_back(inputs_[i].tensor(sample * element_count(shape), shape));
            }
            decisions_ = passes::close_decisions(network_, tensors);
            sample_ = sample;
        }
        return !decisions_.at(output).empty();
    }

  private:
    const Graph& network_;
    const std::vector<HostArray>& inputs_;
    std::int64_t sample_ = -1;
    std::vector<std::vector<passes::CloseDecision>> decisions_;
};

} // namespace

Equality compare(const std::vector<HostArray>& reference, const std::vector<HostArray>& other) {
    Equality result;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const std::int64_t count = element_count(reference[i].shape);
        if (i >= other.size() || other[i].type != reference[i].type ||
            other[i].data.size() != reference[i].data.size()) {
            result.different += count;
            continue;
        }
        for (std::int64_t element = 0; element < count; ++element) {
            ++(identical(element_at(reference[i], element), element_at(other[i], element))
                   ? result.equal
                   : result.different);
        }
    }
    return result;
}

bool is_quantized_output(const Graph& network, ValueId output) {
    if (is_integer(std::get<RealType>(network.value(output).type).element)) {
        return true;
    }
    // Steps that move elements, and the pair QuantizeLinear, DequantizeLinear around a quantizer.
    for (const Node* node = producer_of(network, output); node != nullptr;
         node = producer_of(network, node->inputs.at(0))) {
        if (std::holds_alternative<ops::Quantize>(node->op) ||
            std::holds_alternative<ops::MultiThreshold>(node->op) ||
            std::holds_alternative<ops::Sign>(node->op) ||
            std::holds_alternative<ops::ArgMax>(node->op)) {
            return true;
        }
        const bool moves = std::holds_alternative<ops::Reshape>(node->op) ||
                           std::holds_alternative<ops::Transpose>(node->op) ||
                           std::holds_alternative<ops::Cast>(node->op) ||
                           node->onnx_op == "QuantizeLinear" || node->onnx_op == "DequantizeLinear";
        if (!moves) {
            return false;
        }
    }
    return false;
}

ExpectResult compare_expected(const Graph& network, const std::vector<HostArray>& inputs,
                              const std::vector<HostArray>& outputs,
                              const std::vector<HostArray>& expected, std::int64_t samples) {
    constexpr Element tolerance = 1e-5L;
    constexpr std::size_t most_examples = 5;
    ExpectResult result;
    Explanations explanations(network, inputs);
    std::vector<Element> allowed(outputs.size(), 0);
    for (std::size_t output = 0; output < outputs.size(); ++output) {
        if (!is_quantized_output(network, network.outputs.at(output))) {
            for (std::int64_t i = 0; i < element_count(expected[output].shape); ++i) {
                const Element magnitude = std::fabs(element_at(expected[output], i));
                if (std::isfinite(magnitude)) {
                    allowed[output] = std::max(allowed[output], tolerance * magnitude);
                }
            }
        }
    }
    for (std::int64_t sample = 0; sample < samples; ++sample) {
        for (std::size_t output = 0; output < outputs.size(); ++output) {
            const std::int64_t count = element_count(outputs[output].shape) / samples;
            for (std::int64_t i = 0; i < count; ++i) {
                const Element ours = element_at(outputs[output], sample * count + i);
                const Element theirs = element_at(expected[output], sample * count + i);
                // Equal infinities have no difference that is a number.
                const Element difference = ours == theirs ? 0 : std::fabs(ours - theirs);
                result.max_abs_difference =
                    std::isnan(difference)
                        ? std::numeric_limits<double>::infinity()
                        : std::max(result.max_abs_difference, static_cast<double>(difference));
                if (difference <= allowed[output]) { // false for NaN
                    ++result.equal;
                } else if (std::isfinite(theirs) && explanations.explains(sample, output)) {
                    ++result.explained;
                } else {
                    ++result.unexplained;
                    if (result.examples.size() < most_examples) {
                        result.examples.push_back({output, sample, i, static_cast<double>(ours),
                                                   static_cast<double>(theirs)});
                    }
                }
            }
        }
    }
    return result;
}

} // namespace millrace::cli
