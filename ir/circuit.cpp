// SPDX-License-Identifier: Apache-2.0
//
// The latencies are those that the headers of the modules in templates/rtl state; tests compare
// them, and the predictions that follow from them, with Verilator's cycles.
#include "ir/circuit.hpp"

#include "ir/cost.hpp"
#include "ir/cost/dot_product.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace millrace {

namespace {

std::int64_t ceil_log2(std::int64_t number) {
    return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(number - 1)));
}

bool is_bipolar(const ElementFormat& format) { return format.encoding == Encoding::bipolar; }
bool is_signed(const ElementFormat& format) { return format.encoding == Encoding::signed_integer; }

/// mr_dot_accumulate: products and their heap, the sum of a cycle, the accumulator.
std::int64_t sum_latency(const cost::DotProduct& product) {
    return cost::heap_cost(product).levels + 1;
}

/// mr_dot_dsp: operands, product, one cycle to take shared products apart, a tree, the sum.
std::int64_t dsp_latency(std::int64_t simd, bool apart) {
    return 2 + (apart ? 1 : 0) + ceil_log2(simd) + 1;
}

/// mr_multiply.
std::int64_t multiply_latency(const ElementFormat& a, const ElementFormat& b, bool dsp,
                              int product_bits) {
    return dsp ? dsp_latency(1, false) : sum_latency({1, a, b, false, product_bits});
}

/// mr_search: a level a cycle, two where its memory has more than 16 words.
std::int64_t search_latency(std::int64_t count, std::int64_t rows) {
    std::int64_t cycles = 0;
    for (std::int64_t level = 0; level < ceil_log2(count + 1); ++level) {
        cycles += (rows << level) > 16 ? 2 : 1;
    }
    return cycles;
}

/// An operand without its zero points, which are of `zero_bits`: mr_difference.
ElementFormat difference_format(const ElementFormat& format, const std::vector<std::int64_t>& zeros,
                                int zero_bits) {
    if (zeros.size() == 1 && zeros.front() == 0) {
        return format;
    }
    const int bits = is_signed(format) ? format.bits : format.bits + 1;
    return {std::max(bits, zero_bits) + 1, Encoding::signed_integer};
}

class Latency {
  public:
    Latency(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

    std::int64_t operator()(const ops::MemoryToStream&) const { return 1; }
    std::int64_t operator()(const ops::StreamToMemory&) const { return 1; }
    std::int64_t operator()(const ops::MatrixVector&) const {
        return matrix_vector_latency(matrix_vector_circuit(graph_, node_));
    }
    std::int64_t operator()(const ops::Depthwise&) const {
        return depthwise_latency(depthwise_circuit(graph_, node_));
    }
    std::int64_t operator()(const ops::Reduce& op) const { return reduce_latency(op); }
    std::int64_t operator()(const ops::Rearrange&) const { return 2; }
    std::int64_t operator()(const ops::ParallelWindow&) const { return 1; }
    std::int64_t operator()(const ops::PadUnit&) const { return 0; }
    std::int64_t operator()(const ops::AddJoin& op) const {
        const AddCircuit circuit = add_circuit(op, input().element, input(1).element);
        if (circuit.wires) {
            return 2;
        }
        if (circuit.dsp) {
            return 1 + dsp_latency(2, false);
        }
        return 1 + sum_latency({2, circuit.number, circuit.factor, false,
                                circuit.number.bits + circuit.factor.bits + 1});
    }
    std::int64_t operator()(const ops::MulJoin& op) const {
        const DifferenceCircuit circuit =
            difference_circuit(input().element, op.zero_a, input(1).element, op.zero_b);
        return 2 + multiply_latency(circuit.a, circuit.b, circuit.dsp,
                                    circuit.a.bits + circuit.b.bits + 1);
    }
    std::int64_t operator()(const ops::ConcatUnit&) const { return 0; }
    std::int64_t operator()(const ops::DynamicMatrix& op) const {
        const DifferenceCircuit circuit =
            difference_circuit(input().element, {op.zero_a}, input(1).element, {op.zero_b});
        return 2 + (circuit.dsp
                        ? dsp_latency(1, false)
                        : sum_latency({1, circuit.a, circuit.b, false, op.accumulator.bits}));
    }
    std::int64_t operator()(const ops::FunctionUnit& op) const {
        return std::visit([&](const auto& form) { return function(op, form); }, *op.form);
    }
    std::int64_t operator()(const ops::WidthConverter&) const { return 1; }
    std::int64_t operator()(const ops::Fifo& op) const {
        return queue_memory(op, input().word_bits()) == ops::MemoryStyle::lut ? 1 : 2;
    }
    std::int64_t operator()(const ops::Fork&) const { return 0; }
    std::int64_t operator()(const ops::TopKUnit&) const { return 2; }
    std::int64_t operator()(const ops::StreamReshape&) const { return 0; }
    template <class T>
    requires NetworkOp<T> || IntegerOp<T> std::int64_t operator()(const T& /*op*/) const {
        throw Defect("only actors of the dataflow level have a latency");
    }

  private:
    [[nodiscard]] const StreamType& input(std::size_t index = 0) const {
        return std::get<StreamType>(graph_.value(node_.inputs.at(index)).type);
    }
    /// Rows of a table of one row for each channel of a lane.
    [[nodiscard]] std::int64_t rows(std::size_t entries) const {
        return entries == 1 ? 1 : input().shape.back() / input().lanes;
    }

    static std::int64_t function(const ops::FunctionUnit& /*op*/, const form::Identity& /*form*/) {
        return 1;
    }
    static std::int64_t function(const ops::FunctionUnit& /*op*/, const form::Shift& /*form*/) {
        return 4;
    }
    [[nodiscard]] std::int64_t function(const ops::FunctionUnit& /*op*/,
                                        const form::MultiplyAddShift& form) const {
        const ScaleCircuit circuit = scale_circuit(form, input().element);
        return 5 + multiply_latency(circuit.argument,
                                    {circuit.multiplier_bits, Encoding::signed_integer},
                                    circuit.dsp, circuit.product_bits);
    }
    [[nodiscard]] std::int64_t function(const ops::FunctionUnit& op,
                                        const form::Thresholds& form) const {
        const auto count = static_cast<std::int64_t>(form.thresholds.front().size());
        return search_latency(std::max<std::int64_t>(1, is_bipolar(op.output) ? count / 2 : count),
                              rows(form.thresholds.size()));
    }
    [[nodiscard]] std::int64_t function(const ops::FunctionUnit& /*op*/,
                                        const form::Breakpoints& form) const {
        const auto count = static_cast<std::int64_t>(form.starts.front().size()) - 1;
        return 1 + search_latency(std::max<std::int64_t>(count, 1), rows(form.starts.size()));
    }
    static std::int64_t function(const ops::FunctionUnit& /*op*/, const form::Table& /*form*/) {
        return 2;
    }

    const Graph& graph_;
    const Node& node_;
};

NumberRange range_of(const FunctionForm& form, const ElementFormat& output) {
    NumberRange range{std::numeric_limits<std::int64_t>::max(),
                      std::numeric_limits<std::int64_t>::min()};
    const auto take = [&](std::int64_t number) {
        range.lo = std::min(range.lo, number);
        range.hi = std::max(range.hi, number);
    };
    if (const auto* thresholds = std::get_if<form::Thresholds>(&form)) {
        const auto steps = static_cast<std::int64_t>(thresholds->thresholds.front().size());
        for (std::size_t c = 0; c < std::max(thresholds->base.size(), thresholds->step.size());
             ++c) {
            const std::int64_t base = thresholds->base[thresholds->base.size() == 1 ? 0 : c];
            const std::int64_t step = thresholds->step[thresholds->step.size() == 1 ? 0 : c];
            take(base);
            take(base + step * steps);
        }
    } else if (const auto* shift = std::get_if<form::Shift>(&form)) {
        range = {shift->lo, shift->hi};
    } else if (const auto* scale = std::get_if<form::MultiplyAddShift>(&form)) {
        range = {scale->lo, scale->hi};
    } else if (const auto* table = std::get_if<form::Table>(&form)) {
        for (const auto& row : table->values) {
            std::for_each(row.begin(), row.end(), take);
        }
    } else if (const auto* breakpoints = std::get_if<form::Breakpoints>(&form)) {
        for (const auto& row : breakpoints->values) {
            std::for_each(row.begin(), row.end(), take);
        }
    } else {
        return {lowest_value(output), highest_value(output)};
    }
    return {std::max(range.lo, lowest_value(output)), std::min(range.hi, highest_value(output))};
}

} // namespace

bool multiplies_in_dsp(ops::MultiplierStyle style, const ElementFormat& a, const ElementFormat& b) {
    if (is_bipolar(a) || is_bipolar(b)) {
        return false;
    }
    constexpr int worth_a_block = 25;
    return style == ops::MultiplierStyle::dsp ||
           (style == ops::MultiplierStyle::automatic && a.bits * b.bits >= worth_a_block);
}

std::int64_t ring_words(std::int64_t depth, bool block_ram) {
    const std::int64_t grain = block_ram ? 512 : 64;
    const auto power = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(depth, 2))));
    return depth <= 2 || (power + grain - 1) / grain == (depth + grain - 1) / grain ? power : depth;
}

ops::MemoryStyle queue_memory(const ops::Fifo& fifo, std::int64_t bits) {
    if (fifo.memory != ops::MemoryStyle::automatic) {
        return fifo.memory;
    }
    return queue_in_block_ram(bits, fifo.depth) ? ops::MemoryStyle::bram : ops::MemoryStyle::lut;
}

std::int64_t queue_words(const ops::Fifo& fifo, std::int64_t bits) {
    const bool block = queue_memory(fifo, bits) != ops::MemoryStyle::lut;
    return ring_words(fifo.depth, block) + (block ? 1 : 0);
}

bool queue_in_block_ram(std::int64_t bits, std::int64_t depth) {
    const auto parts = [](std::int64_t whole, std::int64_t part) {
        return (whole + part - 1) / part;
    };
    // Four LUTs hold 6 bits of 32 words or 3 bits of 64.
    const std::int64_t luts =
        4 * (depth <= 32 ? parts(bits, 6) : parts(bits, 3) * parts(depth, 64));
    const std::int64_t block_bits = bits > 18  ? 36
                                    : bits > 9 ? 18
                                    : bits > 4 ? 9
                                    : bits > 2 ? 4
                                               : bits;
    const std::int64_t block_words = bits > 18  ? 512
                                     : bits > 9 ? 1024
                                     : bits > 4 ? 2048
                                     : bits > 2 ? 4096
                                                : 16384 / bits;
    return luts > 128 * parts(bits, block_bits) * parts(depth, block_words);
}

NumberRange stream_range(const Graph& graph, ValueId stream) {
    const auto producer =
        std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
            return std::find(node.outputs.begin(), node.outputs.end(), stream) !=
                   node.outputs.end();
        });
    const auto& type = std::get<StreamType>(graph.value(stream).type);
    const NumberRange all{lowest_value(type.element), highest_value(type.element)};
    if (producer == graph.nodes.end()) {
        return all;
    }
    if (const auto* unit = std::get_if<ops::FunctionUnit>(&producer->op);
        unit != nullptr && !std::holds_alternative<form::Identity>(*unit->form)) {
        return range_of(*unit->form, unit->output);
    }
    const auto* pad = std::get_if<ops::PadUnit>(&producer->op);
    const auto* reduce = std::get_if<ops::Reduce>(&producer->op);
    const bool same_numbers = std::holds_alternative<ops::FunctionUnit>(producer->op) ||
                              std::holds_alternative<ops::ConcatUnit>(producer->op) ||
                              std::holds_alternative<ops::Fifo>(producer->op) ||
                              std::holds_alternative<ops::WidthConverter>(producer->op) ||
                              std::holds_alternative<ops::Rearrange>(producer->op) ||
                              std::holds_alternative<ops::ParallelWindow>(producer->op) ||
                              std::holds_alternative<ops::Fork>(producer->op) ||
                              std::holds_alternative<ops::StreamReshape>(producer->op);
    if (!same_numbers && pad == nullptr &&
        (reduce == nullptr || reduce->reduction == ops::Reduction::sum)) {
        return all;
    }
    NumberRange range = stream_range(graph, producer->inputs.at(0));
    const auto widen = [&](std::int64_t lo, std::int64_t hi) {
        range = {std::min(range.lo, lo), std::max(range.hi, hi)};
    };
    for (std::size_t i = 1; i < producer->inputs.size(); ++i) {
        const NumberRange other = stream_range(graph, producer->inputs[i]);
        widen(other.lo, other.hi);
    }
    if (pad != nullptr) {
        for (const std::int64_t value : pad->values) {
            widen(value, value);
        }
    }
    return range;
}

bool ternary_products(const ElementFormat& input, std::int64_t lowest, const Tensor& weights,
                      const ElementFormat& weight_format) {
    const ElementFormat two_bits{2, Encoding::signed_integer};
    if (weight_format != two_bits || input != two_bits || lowest < -1) {
        return false;
    }
    const std::vector<std::int32_t>& numbers = weights.scaled()->values;
    return std::none_of(numbers.begin(), numbers.end(), [](std::int32_t w) { return w < -1; });
}

bool ternary_products(const Graph& graph, ValueId input, const Tensor& weights,
                      const ElementFormat& weight_format) {
    const ElementFormat& element = std::get<StreamType>(graph.value(input).type).element;
    // The range of a stream is looked for where all else fits.
    return ternary_products(element, -1, weights, weight_format) &&
           stream_range(graph, input).lo >= -1;
}

AddCircuit add_circuit(const ops::AddJoin& op, const ElementFormat& a, const ElementFormat& b) {
    const auto bits = [](const ElementFormat& format) {
        return is_signed(format) ? format.bits : format.bits + 1;
    };
    const auto power = [](const std::vector<std::int64_t>& factors) {
        return factors.size() == 1 && factors.front() > 0 &&
               std::has_single_bit(static_cast<std::uint64_t>(factors.front()));
    };
    AddCircuit circuit;
    circuit.number = {std::max(bits(a), bits(b)), Encoding::signed_integer};
    circuit.factor = {signed_bits(op.multiplier_a, signed_bits(op.multiplier_b, 2)),
                      Encoding::signed_integer};
    circuit.wires = power(op.multiplier_a) && power(op.multiplier_b);
    circuit.dsp = !circuit.wires && multiplies_in_dsp(ops::MultiplierStyle::automatic,
                                                      circuit.number, circuit.factor);
    return circuit;
}

DifferenceCircuit difference_circuit(const ElementFormat& a,
                                     const std::vector<std::int64_t>& zero_a,
                                     const ElementFormat& b,
                                     const std::vector<std::int64_t>& zero_b) {
    DifferenceCircuit circuit;
    circuit.zero_bits = signed_bits(zero_a, signed_bits(zero_b));
    circuit.a = difference_format(a, zero_a, circuit.zero_bits);
    circuit.b = difference_format(b, zero_b, circuit.zero_bits);
    circuit.dsp = multiplies_in_dsp(ops::MultiplierStyle::automatic, circuit.a, circuit.b);
    return circuit;
}

ScaleCircuit scale_circuit(const form::MultiplyAddShift& form, const ElementFormat& input) {
    ScaleCircuit circuit;
    circuit.argument = is_bipolar(input) ? ElementFormat{2, Encoding::signed_integer} : input;
    circuit.multiplier_bits = signed_bits(form.multiplier);
    circuit.add_bits = signed_bits(form.add);
    circuit.product_bits =
        circuit.argument.bits + circuit.multiplier_bits + (is_signed(circuit.argument) ? 0 : 1);
    circuit.dsp = multiplies_in_dsp(ops::MultiplierStyle::automatic, circuit.argument,
                                    {circuit.multiplier_bits, Encoding::signed_integer});
    return circuit;
}

form::Thresholds compared_thresholds(const form::Thresholds& form, const ElementFormat& input,
                                     const ElementFormat& output) {
    form::Thresholds result = form;
    if (is_bipolar(output)) {
        for (std::int64_t& value : result.base) {
            value = value > 0 ? 0 : -1;
        }
        for (auto& row : result.thresholds) {
            for (std::size_t i = 0; 2 * i < row.size(); ++i) {
                row[i] = row[2 * i];
            }
            row.resize(row.size() / 2);
        }
    }
    for (auto& row : result.thresholds) {
        if (row.empty()) {
            row.push_back(highest_value(input) + 1);
        }
    }
    return result;
}

int signed_bits(std::int64_t number) {
    return 1 + static_cast<int>(
                   std::bit_width(static_cast<std::uint64_t>(number < 0 ? ~number : number)));
}

int signed_bits(const std::vector<std::int64_t>& numbers, int least) {
    for (const std::int64_t number : numbers) {
        least = std::max(least, signed_bits(number));
    }
    return least;
}

std::int64_t matrix_vector_latency(const MatrixVectorCircuit& circuit) {
    const std::int64_t input_folds = circuit.inputs / circuit.simd;
    const std::int64_t output_folds = circuit.outputs / circuit.groups / circuit.pe;
    constexpr std::int64_t most_in_luts = 128; // words of input, see mr_matrix_vector
    const bool block = output_folds > 1 && input_folds > most_in_luts;
    const std::int64_t read = block ? 2 : 1;
    return read + (multiplies_in_dsp(circuit.multiplier, circuit.input, circuit.weight)
                       ? dsp_latency(circuit.simd, circuit.pe > 1)
                       : sum_latency({circuit.simd, circuit.input, circuit.weight, circuit.ternary,
                                      circuit.accumulator_bits}));
}

std::int64_t depthwise_latency(const DepthwiseCircuit& circuit) {
    return 1 + (multiplies_in_dsp(circuit.multiplier, circuit.input, circuit.weight)
                    ? dsp_latency(circuit.simd, false)
                    : sum_latency({circuit.simd, circuit.input, circuit.weight, circuit.ternary,
                                   circuit.accumulator_bits}));
}

std::int64_t reduce_latency(const ops::Reduce& op) { return ceil_log2(op.simd) + 1; }

std::int64_t circuit_latency(const Graph& graph, const Node& node) {
    return std::visit(Latency(graph, node), node.op);
}

} // namespace millrace
