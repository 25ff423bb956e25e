// SPDX-License-Identifier: Apache-2.0
#include "cli/comparison.hpp"

#include "cli/elements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

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

constexpr std::size_t most_shown = 5;
/// Of samples without an explanation: the verdict is certain after one, the others are for whoever
/// reads it.
constexpr std::int64_t most_failures = 4;

/// Compares sample by sample; what explains differences is made when the first one is met.
class Comparison {
  public:
    Comparison(const Graph& network, const std::vector<HostArray>& inputs,
               const std::vector<HostArray>& outputs, const std::vector<HostArray>& expected,
               std::int64_t samples)
        : network_(network),
          inputs_(inputs),
          outputs_(outputs),
          expected_(expected),
          samples_(samples),
          allowed_(outputs.size(), 0) {
        constexpr Element tolerance = 1e-5L;
        for (std::size_t output = 0; output < outputs.size(); ++output) {
            if (!is_quantized_output(network, network.outputs.at(output))) {
                for (std::int64_t i = 0; i < element_count(expected[output].shape); ++i) {
                    const Element magnitude = std::fabs(element_at(expected[output], i));
                    if (std::isfinite(magnitude)) {
                        allowed_[output] = std::max(allowed_[output], tolerance * magnitude);
                    }
                }
            }
        }
    }

    ExpectResult run() {
        for (std::int64_t sample = 0; sample < samples_; ++sample) {
            std::vector<ExpectResult::Example> differing;
            bool finite = true;
            for (std::size_t output = 0; output < outputs_.size(); ++output) {
                for (std::int64_t i = 0; i < elements(output); ++i) {
                    const Element ours =
                        element_at(outputs_[output], sample * elements(output) + i);
                    const Element theirs =
                        element_at(expected_[output], sample * elements(output) + i);
                    // Equal infinities have no difference that is a number.
                    const Element difference = ours == theirs ? 0 : std::fabs(ours - theirs);
                    result_.max_abs_difference =
                        std::isnan(difference)
                            ? std::numeric_limits<double>::infinity()
                            : std::max(result_.max_abs_difference, static_cast<double>(difference));
                    if (difference <= allowed_[output]) { // false for NaN
                        ++result_.equal;
                    } else {
                        finite = finite && std::isfinite(theirs);
                        differing.push_back({output, sample, i, static_cast<double>(ours),
                                             static_cast<double>(theirs)});
                    }
                }
            }
            if (!differing.empty()) {
                judge(sample, differing, finite);
            }
        }
        return std::move(result_);
    }

  private:
    [[nodiscard]] std::int64_t elements(std::size_t output) const {
        return element_count(outputs_[output].shape) / samples_;
    }

    void judge(std::int64_t sample, const std::vector<ExpectResult::Example>& differing,
               bool finite) {
        passes::Explanation search;
        const bool searched = finite && result_.unexplained_samples < most_failures;
        if (searched) {
            search = explain(sample);
        }
        if (search.found) {
            ++result_.explained_samples;
            result_.explained += std::ssize(differing);
            result_.decisions += std::ssize(search.decisions);
            for (const passes::CloseDecision& decision : search.decisions) {
                if (result_.first_decisions.size() < most_shown) {
                    result_.first_decisions.push_back({sample, decision});
                }
            }
            return;
        }
        ++result_.unexplained_samples;
        result_.unexplained += std::ssize(differing);
        if (searched || !finite) {
            if (result_.failures.size() < most_shown) {
                result_.failures.push_back({sample, searched, std::move(search)});
            }
        } else {
            ++result_.unsearched_samples;
        }
        for (const ExpectResult::Example& example : differing) {
            if (result_.examples.size() < most_shown) {
                result_.examples.push_back(example);
            }
        }
    }

    passes::Explanation explain(std::int64_t sample) {
        if (!explainer_) {
            explainer_ = std::make_unique<passes::Explainer>(network_);
        }
        std::vector<Tensor> tensors;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const Shape& shape = shape_of(network_.value(network_.inputs.at(i)).type);
            tensors.push_back(inputs_[i].tensor(sample * element_count(shape), shape));
        }
        std::vector<passes::ExpectedOutput> wanted;
        for (std::size_t output = 0; output < outputs_.size(); ++output) {
            passes::ExpectedOutput& one = wanted.emplace_back();
            one.allowed = static_cast<double>(allowed_[output]);
            for (std::int64_t i = 0; i < elements(output); ++i) {
                one.values.push_back(element_at(expected_[output], sample * elements(output) + i));
            }
        }
        return explainer_->explain(tensors, wanted);
    }

    const Graph& network_;
    const std::vector<HostArray>& inputs_;
    const std::vector<HostArray>& outputs_;
    const std::vector<HostArray>& expected_;
    std::int64_t samples_;
    std::vector<Element> allowed_;
    std::unique_ptr<passes::Explainer> explainer_;
    ExpectResult result_;
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
    return Comparison(network, inputs, outputs, expected, samples).run();
}

} // namespace millrace::cli
