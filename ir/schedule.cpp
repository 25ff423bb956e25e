// SPDX-License-Identifier: Apache-2.0
#include "ir/schedule.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;

// Pipeline depths from a word read to the word written, by actor; the HLS library's loops are
// pipelined with initiation interval 1.
constexpr std::int64_t mover_latency = 2;
constexpr std::int64_t function_latency = 3;
constexpr std::int64_t matrix_vector_latency = 4;
constexpr std::int64_t wire_latency = 1;

class Scheduler {
  public:
    Scheduler(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

    Schedule operator()(const ops::MemoryToStream& op) const {
        const std::int64_t memory = ops::memory_lanes(op.memory_bits, output().element);
        return {1, conversion(element_count(output().shape), memory, output().lanes, false, true),
                mover_latency};
    }
    Schedule operator()(const ops::StreamToMemory& op) const {
        const std::int64_t memory = ops::memory_lanes(op.memory_bits, input().element);
        return {1, conversion(element_count(input().shape), input().lanes, memory, true, false),
                mover_latency};
    }
    Schedule operator()(const ops::MatrixVector& op) const {
        const std::int64_t inputs = op.weights->shape()[0];
        const std::int64_t outputs = op.weights->shape()[1];
        const std::int64_t input_folds = inputs / op.simd;
        const std::int64_t output_folds = outputs / op.pe;
        Schedule result{element_count(input().shape) / inputs,
                        {{1, input_folds, Reads::every_cycle, Writes::last_cycle}},
                        matrix_vector_latency};
        if (output_folds > 1) {
            result.blocks.push_back(
                {output_folds - 1, input_folds, Reads::none, Writes::last_cycle});
        }
        return result;
    }
    Schedule operator()(const ops::FunctionUnit&) const { return every_word(function_latency); }
    Schedule operator()(const ops::WidthConverter& op) const {
        return {1, conversion(element_count(input().shape), input().lanes, op.lanes, true, true),
                wire_latency};
    }
    Schedule operator()(const ops::Fifo&) const { return every_word(wire_latency); }
    Schedule operator()(const ops::Fork&) const { return every_word(wire_latency); }
    Schedule operator()(const ops::TopKUnit&) const {
        const std::int64_t channels = input().shape.empty() ? 1 : input().shape.back();
        const std::int64_t words = channels / input().lanes;
        Schedule result{element_count(input().shape) / channels, {}, function_latency};
        if (words > 1) {
            result.blocks.push_back({words - 1, input().lanes, Reads::first_cycle, Writes::none});
        }
        result.blocks.push_back({1, input().lanes, Reads::first_cycle, Writes::last_cycle});
        return result;
    }
    Schedule operator()(const ops::StreamReshape&) const {
        return {1, {{input().words(), 1, Reads::every_cycle, Writes::every_cycle}}, 0};
    }

    Schedule operator()(const ops::MatMul&) const { return none(); }
    Schedule operator()(const ops::Add&) const { return none(); }
    Schedule operator()(const ops::Sub&) const { return none(); }
    Schedule operator()(const ops::Mul&) const { return none(); }
    Schedule operator()(const ops::Div&) const { return none(); }
    Schedule operator()(const ops::Pow&) const { return none(); }
    Schedule operator()(const ops::Relu&) const { return none(); }
    Schedule operator()(const ops::LeakyRelu&) const { return none(); }
    Schedule operator()(const ops::PRelu&) const { return none(); }
    Schedule operator()(const ops::Clip&) const { return none(); }
    Schedule operator()(const ops::Sigmoid&) const { return none(); }
    Schedule operator()(const ops::Tanh&) const { return none(); }
    Schedule operator()(const ops::HardSigmoid&) const { return none(); }
    Schedule operator()(const ops::Sign&) const { return none(); }
    Schedule operator()(const ops::Neg&) const { return none(); }
    Schedule operator()(const ops::Cast&) const { return none(); }
    Schedule operator()(const ops::Reshape&) const { return none(); }
    Schedule operator()(const ops::Transpose&) const { return none(); }
    Schedule operator()(const ops::Concat&) const { return none(); }
    Schedule operator()(const ops::Gather&) const { return none(); }
    Schedule operator()(const ops::Slice&) const { return none(); }
    Schedule operator()(const ops::Softmax&) const { return none(); }
    Schedule operator()(const ops::ArgMax&) const { return none(); }
    Schedule operator()(const ops::TopK&) const { return none(); }
    Schedule operator()(const ops::Quantize&) const { return none(); }
    Schedule operator()(const ops::MultiThreshold&) const { return none(); }
    Schedule operator()(const ops::IntegerMatMul&) const { return none(); }
    Schedule operator()(const ops::IntegerFunction&) const { return none(); }
    Schedule operator()(const ops::IntegerTopK&) const { return none(); }
    Schedule operator()(const ops::IntegerReshape&) const { return none(); }

  private:
    [[nodiscard]] const StreamType& input() const {
        return std::get<StreamType>(graph_.value(node_.inputs.at(0)).type);
    }
    [[nodiscard]] const StreamType& output() const {
        return std::get<StreamType>(graph_.value(node_.outputs.at(0)).type);
    }
    [[nodiscard]] Schedule every_word(std::int64_t latency) const {
        return {1, {{input().words(), 1, Reads::every_cycle, Writes::every_cycle}}, latency};
    }
    /// A frame of elements from words of `from` to words of `to`, one word of the narrower side a
    /// cycle; runs of equal cycles become one block. A side outside the fabric is not a stream.
    static std::vector<ScheduleBlock> conversion(std::int64_t elements, std::int64_t from,
                                                 std::int64_t to, bool reads_stream,
                                                 bool writes_stream) {
        std::vector<ScheduleBlock> blocks;
        std::int64_t read = 0;
        std::int64_t written = 0;
        while (written < elements) {
            bool reads = false;
            if (from < to || read - written < std::min(to, elements - written)) {
                read = std::min(read + from, elements);
                reads = true;
            }
            bool writes = false;
            if (read - written >= std::min(to, elements - written)) {
                written = std::min(written + to, elements);
                writes = true;
            }
            const ScheduleBlock block{1, 1,
                                      reads && reads_stream ? Reads::every_cycle : Reads::none,
                                      writes && writes_stream ? Writes::every_cycle : Writes::none};
            if (!blocks.empty() && blocks.back().reads == block.reads &&
                blocks.back().writes == block.writes) {
                ++blocks.back().times;
            } else {
                blocks.push_back(block);
            }
        }
        return blocks;
    }
    [[noreturn]] static Schedule none() {
        throw Defect("only actors of the dataflow level have a schedule");
    }

    const Graph& graph_;
    const Node& node_;
};

/// The cycles at which words become readable, by value.
using WordTimes = std::vector<std::int64_t>;

} // namespace

std::int64_t Schedule::interval() const {
    std::int64_t cycles = 0;
    for (const ScheduleBlock& block : blocks) {
        cycles += block.times * block.cycles;
    }
    return repeats * cycles;
}

std::int64_t Schedule::words_read() const {
    std::int64_t words = 0;
    for (const ScheduleBlock& block : blocks) {
        words += block.reads == Reads::none          ? 0
                 : block.reads == Reads::first_cycle ? block.times
                                                     : block.times * block.cycles;
    }
    return repeats * words;
}

std::int64_t Schedule::words_written() const {
    std::int64_t words = 0;
    for (const ScheduleBlock& block : blocks) {
        words += block.writes == Writes::none         ? 0
                 : block.writes == Writes::last_cycle ? block.times
                                                      : block.times * block.cycles;
    }
    return repeats * words;
}

Schedule schedule(const Graph& graph, const Node& node) {
    return std::visit(Scheduler(graph, node), node.op);
}

CyclePrediction predict_cycles(const Graph& graph) {
    CyclePrediction result;
    std::vector<WordTimes> times(graph.values.size());
    for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
        const Node& node = graph.nodes[index];
        const Schedule plan = schedule(graph, node);
        if (plan.interval() > result.interval &&
            !std::holds_alternative<ops::StreamReshape>(node.op)) {
            result.interval = plan.interval();
            result.bottleneck = index;
        }
        std::int64_t now = -1; // the cycle last begun
        std::size_t next_word = 0;
        WordTimes written;
        const bool wires = std::holds_alternative<ops::StreamReshape>(node.op);
        for (std::int64_t repeat = 0; repeat < plan.repeats; ++repeat) {
            for (const ScheduleBlock& block : plan.blocks) {
                for (std::int64_t cycle = 0; cycle < block.times * block.cycles; ++cycle) {
                    const std::int64_t in_block = cycle % block.cycles;
                    ++now;
                    if (block.reads == Reads::every_cycle ||
                        (block.reads == Reads::first_cycle && in_block == 0)) {
                        for (const ValueId input : node.inputs) {
                            if (!times[input].empty()) {
                                const std::int64_t ready = times[input].at(next_word);
                                now = wires ? ready : std::max(now, ready);
                            }
                        }
                        ++next_word;
                    }
                    if (block.writes == Writes::every_cycle ||
                        (block.writes == Writes::last_cycle && in_block + 1 == block.cycles)) {
                        written.push_back(now + plan.latency);
                    }
                }
            }
        }
        result.latency = std::max(result.latency, now + 1);
        for (const ValueId output : node.outputs) {
            if (std::holds_alternative<StreamType>(graph.value(output).type)) {
                times[output] = written;
            }
        }
    }
    return result;
}

} // namespace millrace
