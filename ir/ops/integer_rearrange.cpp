// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/integer_rearrange.hpp"

#include "ir/ops/integer_inference.hpp"

#include <map>
#include <utility>

namespace millrace::ops {

std::optional<std::vector<std::int64_t>> rearranged_channels(const IntegerRearrange& op,
                                                             std::int64_t channels) {
    const std::int64_t wanted = op.shape.empty() ? 1 : op.shape.back();
    // The loops that run along the result's last axis.
    std::size_t first = op.counts.size();
    std::int64_t product = 1;
    while (product < wanted && first > 0) {
        product *= op.counts[--first];
    }
    if (product != wanted) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < first; ++i) {
        if (op.counts[i] > 1 && op.strides[i] % channels != 0) {
            return std::nullopt;
        }
    }
    std::vector<std::int64_t> result;
    result.reserve(static_cast<std::size_t>(wanted));
    const auto from = static_cast<std::ptrdiff_t>(first);
    for_each_rearranged({op.counts.begin() + from, op.counts.end()},
                        {op.strides.begin() + from, op.strides.end()}, op.offset,
                        [&](std::int64_t address) { result.push_back(address % channels); });
    return result;
}

Grid rearranged_grid(const IntegerType& x, std::int64_t wanted,
                     const std::vector<std::int64_t>& counts,
                     const std::vector<std::int64_t>& strides, std::int64_t offset,
                     std::string_view op) {
    const Grid& grid = x.grid;
    if (grid.scale.size() == 1 && grid.zero_point.size() == 1) {
        return grid;
    }
    const auto entry = [](const auto& list, std::size_t c) -> const auto& {
        return list[list.size() == 1 ? 0 : c];
    };
    // Channels of equal grids are of one kind; `any` ones have no scale.
    const auto channels = static_cast<std::size_t>(x.channels());
    std::map<std::pair<Real, Real>, std::size_t> known;
    std::vector<std::size_t> kind(channels);
    std::vector<bool> any(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const Real& zero_point = entry(grid.zero_point, c);
        any[c] = entry(x.lo, c) == entry(x.hi, c) && zero_point == Real(entry(x.lo, c));
        kind[c] = known.try_emplace({entry(grid.scale, c), zero_point}, c).first->second;
    }
    std::vector<std::size_t> from(static_cast<std::size_t>(wanted), channels);
    std::size_t position = 0;
    bool agree = true;
    for_each_rearranged(counts, strides, offset, [&](std::int64_t address) {
        const auto channel = static_cast<std::size_t>(address) % channels;
        std::size_t& source = from[position];
        position = position + 1 == from.size() ? 0 : position + 1;
        if (source == channels) {
            source = channel;
        } else if (kind[source] != kind[channel]) {
            agree = agree && (any[source] || any[channel]) &&
                    entry(grid.zero_point, source) == entry(grid.zero_point, channel);
        }
        source = any[source] ? channel : source;
    });
    if (!agree) {
        return shared_grid(grid, op); // says what differs
    }
    Grid result{{}, {}};
    for (const std::size_t channel : from) {
        result.scale.push_back(entry(grid.scale, channel));
        result.zero_point.push_back(entry(grid.zero_point, channel));
    }
    return result;
}

void simplify_loops(std::vector<std::int64_t>& counts, std::vector<std::int64_t>& strides) {
    std::vector<std::int64_t> new_counts;
    std::vector<std::int64_t> new_strides;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 1) {
            continue;
        }
        if (!new_counts.empty() && new_strides.back() == strides[i] * counts[i]) {
            new_counts.back() *= counts[i];
            new_strides.back() = strides[i];
        } else {
            new_counts.push_back(counts[i]);
            new_strides.push_back(strides[i]);
        }
    }
    counts = std::move(new_counts);
    strides = std::move(new_strides);
}

std::vector<ValueType> infer(const IntegerRearrange& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (op.counts.size() != op.strides.size()) {
        throw TypeError(fmt::format("{}: {} counts and {} strides", op.name, op.counts.size(),
                                    op.strides.size()));
    }
    if (checked_count(op.counts, op.name) != checked_count(op.shape, op.name)) {
        throw TypeError(fmt::format("{}: loops {} do not give the shape {}", op.name,
                                    to_string(op.counts), to_string(op.shape)));
    }
    Int128 last = op.offset;
    bool negative = op.offset < 0;
    for (std::size_t i = 0; i < op.counts.size(); ++i) {
        negative = negative || op.strides[i] < 0;
        last += Int128{op.counts[i] - 1} * op.strides[i];
    }
    const std::int64_t count = checked_count(x.shape, op.name);
    if (negative || (checked_count(op.shape, op.name) > 0 && last >= count)) {
        throw TypeError(
            fmt::format("{}: the loops leave the input of shape {}", op.name, to_string(x.shape)));
    }
    IntegerType y{op.shape, {x.lowest()}, {x.highest()}, x.bipolar, {}};
    if (const auto channels = rearranged_channels(op, x.channels())) {
        const auto pick = [&](const auto& from, auto& to) {
            to = from;
            if (from.size() > 1) {
                to.clear();
                for (const std::int64_t channel : *channels) {
                    to.push_back(from[static_cast<std::size_t>(channel)]);
                }
            }
        };
        pick(x.lo, y.lo);
        pick(x.hi, y.hi);
        pick(x.grid.scale, y.grid.scale);
        pick(x.grid.zero_point, y.grid.zero_point);
        collapse(y);
    } else {
        y.grid = rearranged_grid(x, y.channels(), op.counts, op.strides, op.offset, op.name);
        collapse(y);
    }
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerPad& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (op.begin.size() != x.shape.size() || op.end.size() != x.shape.size() || x.shape.empty()) {
        throw TypeError(fmt::format("{}: {} and {} pads for shape {}", op.name, op.begin.size(),
                                    op.end.size(), to_string(x.shape)));
    }
    require_per_channel(op.values.size(), x.channels(), op.name, "the pad");
    if (op.begin.back() != 0 || op.end.back() != 0) {
        throw TypeError(fmt::format("{}: the last axis cannot be padded", op.name));
    }
    IntegerType y = x;
    for (std::size_t i = 0; i < x.shape.size(); ++i) {
        if (op.begin[i] < 0 || op.end[i] < 0) {
            throw TypeError(fmt::format("{}: a negative pad", op.name));
        }
        y.shape[i] += op.begin[i] + op.end[i];
    }
    checked_count(y.shape, op.name);
    if (y.shape == x.shape) {
        return {std::move(y)};
    }
    const auto channels = static_cast<std::size_t>(
        std::max({x.lo.size(), x.hi.size(), op.values.size(), std::size_t{1}}));
    y.lo.clear();
    y.hi.clear();
    for (std::size_t c = 0; c < channels; ++c) {
        const std::int64_t value = op.values[op.values.size() == 1 ? 0 : c];
        y.lo.push_back(std::min(x.lo[x.lo.size() == 1 ? 0 : c], value));
        y.hi.push_back(std::max(x.hi[x.hi.size() == 1 ? 0 : c], value));
        y.bipolar = y.bipolar && (value == 1 || value == -1);
    }
    collapse(y);
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerReduce& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    if (x.shape.size() < 2 || x.shape[x.shape.size() - 2] < 1) {
        throw TypeError(
            fmt::format("{}: shape {} has nothing to reduce", op.name, to_string(x.shape)));
    }
    const std::int64_t taps = x.shape[x.shape.size() - 2];
    IntegerType y = x;
    y.shape.erase(y.shape.end() - 2);
    if (op.reduction == Reduction::sum) {
        y.bipolar = false; // a number, also where it is the sum of one
        for (auto* list : {&y.lo, &y.hi}) {
            for (std::int64_t& bound : *list) {
                bound = within_64_bits(Int128{bound} * taps, op.name);
            }
        }
        for (Real& zero_point : y.grid.zero_point) {
            zero_point *= Real(taps);
        }
    }
    return {std::move(y)};
}

} // namespace millrace::ops
