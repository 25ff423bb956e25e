// SPDX-License-Identifier: Apache-2.0
#include "ir/host_quantizer.hpp"

#include "ir/function/elementwise_steps.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace {

namespace {

constexpr std::int64_t most_levels = 4096; // beyond, evaluating is as good as searching

/// Floats in their order as integers: the next float is the next integer.
std::int32_t to_ordinal(float x) {
    const auto bits = std::bit_cast<std::int32_t>(x);
    return bits >= 0 ? bits
                     : static_cast<std::int32_t>(0x80000000u - static_cast<std::uint32_t>(bits));
}
float from_ordinal(std::int32_t ordinal) {
    return std::bit_cast<float>(
        ordinal >= 0
            ? ordinal
            : static_cast<std::int32_t>(0x80000000u - static_cast<std::uint32_t>(ordinal)));
}

/// Finds all level changes between two floats of known levels by bisection.
void find_starts(const FunctionEvaluator& function, std::int32_t below, std::int64_t level_below,
                 std::int32_t above, std::int64_t level_above, std::vector<float>& starts) {
    if (level_below == level_above) {
        return;
    }
    if (std::int64_t{above} - below == 1) {
        starts.insert(starts.end(), static_cast<std::size_t>(std::abs(level_above - level_below)),
                      from_ordinal(above));
        return;
    }
    const auto middle = static_cast<std::int32_t>(below + (std::int64_t{above} - below) / 2);
    const std::int64_t level = function.at(from_ordinal(middle));
    find_starts(function, below, level_below, middle, level, starts);
    find_starts(function, middle, level, above, level_above, starts);
}

bool monotone(const ExactFunction& function) {
    return std::none_of(function.steps.begin(), function.steps.end(), [](const Step& step) {
        const auto* relu = std::get_if<step::LeakyRelu>(&step);
        return relu != nullptr && std::any_of(relu->slope.begin(), relu->slope.end(),
                                              [](const Real& s) { return s.sign() < 0; });
    });
}

} // namespace

std::optional<HostChain> host_chain(const Graph& head, ValueId output) {
    // Back to the input, then the steps in order.
    std::vector<const Node*> way;
    ValueId value = output;
    const auto is_input = [&](ValueId id) {
        return std::find(head.inputs.begin(), head.inputs.end(), id) != head.inputs.end();
    };
    while (!is_input(value)) {
        const auto producer =
            std::find_if(head.nodes.begin(), head.nodes.end(), [&](const Node& node) {
                return node.outputs.size() == 1 && node.outputs.front() == value;
            });
        if (producer == head.nodes.end()) {
            return std::nullopt;
        }
        std::optional<ValueId> next;
        for (const ValueId input : producer->inputs) {
            if (!head.value(input).constant) {
                if (next) {
                    return std::nullopt; // a join
                }
                next = input;
            }
        }
        if (!next) {
            return std::nullopt;
        }
        way.push_back(&*producer);
        value = *next;
    }
    const Shape& shape = shape_of(head.value(output).type);
    auto function = std::make_shared<ExactFunction>();
    HostChain chain;
    for (const Node* node : way) {
        if (const auto* transpose = std::get_if<ops::Transpose>(&node->op)) {
            if (!chain.perm.empty()) {
                return std::nullopt;
            }
            chain.perm = transpose->perm;
            chain.factors = shape_of(head.value(node->inputs.at(0)).type);
        }
    }
    // One parameter for all, else one for each element.
    for (const std::int64_t channels : {std::int64_t{1}, element_count(shape)}) {
        if (channels != 1 && !chain.perm.empty()) {
            break; // parameters would have to be transposed, too
        }
        function->channels = static_cast<std::size_t>(channels);
        function->steps.clear();
        bool complete = true;
        for (auto node = way.rbegin(); node != way.rend() && complete; ++node) {
            if (std::holds_alternative<ops::Reshape>((*node)->op) ||
                std::holds_alternative<ops::Transpose>((*node)->op)) {
                continue;
            }
            const auto variable =
                std::find_if((*node)->inputs.begin(), (*node)->inputs.end(),
                             [&](ValueId id) { return !head.value(id).constant; });
            const auto found = elementwise_steps(
                head, **node, static_cast<std::size_t>(variable - (*node)->inputs.begin()),
                channels);
            complete = found.steps.has_value();
            if (complete) {
                function->steps.insert(function->steps.end(), found.steps->begin(),
                                       found.steps->end());
            }
        }
        if (complete) {
            const auto index = std::find(head.inputs.begin(), head.inputs.end(), value);
            chain.input = static_cast<std::size_t>(index - head.inputs.begin());
            chain.function = function;
            return chain;
        }
    }
    return std::nullopt;
}

std::optional<FloatThresholds> float_thresholds(const ExactFunction& function) {
    if (!function.same_for_all_channels() || !monotone(function)) {
        return std::nullopt;
    }
    try {
        const FunctionEvaluator evaluator(function, 0);
        constexpr float largest = std::numeric_limits<float>::max();
        const auto lowest_level = evaluator.integer_at(-largest);
        const auto highest_level = evaluator.integer_at(largest);
        if (!lowest_level || !highest_level ||
            std::abs(*highest_level - *lowest_level) > most_levels) {
            return std::nullopt;
        }
        FloatThresholds result{*lowest_level, *highest_level < *lowest_level ? -1 : 1, {}};
        find_starts(evaluator, to_ordinal(-largest), *lowest_level, to_ordinal(largest),
                    *highest_level, result.starts);
        return result;
    } catch (const Undecided&) {
        return std::nullopt;
    } catch (const std::range_error&) { // an unclamped chain leaves 63 bits
        return std::nullopt;
    }
}

HostQuantizer::HostQuantizer(std::shared_ptr<const ExactFunction> function)
    : function_(std::move(function)),
      thresholds_(float_thresholds(*function_)) {
    const std::size_t count = function_->same_for_all_channels() ? 1 : function_->channels;
    for (std::size_t c = 0; c < count; ++c) {
        channels_.emplace_back(*function_, c);
    }
}

bool HostQuantizer::operator()(std::span<const float> x, std::span<std::int64_t> q) const {
    if (!thresholds_) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (!std::isfinite(x[i])) {
                return false;
            }
            q[i] = at(i, x[i]);
        }
        return true;
    }
    const std::vector<float>& starts = thresholds_->starts;
    constexpr std::size_t few = 8;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(x[i])) {
            return false;
        }
        std::int64_t count = 0;
        if (starts.size() <= few) {
            for (const float start : starts) {
                count += x[i] >= start ? 1 : 0;
            }
        } else {
            count = std::upper_bound(starts.begin(), starts.end(), x[i]) - starts.begin();
        }
        q[i] = thresholds_->base + thresholds_->step * count;
    }
    return true;
}

std::int64_t HostQuantizer::at(std::size_t index, double x) const {
    return channels_[index % channels_.size()].at(x);
}

} // namespace millrace
