// SPDX-License-Identifier: Apache-2.0
//
// Types of movers, products, functions and plain streams: which words each actor takes and sends.
#include "ir/ops/dataflow.hpp"

#include "ir/op.hpp"
#include "ir/ops/dataflow_inference.hpp"

#include <algorithm>
#include <bit>

namespace millrace::ops {

namespace {

constexpr std::int64_t most_ways = 8;

/// Throws TypeError unless every list has one entry or one per channel.
void require_entries(std::initializer_list<std::size_t> counts, std::int64_t channels,
                     std::string_view op) {
    for (const std::size_t count : counts) {
        if (count != 1 && static_cast<std::int64_t>(count) != channels) {
            throw TypeError(
                fmt::format("{}: the form has {} entries for {} channels", op, count, channels));
        }
    }
}

using Rows = std::vector<std::vector<std::int64_t>>;

void require_equal_rows(const Rows& rows, std::size_t least, std::string_view op) {
    for (const auto& row : rows) {
        if (row.size() != rows.front().size() || row.size() < least) {
            throw TypeError(fmt::format("{}: the form's rows are not of one length", op));
        }
    }
}

// What the actors of these forms compute.
constexpr int most_shift = 62;
constexpr int most_scale_shift = 110;

void require_clamp(int shift, int most, std::int64_t lo, std::int64_t hi, std::string_view op) {
    if (shift < 0 || shift > most || lo > hi) {
        throw TypeError(
            fmt::format("{}: a shift by {} clamped to [{}, {}] is none", op, shift, lo, hi));
    }
}

/// Counts of the form's parameters; that it equals its function is proved elsewhere.
void require_form(const FunctionForm& form, std::int64_t channels, std::string_view op) {
    std::visit(
        Overload{
            [](const form::Identity& /*form*/) {},
            [&](const form::Shift& f) {
                require_entries({f.add.size()}, channels, op);
                require_clamp(f.shift, most_shift, f.lo, f.hi, op);
            },
            [&](const form::MultiplyAddShift& f) {
                require_entries({f.multiplier.size(), f.add.size()}, channels, op);
                require_clamp(f.shift, most_scale_shift, f.lo, f.hi, op);
                if (f.add_shift < 0 || f.add_shift > f.shift || f.tie < 0) {
                    throw TypeError(fmt::format("{}: an offset times 2^{} and ties below {} are "
                                                "none",
                                                op, f.add_shift, f.tie));
                }
            },
            [&](const form::Thresholds& f) {
                require_entries({f.base.size(), f.step.size(), f.thresholds.size()}, channels, op);
                require_equal_rows(f.thresholds, 0, op);
            },
            [&](const form::Breakpoints& f) {
                require_entries({f.starts.size(), f.values.size()}, channels, op);
                require_equal_rows(f.starts, 1, op);
                require_equal_rows(f.values, 1, op);
                if (f.starts.front().size() != f.values.front().size()) {
                    throw TypeError(fmt::format("{}: a form with {} starts and {} values", op,
                                                f.starts.front().size(), f.values.front().size()));
                }
            },
            [&](const form::Table& f) {
                require_entries({f.values.size()}, channels, op);
                require_equal_rows(f.values, 1, op);
            }},
        form);
}

void require_memory(std::int64_t bits, std::int64_t cycles, std::string_view op) {
    if (bits < 64 || bits > 512 || !std::has_single_bit(static_cast<std::uint64_t>(bits))) {
        throw TypeError(
            fmt::format("{}: memory words of {} bits; 64, 128, 256 or 512 are possible", op, bits));
    }
    if (cycles < 0) {
        throw TypeError(fmt::format("{}: memory_cycles = {} is negative", op, cycles));
    }
}

} // namespace

void require_weights_fit(const IntegerMatrix& weights, const ElementFormat& format,
                         std::string_view op) {
    const bool bipolar = format.encoding == Encoding::bipolar;
    if (weights.lowest() < lowest_value(format) || weights.highest() > highest_value(format) ||
        (bipolar && weights.contains(0))) {
        throw TypeError(fmt::format("{}: weights within [{}, {}] do not fit the format {}", op,
                                    weights.lowest(), weights.highest(), to_string(format)));
    }
}

std::int64_t memory_lanes(std::int64_t memory_bits, const ElementFormat& element) {
    return memory_bits /
           static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(element.bits)));
}

std::vector<ValueType> infer(const MemoryToStream& op, const TypeList& inputs) {
    require_inputs(inputs, 1, op.name);
    const IntegerType& x = inputs.integer(0);
    require_memory(op.memory_bits, op.memory_cycles, op.name);
    return {stream_of(x.shape, x.format(), op.lanes, op.name)};
}

std::vector<ValueType> infer(const StreamToMemory& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    require_memory(op.memory_bits, op.memory_cycles, op.name);
    if (x.shape != op.type.shape || x.element != op.type.format()) {
        throw TypeError(
            fmt::format("{}: a stream of {} {} does not carry an integer value of {} {}", op.name,
                        to_string(x.shape), to_string(x.element), to_string(op.type.shape),
                        to_string(op.type.format())));
    }
    return {op.type};
}

std::vector<ValueType> infer(const MatrixVector& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const IntegerMatrix weights(op.weights, op.name);
    require_divides(op.groups, weights.columns(), op.name, "groups", "N");
    if (vector_size(x, op.name) != weights.rows() * op.groups) {
        throw TypeError(fmt::format("{}: input of shape {} does not fit weights of shape {}, "
                                    "groups = {}",
                                    op.name, to_string(x.shape), to_string(op.weights->shape()),
                                    op.groups));
    }
    require_divides(op.simd, weights.rows(), op.name, "SIMD", "K");
    require_divides(op.pe, weights.columns() / op.groups, op.name, "PE", "N / groups");
    if (x.lanes != op.simd) {
        throw TypeError(
            fmt::format("{}: an input of {} lanes for SIMD = {}", op.name, x.lanes, op.simd));
    }
    require_format(op.weight_format, op.name, "a weight");
    require_weights_fit(weights, op.weight_format, op.name);
    require_word(op.simd, op.weight_format, op.name, "a word of weights");
    require_accumulator(op.accumulator, op.name);
    Shape shape = x.shape;
    shape.back() = weights.columns();
    return {stream_of(std::move(shape), op.accumulator, op.pe, op.name)};
}

std::vector<ValueType> infer(const FunctionUnit& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    if (op.form == nullptr) {
        throw TypeError(fmt::format("{}: there is no function", op.name));
    }
    // A scalar is one channel, which its one lane divides.
    const std::int64_t channels = x.shape.empty() ? 1 : vector_size(x, op.name);
    require_form(*op.form, channels, op.name);
    return {stream_of(x.shape, op.output, x.lanes, op.name)};
}

std::vector<ValueType> infer(const WidthConverter& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    return {stream_of(x.shape, x.element, op.lanes, op.name)};
}

std::vector<ValueType> infer(const Fifo& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    if (op.depth < 1) {
        throw TypeError(fmt::format("{}: a depth of {} words", op.name, op.depth));
    }
    return {x};
}

std::vector<ValueType> infer(const Fork& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    if (op.ways < 2 || op.ways > most_ways) {
        throw TypeError(
            fmt::format("{}: {} ways are not within 2 to {}", op.name, op.ways, most_ways));
    }
    return std::vector<ValueType>(static_cast<std::size_t>(op.ways), x);
}

std::vector<ValueType> infer(const TopKUnit& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    const std::int64_t size = vector_size(x, op.name);
    if (op.k < 1 || op.k > size) {
        throw TypeError(fmt::format("{}: k = {} is not within 1 to {}", op.name, op.k, size));
    }
    Shape shape = x.shape;
    shape.back() = op.k;
    std::vector<ValueType> types{stream_of(shape, format_for(0, size - 1), op.k, op.name)};
    if (op.with_values) {
        types.emplace_back(stream_of(shape, x.element, op.k, op.name));
    }
    return types;
}

std::vector<ValueType> infer(const StreamReshape& op, const TypeList& inputs) {
    const StreamType& x = only_stream(inputs, op.name);
    if (checked_count(op.shape, op.name) != checked_count(x.shape, op.name)) {
        throw TypeError(fmt::format("{}: shape {} cannot become {}", op.name, to_string(x.shape),
                                    to_string(op.shape)));
    }
    return {stream_of(op.shape, x.element, x.lanes, op.name)};
}

} // namespace millrace::ops
