// SPDX-License-Identifier: Apache-2.0
#include "ir/schedule.hpp"

#include "ir/circuit.hpp"
#include "ir/diagnostics.hpp"
#include "ir/rearrange_walk.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;

class Scheduler {
  public:
    Scheduler(const Graph& graph, const Node& node, bool with_memory)
        : graph_(graph),
          node_(node),
          with_memory_(with_memory) {}

    Schedule operator()(const ops::MemoryToStream& op) const {
        const std::int64_t memory = ops::memory_lanes(op.memory_bits, output().element);
        return {1, conversion(element_count(output().shape), memory, output().lanes, with_memory_,
                              true)};
    }
    Schedule operator()(const ops::StreamToMemory& op) const {
        const std::int64_t memory = ops::memory_lanes(op.memory_bits, input().element);
        return {
            1, conversion(element_count(input().shape), input().lanes, memory, true, with_memory_)};
    }
    Schedule operator()(const ops::MatrixVector& op) const {
        const std::int64_t inputs = op.weights->shape()[0];
        const std::int64_t outputs = op.weights->shape()[1];
        const std::int64_t input_folds = inputs / op.simd;
        const std::int64_t output_folds = outputs / op.groups / op.pe;
        Schedule result{element_count(input().shape) / inputs, // a frame's vectors times groups
                        {{1, input_folds, Reads::every_cycle, Writes::last_cycle}}};
        if (output_folds > 1) {
            result.blocks.push_back(
                {output_folds - 1, input_folds, Reads::none, Writes::last_cycle});
        }
        return result;
    }
    Schedule operator()(const ops::Depthwise&) const { return blocks(); }
    Schedule operator()(const ops::Reduce&) const { return blocks(); }
    Schedule operator()(const ops::Rearrange& op) const {
        const RearrangeWalk walk(op, input().words());
        if (rearrangements_overlap(graph_.library)) {
            return {1,
                    {{input().words(), 1, Reads::every_cycle, Writes::none},
                     {output().words(), 1, Reads::none, Writes::every_cycle}},
                    walk.overlapped_interval()};
        }
        Runs runs;
        walk.for_each_cycle(
            [&](std::int64_t read, std::int64_t sent) { runs.add(read >= 0, sent >= 0); });
        return {1, std::move(runs.blocks)};
    }
    Schedule operator()(const ops::ParallelWindow& op) const {
        const Shape& shape = input().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        const std::int64_t blocks = shape.back() / input().lanes;
        const auto ends_window = [&](std::int64_t position, std::size_t axis) {
            const std::int64_t before = position - (op.kernel[axis] - 1) * op.dilations[axis];
            return before >= 0 && before % op.strides[axis] == 0;
        };
        Runs runs;
        for (std::int64_t row = 0; row < height; ++row) {
            const bool row_ends = ends_window(row, 0);
            for (std::int64_t column = 0; column < width; ++column) {
                runs.add(true, row_ends && ends_window(column, 1), blocks);
            }
        }
        return {input().words() / (height * width * blocks), std::move(runs.blocks)};
    }
    Schedule operator()(const ops::PadUnit& op) const {
        const Shape& shape = input().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        const std::int64_t folds = shape.back() / input().lanes;
        Runs runs;
        for (std::int64_t row = -op.top; row < height + op.bottom; ++row) {
            const bool inside = row >= 0 && row < height;
            runs.add(false, true, op.left * folds);
            runs.add(inside, true, width * folds);
            runs.add(false, true, op.right * folds);
        }
        return {input().words() / (height * width * folds), std::move(runs.blocks)};
    }
    Schedule operator()(const ops::AddJoin&) const { return every_word(); }
    Schedule operator()(const ops::MulJoin&) const { return every_word(); }
    Schedule operator()(const ops::ConcatUnit&) const {
        Schedule result{0, {}};
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            const auto& type = std::get<StreamType>(graph_.value(node_.inputs[i]).type);
            const std::int64_t words = type.shape.back() / type.lanes;
            result.repeats = type.words() / words;
            result.blocks.push_back(
                {words, 1, Reads::every_cycle, Writes::every_cycle, static_cast<int>(i)});
        }
        return result;
    }
    Schedule operator()(const ops::DynamicMatrix&) const {
        const auto& b = std::get<StreamType>(graph_.value(node_.inputs.at(1)).type);
        const std::int64_t rows = input().shape[input().shape.size() - 2];
        const std::int64_t depth = input().shape.back();
        const std::int64_t folds = b.shape.back() / b.lanes;
        Schedule result{element_count(input().shape) / (rows * depth),
                        {{depth * folds, 1, Reads::every_cycle, Writes::none, 1}}};
        for (std::int64_t m = 0; m < rows; ++m) {
            result.blocks.push_back({1, depth, Reads::every_cycle, Writes::last_cycle, 0});
            if (folds > 1) {
                result.blocks.push_back({folds - 1, depth, Reads::none, Writes::last_cycle});
            }
        }
        return result;
    }
    Schedule operator()(const ops::FunctionUnit&) const { return every_word(); }
    Schedule operator()(const ops::WidthConverter& op) const {
        return {1, conversion(element_count(input().shape), input().lanes, op.lanes, true, true)};
    }
    Schedule operator()(const ops::Fifo&) const { return every_word(); }
    Schedule operator()(const ops::Fork&) const { return every_word(); }
    Schedule operator()(const ops::TopKUnit&) const {
        const std::int64_t channels = input().shape.empty() ? 1 : input().shape.back();
        const std::int64_t words = channels / input().lanes;
        Schedule result{element_count(input().shape) / channels, {}};
        if (words > 1) {
            result.blocks.push_back({words - 1, input().lanes, Reads::first_cycle, Writes::none});
        }
        result.blocks.push_back({1, input().lanes, Reads::first_cycle, Writes::last_cycle});
        return result;
    }
    Schedule operator()(const ops::StreamReshape&) const {
        return {1, {{input().words(), 1, Reads::every_cycle, Writes::every_cycle}}};
    }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T> Schedule operator()(const T& /*op*/) const {
        throw Defect("only actors of the dataflow level have a schedule");
    }

  private:
    [[nodiscard]] const StreamType& input() const {
        return std::get<StreamType>(graph_.value(node_.inputs.at(0)).type);
    }
    [[nodiscard]] const StreamType& output() const {
        return std::get<StreamType>(graph_.value(node_.outputs.at(0)).type);
    }
    /// Cycles one by one; runs of equal cycles become one block.
    struct Runs {
        std::vector<ScheduleBlock> blocks;

        void add(bool reads, bool writes, std::int64_t cycles = 1) {
            const Reads r = reads ? Reads::every_cycle : Reads::none;
            const Writes w = writes ? Writes::every_cycle : Writes::none;
            if (cycles == 0) {
                return;
            }
            if (!blocks.empty() && blocks.back().reads == r && blocks.back().writes == w) {
                blocks.back().times += cycles;
            } else {
                blocks.push_back({cycles, 1, r, w});
            }
        }
    };
    /// A word for the words of each block of the input [..., T / SIMD, SIMD * PE].
    [[nodiscard]] Schedule blocks() const {
        const std::int64_t words = input().shape[input().shape.size() - 2];
        return {input().words() / words, {{1, words, Reads::every_cycle, Writes::last_cycle}}};
    }
    [[nodiscard]] Schedule every_word() const {
        return {1, {{input().words(), 1, Reads::every_cycle, Writes::every_cycle}}};
    }
    /// A frame of elements from words of `from` to words of `to`, one word of the narrower side a
    /// cycle; runs of equal cycles become one block. A side outside the fabric is not a stream.
    static std::vector<ScheduleBlock> conversion(std::int64_t elements, std::int64_t from,
                                                 std::int64_t to, bool reads_stream,
                                                 bool writes_stream) {
        Runs runs;
        std::int64_t read = 0;
        std::int64_t written = 0;
        while (written < elements) {
            bool reads = false;
            if (read < elements &&
                (from < to || read - written < std::min(to, elements - written))) {
                read = std::min(read + from, elements);
                reads = true;
            }
            bool writes = false;
            if (read - written >= std::min(to, elements - written)) {
                written = std::min(written + to, elements);
                writes = true;
            }
            runs.add(reads && reads_stream, writes && writes_stream);
        }
        return std::move(runs.blocks);
    }

    const Graph& graph_;
    const Node& node_;
    const bool with_memory_; ///< words of memory are read and written, too
};

} // namespace

std::int64_t conversion_cycles(std::int64_t elements, std::int64_t from, std::int64_t to) {
    if (from % to == 0 || to % from == 0) {
        const std::int64_t least = std::min(from, to);
        return (elements + least - 1) / least;
    }
    // As the schedule's: after a common multiple all that was read is written.
    const auto cycles = [&](std::int64_t count) {
        std::int64_t read = 0;
        std::int64_t written = 0;
        std::int64_t result = 0;
        for (; written < count; ++result) {
            if (read < count && (from < to || read - written < std::min(to, count - written))) {
                read = std::min(read + from, count);
            }
            if (read - written >= std::min(to, count - written)) {
                written = std::min(written + to, count);
            }
        }
        return result;
    };
    const std::int64_t common = std::lcm(from, to);
    return elements / common * cycles(std::min(common, elements)) + cycles(elements % common);
}

std::int64_t Schedule::interval() const {
    if (overlapped > 0) {
        return overlapped;
    }
    std::int64_t cycles = 0;
    for (const ScheduleBlock& block : blocks) {
        cycles += block.times * block.cycles;
    }
    return repeats * cycles;
}

std::int64_t Schedule::words_read(int input) const {
    std::int64_t words = 0;
    for (const ScheduleBlock& block : blocks) {
        if (block.input != ScheduleBlock::every_input && block.input != input) {
            continue;
        }
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
    Schedule result = std::visit(Scheduler(graph, node, false), node.op);
    result.latency = circuit_latency(graph, node);
    return result;
}

Schedule schedule_with_memory(const Graph& graph, const Node& mover) {
    Schedule result = std::visit(Scheduler(graph, mover, true), mover.op);
    result.latency = circuit_latency(graph, mover);
    return result;
}

} // namespace millrace
