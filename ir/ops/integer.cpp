// SPDX-License-Identifier: Apache-2.0
//
// Types of functions, selections and reshapes. Ranges are exact for what is known of the inputs:
// the values that a function reaches. Lists with equal entries for all channels become one entry,
// so that equal types are equal fields.
#include "ir/ops/integer.hpp"

#include "ir/function/step_function.hpp"
#include "ir/op.hpp"
#include "ir/ops/integer_inference.hpp"
#include "ir/ops/integer_rearrange.hpp"

namespace millrace::ops {

namespace {

/// Lists of per-channel parameters of a step by size.
std::vector<std::size_t> parameter_counts(const Step& step) {
    return std::visit(
        Overload{[](const step::Affine& s) {
                     return std::vector{s.scale.size(), s.offset.size()};
                 },
                 [](const step::LeakyRelu& s) { return std::vector{s.slope.size()}; },
                 [](const step::Clip& /*step*/) { return std::vector<std::size_t>{}; },
                 [](const step::Sigmoid& /*step*/) { return std::vector<std::size_t>{}; },
                 [](const step::Tanh& /*step*/) { return std::vector<std::size_t>{}; },
                 [](const step::Sign& /*step*/) { return std::vector<std::size_t>{}; },
                 [](const step::Quantize& s) {
                     std::vector counts{s.scale.size(), s.zero_point.size()};
                     if (!s.lo.empty() || !s.hi.empty()) { // both, or no clamp
                         counts.insert(counts.end(), {s.lo.size(), s.hi.size()});
                     }
                     return counts;
                 },
                 [](const step::MultiThreshold& s) { return std::vector{s.thresholds.size()}; }},
        step);
}

} // namespace

std::vector<ValueType> infer(const IntegerFunction& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (op.function == nullptr) {
        throw TypeError(fmt::format("{}: there is no function", op.name));
    }
    const std::int64_t channels = x.channels();
    const auto own_channels = static_cast<std::int64_t>(op.function->channels);
    if (own_channels != 1 && own_channels != channels) {
        throw TypeError(fmt::format("{}: a function of {} channels for an input of {}", op.name,
                                    op.function->channels, channels));
    }
    for (const Step& step : op.function->steps) {
        for (const std::size_t count : parameter_counts(step)) {
            require_per_channel(count, own_channels, op.name, "a step's parameter");
        }
    }
    require_per_channel(op.grid.scale.size(), channels, op.name, "the result's scale");
    require_per_channel(op.grid.zero_point.size(), channels, op.name, "the result's zero point");

    IntegerType y;
    y.shape = x.shape;
    y.grid = op.grid;
    const std::vector<OutputRange> ranges = output_ranges(*op.function, x);
    if (!ranges.empty()) { // a result without elements has any range
        y.lo.clear();
        y.hi.clear();
        y.bipolar = true;
        for (const OutputRange& range : ranges) {
            y.lo.push_back(range.lo);
            y.hi.push_back(range.hi);
            y.bipolar = y.bipolar && range.bipolar;
        }
        collapse(y.lo);
        collapse(y.hi);
    }
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerTopK& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (x.shape.empty()) {
        throw TypeError(fmt::format("{}: the input has no axis", op.name));
    }
    const std::int64_t size = x.shape.back();
    if (op.k < 1 || op.k > size) {
        throw TypeError(fmt::format("{}: k = {} is not within 1 to {}", op.name, op.k, size));
    }
    IntegerType indices;
    indices.shape = x.shape;
    indices.shape.back() = op.k;
    indices.hi = {size - 1};
    std::vector<ValueType> types{indices};
    if (op.with_values) {
        // Any channel's value may come to any place.
        IntegerType values;
        values.shape = indices.shape;
        values.lo = {x.lowest()};
        values.hi = {x.highest()};
        values.bipolar = x.bipolar;
        values.grid = shared_grid(x.grid, op.name);
        types.emplace_back(std::move(values));
    }
    return types;
}

namespace {

/// Entries per channel for a multiple of the channels.
template <class T> void repeat(std::vector<T>& entries, std::size_t channels) {
    const std::size_t period = entries.size();
    if (period == 1) {
        return;
    }
    entries.reserve(channels);
    while (entries.size() < channels) {
        entries.push_back(entries[entries.size() - period]);
    }
}

} // namespace

std::vector<ValueType> infer(const IntegerReshape& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (checked_count(op.shape, op.name) != checked_count(x.shape, op.name)) {
        throw TypeError(fmt::format("{}: shape {} cannot become {}", op.name, to_string(x.shape),
                                    to_string(op.shape)));
    }
    IntegerType y = x;
    y.shape = op.shape;
    if (y.channels() % x.channels() == 0) {
        // Whole vectors become one: channel j was channel j modulo the old number.
        const auto channels = static_cast<std::size_t>(y.channels());
        repeat(y.lo, channels);
        repeat(y.hi, channels);
        repeat(y.grid.scale, channels);
        repeat(y.grid.zero_point, channels);
    } else {
        const auto channels = static_cast<std::size_t>(y.channels());
        const bool splits = x.channels() % y.channels() == 0;
        const auto bound = [&](std::vector<std::int64_t>& list, auto&& better) {
            if (list.size() == 1) {
                return;
            }
            // Vectors fall into several: channel j was any that is j modulo the new number.
            std::vector<std::int64_t> merged(splits ? channels : 1, list.front());
            for (std::size_t c = 0; c < list.size(); ++c) {
                std::int64_t& into = merged[c % merged.size()];
                into = c < merged.size() ? list[c] : better(into, list[c]);
            }
            list = std::move(merged);
        };
        bound(y.lo, [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
        bound(y.hi, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
        y.grid =
            rearranged_grid(x, y.channels(), {checked_count(x.shape, op.name)}, {1}, 0, op.name);
        collapse(y);
    }
    return {std::move(y)};
}

} // namespace millrace::ops
