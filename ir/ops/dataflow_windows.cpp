// SPDX-License-Identifier: Apache-2.0
//
// Types of the actors that choose, repeat or surround words: sliding windows, padding, and the
// units that reduce what a window sends.
#include "ir/ops/dataflow.hpp"

#include "ir/ops/dataflow_inference.hpp"
#include "ir/ops/window.hpp"

#include <algorithm>

namespace millrace::ops {

namespace {

/// A stream [..., C / PE, T / SIMD, SIMD * PE] of SIMD * PE lanes, as Depthwise and Reduce take it.
struct Blocks {
    std::int64_t channels;
    std::int64_t taps;
    std::int64_t pe;
    Shape reduced; ///< [..., C]
};

Blocks blocks_of(const StreamType& x, std::int64_t simd, std::string_view op) {
    const std::size_t rank = x.shape.size();
    if (rank < 3 || x.lanes != x.shape.back() || x.shape[rank - 2] < 1 || simd < 1 ||
        x.lanes % simd != 0) {
        throw TypeError(fmt::format("{}: a stream of {} in words of {} lanes is not [..., C / PE, "
                                    "T / SIMD, SIMD * PE] in words of SIMD * PE, SIMD {}",
                                    op, to_string(x.shape), x.lanes, simd));
    }
    const std::int64_t pe = x.lanes / simd;
    Blocks blocks{
        x.shape[rank - 3] * pe, x.shape[rank - 2] * simd, pe, {x.shape.begin(), x.shape.end() - 3}};
    blocks.reduced.push_back(blocks.channels);
    return blocks;
}

} // namespace

std::size_t rearrange_monotone_loops(const std::vector<std::int64_t>& counts,
                                     const std::vector<std::int64_t>& strides) {
    std::size_t loops = 0;
    for (std::size_t m = 1; m <= counts.size(); ++m) {
        // Each loop before m must jump past what the ones behind it (before m) reach.
        std::int64_t reach = 0;
        bool monotone = true;
        for (std::size_t i = m; i-- > 0;) {
            monotone = monotone && (counts[i] == 1 || strides[i] >= reach);
            reach += (counts[i] - 1) * strides[i];
        }
        if (monotone) {
            loops = m;
        }
    }
    return loops;
}

std::int64_t rearrange_least_depth(const std::vector<std::int64_t>& counts,
                                   const std::vector<std::int64_t>& strides) {
    std::int64_t depth = 1;
    for (std::size_t i = rearrange_monotone_loops(counts, strides); i < counts.size(); ++i) {
        depth += (counts[i] - 1) * strides[i];
    }
    return depth;
}

std::vector<ValueType> infer(const Depthwise& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const Blocks blocks = blocks_of(x, op.simd, op.name);
    const IntegerMatrix weights(op.weights, op.name);
    if (weights.rows() != blocks.taps || weights.columns() != blocks.channels) {
        throw TypeError(fmt::format("{}: input of shape {} does not fit weights of shape {}",
                                    op.name, to_string(x.shape), to_string(op.weights->shape())));
    }
    require_format(op.weight_format, op.name, "a weight");
    require_weights_fit(weights, op.weight_format, op.name);
    require_accumulator(op.accumulator, op.name);
    return {stream_of(blocks.reduced, op.accumulator, blocks.pe, op.name)};
}

std::vector<ValueType> infer(const Reduce& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const Blocks blocks = blocks_of(x, op.simd, op.name);
    if (op.reduction == Reduction::sum) {
        require_accumulator(op.output, op.name);
    } else if (op.output != x.element) {
        throw TypeError(fmt::format("{}: the output's format is not the input's", op.name));
    }
    return {stream_of(blocks.reduced, op.output, blocks.pe, op.name)};
}

std::vector<ValueType> infer(const Rearrange& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    if (op.counts.size() != op.strides.size()) {
        throw TypeError(fmt::format("{}: {} counts and {} strides", op.name, op.counts.size(),
                                    op.strides.size()));
    }
    StreamType y = stream_of(op.shape, x.element, x.lanes, op.name);
    if (checked_count(op.counts, op.name) != y.words()) {
        throw TypeError(fmt::format("{}: loops {} do not send {} words", op.name,
                                    to_string(op.counts), y.words()));
    }
    Int128 last = op.offset;
    bool negative = op.offset < 0;
    for (std::size_t i = 0; i < op.counts.size(); ++i) {
        negative = negative || op.strides[i] < 0;
        last += Int128{op.counts[i] - 1} * op.strides[i];
    }
    if (negative || last >= x.words()) {
        throw TypeError(
            fmt::format("{}: the loops leave the input of {} words", op.name, x.words()));
    }
    if (const std::int64_t least = rearrange_least_depth(op.counts, op.strides); op.depth < least) {
        throw TypeError(
            fmt::format("{}: a buffer of {} words, {} are needed", op.name, op.depth, least));
    }
    return {std::move(y)};
}

std::vector<ValueType> infer(const ParallelWindow& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const std::size_t rank = x.shape.size();
    if (rank < 3 || x.shape.back() % x.lanes != 0) {
        throw TypeError(fmt::format("{}: a stream of {} in words of {} lanes is not pixels",
                                    op.name, to_string(x.shape), x.lanes));
    }
    const Window window{op.kernel, op.strides, op.dilations, {0, 0}, {0, 0}};
    const Shape sizes = window.output_sizes({x.shape[rank - 3], x.shape[rank - 2]}, op.name);
    Shape shape(x.shape.begin(), x.shape.end() - 3);
    shape.push_back(sizes[0]);
    shape.push_back(sizes[1]);
    if (x.lanes != x.shape.back()) {
        shape.push_back(x.shape.back() / x.lanes);
    }
    const std::int64_t lanes = window.taps() * x.lanes;
    shape.push_back(lanes);
    return {stream_of(std::move(shape), x.element, lanes, op.name)};
}

std::vector<ValueType> infer(const PadUnit& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const std::int64_t channels = vector_size(x, op.name);
    if (x.shape.size() < 3 || std::min({op.top, op.bottom, op.left, op.right}) < 0) {
        throw TypeError(
            fmt::format("{}: these pads do not fit shape {}", op.name, to_string(x.shape)));
    }
    require_one_or_each(op.values.size(), channels, op.name);
    require_format(op.output, op.name, "an element");
    const auto fits = [&](std::int64_t value) {
        return value >= lowest_value(op.output) && value <= highest_value(op.output) &&
               (op.output.encoding != Encoding::bipolar || value != 0);
    };
    if (!std::all_of(op.values.begin(), op.values.end(), fits)) {
        throw TypeError(fmt::format("{}: a pad does not fit {}", op.name, to_string(op.output)));
    }
    Shape shape = x.shape;
    shape[shape.size() - 3] += op.top + op.bottom;
    shape[shape.size() - 2] += op.left + op.right;
    return {stream_of(std::move(shape), op.output, x.lanes, op.name)};
}

} // namespace millrace::ops
