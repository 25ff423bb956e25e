// SPDX-License-Identifier: Apache-2.0
#include "ir/rearrange_choices.hpp"

#include "ir/diagnostics.hpp"
#include "ir/ops/integer_rearrange.hpp"
#include "ir/ops/window.hpp"
#include "ir/rearrange_walk.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {

namespace {

using Loops = std::vector<std::int64_t>;

std::int64_t last_axis(const Shape& shape) { return shape.empty() ? 1 : shape.back(); }

/// A buffer for the loops: what a step needs, and the input words of one more row.
std::int64_t buffer_depth(const Loops& counts, const Loops& strides, std::int64_t input_words) {
    const std::size_t leading = ops::rearrange_monotone_loops(counts, strides);
    std::int64_t ahead = 1;
    if (leading > 0) {
        ahead = std::max<std::int64_t>(1, strides[leading >= 2 ? leading - 2 : leading - 1]);
    }
    return std::min(std::max<std::int64_t>(1, input_words),
                    ops::rearrange_least_depth(counts, strides) + ahead);
}

ops::Rearrange unit_of(Shape shape, Loops counts, Loops strides, std::int64_t offset,
                       std::int64_t input_words) {
    ops::simplify_loops(counts, strides);
    if (counts.empty()) {
        counts = {1};
        strides = {1};
    }
    ops::Rearrange unit;
    unit.shape = std::move(shape);
    unit.depth = buffer_depth(counts, strides, input_words);
    unit.counts = std::move(counts);
    unit.strides = std::move(strides);
    unit.offset = offset;
    return unit;
}

/// The loops in front of those that run along the result's last `axes` axes of `product` elements.
std::optional<std::size_t> loops_before(const ops::IntegerRearrange& op, std::int64_t product) {
    std::size_t first = op.counts.size();
    std::int64_t reached = 1;
    while (reached < product && first > 0) {
        reached *= op.counts[--first];
    }
    return reached == product ? std::optional(first) : std::nullopt;
}

/// The split of the loops of [..., T, C].
struct BlockLoops {
    std::size_t taps;     ///< where T's loops begin
    std::size_t channels; ///< where C's loops begin
};

std::optional<BlockLoops> block_loops(const ops::IntegerRearrange& op) {
    const std::size_t rank = op.shape.size();
    if (rank < 2) {
        return std::nullopt;
    }
    const std::int64_t channels = op.shape.back();
    const auto first_channel = loops_before(op, channels);
    const auto first_tap = loops_before(op, channels * op.shape[rank - 2]);
    if (!first_channel || !first_tap) {
        return std::nullopt;
    }
    const auto at = static_cast<std::ptrdiff_t>(*first_channel);
    Loops counts(op.counts.begin() + at, op.counts.end());
    Loops strides(op.strides.begin() + at, op.strides.end());
    ops::simplify_loops(counts, strides);
    if (channels != 1 && (counts.size() != 1 || strides[0] != 1)) {
        return std::nullopt;
    }
    return BlockLoops{*first_tap, *first_channel};
}

} // namespace

std::int64_t rearrange_lanes(const ops::IntegerRearrange& op, const Shape& input) {
    Loops counts = op.counts;
    Loops strides = op.strides;
    ops::simplify_loops(counts, strides);
    if (counts.empty() || strides.back() != 1) {
        return 1;
    }
    std::int64_t lanes = std::gcd(counts.back(), op.offset);
    for (std::size_t i = 0; i + 1 < strides.size(); ++i) {
        lanes = std::gcd(lanes, strides[i]);
    }
    return std::gcd(lanes, std::gcd(last_axis(input), last_axis(op.shape)));
}

namespace {

std::optional<ops::ParallelWindow> whole_window(const ops::IntegerRearrange& op,
                                                const Shape& input) {
    // N, OH, OW, groups, KH, KW, C, as the integer lowering writes windows.
    if (op.counts.size() != 7 || input.size() != 4 || op.offset != 0 || op.counts[3] != 1) {
        return std::nullopt;
    }
    const std::int64_t channels = input[3];
    const std::int64_t row = input[2] * channels;
    ops::ParallelWindow window;
    window.kernel = {op.counts[4], op.counts[5]};
    window.strides = {op.strides[1] / row, op.strides[2] / channels};
    window.dilations = {op.strides[4] / row, op.strides[5] / channels};
    const bool exact = op.counts[6] == channels && op.strides[6] == 1 && op.strides[1] % row == 0 &&
                       op.strides[2] % channels == 0 && op.strides[4] % row == 0 &&
                       op.strides[5] % channels == 0 &&
                       (op.counts[0] == 1 || op.strides[0] == input[1] * row) &&
                       std::min({window.strides[0], window.strides[1], window.dilations[0],
                                 window.dilations[1]}) >= 1;
    if (!exact) {
        return std::nullopt;
    }
    // All positions, as the actor sends all.
    const ops::Window plain{window.kernel, window.strides, window.dilations, {0, 0}, {0, 0}};
    if (plain.output_sizes({input[1], input[2]}, op.name) != Shape{op.counts[1], op.counts[2]}) {
        return std::nullopt;
    }
    return window;
}

} // namespace

std::optional<ops::ParallelWindow> parallel_window(const ops::IntegerRearrange& op,
                                                   const Shape& input) {
    return op.shape.size() == 4 ? whole_window(op, input) : std::nullopt;
}

std::optional<ops::ParallelWindow> blocked_window(const ops::IntegerRearrange& op,
                                                  const Shape& input) {
    return op.shape.size() == 5 && op.shape[4] == input.back() ? whole_window(op, input)
                                                               : std::nullopt;
}

ops::Rearrange rearrange_unit(const ops::IntegerRearrange& op, const Shape& input,
                              std::int64_t lanes) {
    Loops counts = op.counts;
    Loops strides = op.strides;
    ops::simplify_loops(counts, strides);
    if (lanes > 1) {
        counts.back() /= lanes;
        for (std::size_t i = 0; i + 1 < strides.size(); ++i) {
            strides[i] /= lanes;
        }
    }
    return unit_of(op.shape, std::move(counts), std::move(strides), op.offset / lanes,
                   element_count(input) / lanes);
}

std::optional<std::int64_t> blocked_lanes(const ops::IntegerRearrange& op, const Shape& input) {
    const auto split = block_loops(op);
    if (!split) {
        return std::nullopt;
    }
    std::int64_t lanes = std::gcd(op.shape.back(), op.offset);
    for (std::size_t i = 0; i < split->channels; ++i) {
        if (op.counts[i] > 1) {
            lanes = std::gcd(lanes, op.strides[i]);
        }
    }
    return std::gcd(lanes, last_axis(input));
}

ops::Rearrange blocked_unit(const ops::IntegerRearrange& op, const Shape& input,
                            std::int64_t lanes) {
    const auto split = block_loops(op);
    if (!split) {
        throw Defect("a rearrangement that cannot send blocks of channels");
    }
    const std::int64_t channels = op.shape.back();
    Loops counts;
    Loops strides;
    const auto add = [&](std::int64_t count, std::int64_t stride) {
        counts.push_back(count);
        strides.push_back(count > 1 ? stride / lanes : 0);
    };
    for (std::size_t i = 0; i < split->taps; ++i) {
        add(op.counts[i], op.strides[i]);
    }
    add(channels / lanes, lanes);
    for (std::size_t i = split->taps; i < split->channels; ++i) {
        add(op.counts[i], op.strides[i]);
    }
    Shape shape(op.shape.begin(), op.shape.end() - 2);
    shape.insert(shape.end(), {channels / lanes, op.shape[op.shape.size() - 2], lanes});
    return unit_of(std::move(shape), std::move(counts), std::move(strides), op.offset / lanes,
                   element_count(input) / lanes);
}

ops::IntegerRearrange plain_rearrangement(const Shape& shape) {
    const std::int64_t channels = shape.back();
    const std::int64_t taps = shape[shape.size() - 2];
    ops::IntegerRearrange plain;
    plain.shape = shape;
    plain.counts = {element_count(shape) / (taps * channels), taps, channels};
    plain.strides = {taps * channels, channels, 1};
    return plain;
}

std::optional<std::size_t> blocked_reader(const Graph& body, std::size_t node) {
    const ValueId value = body.nodes[node].outputs.at(0);
    std::optional<std::size_t> reader;
    std::size_t reads =
        static_cast<std::size_t>(std::count(body.outputs.begin(), body.outputs.end(), value));
    for (std::size_t n = node + 1; n < body.nodes.size(); ++n) {
        for (const ValueId input : body.nodes[n].inputs) {
            if (input == value) {
                ++reads;
                reader = n;
            }
        }
    }
    if (reads != 1 || !reader) {
        return std::nullopt;
    }
    const Op& op = body.nodes[*reader].op;
    const bool blocks = std::holds_alternative<ops::IntegerDepthwise>(op) ||
                        std::holds_alternative<ops::IntegerReduce>(op);
    return blocks ? reader : std::nullopt;
}

std::int64_t rearrange_cycles(const ops::Rearrange& unit, std::int64_t input_words,
                              ActorLibrary library) {
    const RearrangeWalk walk(unit, input_words);
    if (rearrangements_overlap(library)) {
        return walk.overlapped_interval();
    }
    std::int64_t cycles = 0;
    walk.for_each_cycle([&](std::int64_t, std::int64_t) { ++cycles; });
    return cycles;
}

std::int64_t least_rearrange_cycles(const ops::Rearrange& unit, std::int64_t input_words) {
    return std::max(element_count(unit.counts), input_words);
}

} // namespace millrace
