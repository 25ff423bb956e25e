// SPDX-License-Identifier: Apache-2.0
//
// Types of the integer level. Ranges are exact for what is known of the inputs: extreme products
// of the actual weights, values that a function reaches. Lists with equal entries for all channels
// become one entry, so that equal types are equal fields.
#include "ir/ops/integer.hpp"

#include "ir/function/step_function.hpp"
#include "ir/op.hpp"
#include "ir/ops/inference.hpp"
#include "ir/ops/integer_matrix.hpp"

#include <algorithm>

namespace millrace::ops {

namespace {

/// One entry instead of several equal ones.
template <class T> void collapse(std::vector<T>& entries) {
    if (!entries.empty() && std::all_of(entries.begin(), entries.end(),
                                        [&](const T& entry) { return entry == entries.front(); })) {
        entries.resize(1);
    }
}

/// Throws TypeError unless there is one entry or one per channel.
void require_per_channel(std::size_t entries, std::int64_t channels, std::string_view op,
                         std::string_view what) {
    if (entries != 1 && static_cast<std::int64_t>(entries) != channels) {
        throw TypeError(
            fmt::format("{}: {} has {} entries for {} channels", op, what, entries, channels));
    }
}

/// The one entry that all channels share; TypeError when they do not.
const Real& shared_entry(const std::vector<Real>& entries, std::string_view op,
                         std::string_view what) {
    if (entries.empty() || std::any_of(entries.begin(), entries.end(), [&](const Real& entry) {
            return entry != entries.front();
        })) {
        throw TypeError(fmt::format("{}: the input's channels differ in their {}", op, what));
    }
    return entries.front();
}

Grid shared_grid(const Grid& grid, std::string_view op) {
    return {{shared_entry(grid.scale, op, "scale")},
            {shared_entry(grid.zero_point, op, "zero point")}};
}

const IntegerType& only_input(const TypeList& inputs, std::string_view op) {
    require_inputs(inputs, 1, op);
    const IntegerType& x = inputs.integer(0);
    require_per_channel(x.lo.size(), x.channels(), op, "the input's lower bound");
    require_per_channel(x.hi.size(), x.channels(), op, "the input's upper bound");
    return x;
}

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

std::vector<ValueType> infer(const IntegerMatMul& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    const IntegerMatrix weights(op.weights, op.name);
    if (x.shape.empty() || x.shape.back() != weights.rows()) {
        throw TypeError(fmt::format("{}: input of shape {} does not fit weights of shape {}",
                                    op.name, to_string(x.shape), to_string(op.weights->shape())));
    }
    require_per_channel(op.weight_scale.size(), weights.columns(), op.name, "the weights' scale");
    const Real& scale = shared_entry(x.grid.scale, op.name, "scale");
    const Real& zero_point = shared_entry(x.grid.zero_point, op.name, "zero point");

    ProductRanges ranges = product_ranges(weights, x.lo, x.hi, op.name);
    IntegerType y;
    y.shape = x.shape;
    y.shape.back() = weights.columns();
    checked_count(y.shape, op.name);
    y.lo = std::move(ranges.lo);
    y.hi = std::move(ranges.hi);
    collapse(y.lo);
    collapse(y.hi);
    y.grid.scale.clear();
    for (const Real& weight_scale : op.weight_scale) {
        y.grid.scale.push_back(scale * weight_scale);
    }
    collapse(y.grid.scale);
    if (zero_point.sign() != 0) {
        y.grid.zero_point.clear();
        for (const std::int64_t sum : ranges.weight_sum) {
            y.grid.zero_point.push_back(zero_point * Real(sum));
        }
        collapse(y.grid.zero_point);
    }
    return {std::move(y)};
}

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
        if (x.lo.size() != 1 || x.hi.size() != 1) {
            y.lo = {x.lowest()};
            y.hi = {x.highest()};
        }
        y.grid = shared_grid(x.grid, op.name);
    }
    return {std::move(y)};
}

} // namespace millrace::ops
