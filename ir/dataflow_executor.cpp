// SPDX-License-Identifier: Apache-2.0
#include "ir/dataflow_executor.hpp"

#include "ir/diagnostics.hpp"
#include "ir/function/exact_function.hpp"
#include "ir/rearrange_walk.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>

namespace millrace {

namespace {

using Word = std::vector<std::int64_t>;

/// The words of one stream between the actor that writes and the one that reads.
class Stream {
  public:
    Stream() = default;
    explicit Stream(const StreamType& type)
        : lanes_(static_cast<std::size_t>(type.lanes)),
          lo_(lowest_value(type.element)),
          hi_(highest_value(type.element)),
          bipolar_(type.element.encoding == Encoding::bipolar) {}

    void write(Word word) {
        if (word.size() != lanes_) {
            throw Defect("a word of the wrong number of lanes was written");
        }
        for (const std::int64_t element : word) {
            if (element < lo_ || element > hi_ || (bipolar_ && element == 0)) {
                throw Defect(
                    fmt::format("{} does not fit its stream of [{}, {}]", element, lo_, hi_));
            }
        }
        words_.push_back(std::move(word));
    }
    Word read() {
        if (words_.empty()) {
            throw Defect("an actor reads more words than there are");
        }
        Word word = std::move(words_.front());
        words_.pop_front();
        return word;
    }
    [[nodiscard]] bool empty() const { return words_.empty(); }
    [[nodiscard]] std::size_t size() const { return words_.size(); }

  private:
    std::size_t lanes_ = 1;
    std::int64_t lo_ = 0;
    std::int64_t hi_ = 0;
    bool bipolar_ = false;
    std::deque<Word> words_;
};

class Executor {
  public:
    Executor(const Graph& graph, const std::vector<IntegerBuffer>& inputs)
        : graph_(graph),
          streams_(graph.values.size()),
          memories_(graph.values.size()) {
        for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
            memories_[graph.inputs[i]] = inputs.at(i);
        }
        for (std::size_t v = 0; v < graph.values.size(); ++v) {
            if (const auto* type = std::get_if<StreamType>(&graph.values[v].type)) {
                streams_[v] = Stream(*type);
            }
        }
    }

    std::vector<IntegerBuffer> run() {
        for (const Node& node : graph_.nodes) {
            node_ = &node;
            std::visit([this](const auto& op) { execute(op); }, node.op);
            for (const ValueId input : node.inputs) {
                if (!streams_[input].empty()) {
                    throw Defect(fmt::format("'{}' leaves words unread", node.name));
                }
            }
        }
        std::vector<IntegerBuffer> outputs;
        for (const ValueId output : graph_.outputs) {
            outputs.push_back(std::move(memories_[output]));
        }
        return outputs;
    }

  private:
    [[nodiscard]] const StreamType& input_type() const {
        return std::get<StreamType>(graph_.value(node_->inputs[0]).type);
    }
    Stream& input() { return streams_[node_->inputs[0]]; }
    Stream& output(std::size_t index = 0) { return streams_[node_->outputs[index]]; }
    [[nodiscard]] std::size_t channels() const {
        const Shape& shape = input_type().shape;
        return shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
    }

    void execute(const ops::MemoryToStream& op) {
        const IntegerBuffer& memory = memories_[node_->inputs[0]];
        const auto lanes = static_cast<std::ptrdiff_t>(op.lanes);
        for (auto it = memory.begin(); it != memory.end(); it += lanes) {
            output().write(Word(it, it + lanes));
        }
    }
    void execute(const ops::StreamToMemory&) {
        IntegerBuffer& memory = memories_[node_->outputs[0]];
        while (!input().empty()) {
            const Word word = input().read();
            memory.insert(memory.end(), word.begin(), word.end());
        }
    }
    void execute(const ops::MatrixVector& op) {
        const std::vector<std::int32_t>& weights = op.weights->scaled()->values;
        const auto inputs = static_cast<std::size_t>(op.weights->shape()[0]);
        const auto outputs = static_cast<std::size_t>(op.weights->shape()[1]);
        const auto simd = static_cast<std::size_t>(op.simd);
        const auto pe = static_cast<std::size_t>(op.pe);
        const std::size_t group_folds = outputs / static_cast<std::size_t>(op.groups) / pe;
        std::vector<Word> vector(inputs / simd);
        while (!input().empty()) {
            for (std::size_t nf = 0; nf < outputs / pe; ++nf) {
                Word accumulators(pe, 0);
                for (std::size_t sf = 0; sf < inputs / simd; ++sf) {
                    if (nf % group_folds == 0) {
                        vector[sf] = input().read();
                    }
                    for (std::size_t s = 0; s < simd; ++s) {
                        const std::int64_t x = vector[sf][s];
                        const std::int32_t* w =
                            weights.data() + (sf * simd + s) * outputs + nf * pe;
                        for (std::size_t p = 0; p < pe; ++p) {
                            accumulators[p] += x * w[p];
                        }
                    }
                }
                output().write(std::move(accumulators));
            }
        }
    }
    void execute(const ops::Depthwise& op) {
        const std::vector<std::int32_t>& weights = op.weights->scaled()->values;
        const auto channels = static_cast<std::size_t>(op.weights->shape()[1]);
        const auto taps = static_cast<std::size_t>(op.weights->shape()[0]);
        const auto simd = static_cast<std::size_t>(op.simd);
        const std::size_t pe = static_cast<std::size_t>(input_type().lanes) / simd;
        std::size_t first = 0; // channel of lane 0
        while (!input().empty()) {
            Word accumulators(pe, 0);
            for (std::size_t t = 0; t < taps; t += simd) {
                const Word word = input().read();
                for (std::size_t i = 0; i < word.size(); ++i) {
                    accumulators[i % pe] +=
                        word[i] * weights[(t + i / pe) * channels + first + i % pe];
                }
            }
            first = (first + pe) % channels;
            output().write(std::move(accumulators));
        }
    }
    void execute(const ops::Reduce& op) {
        const Shape& shape = input_type().shape;
        const std::int64_t words = shape[shape.size() - 2];
        const std::size_t pe = static_cast<std::size_t>(input_type().lanes / op.simd);
        while (!input().empty()) {
            Word taps = input().read();
            for (std::int64_t t = 1; t < words; ++t) {
                const Word word = input().read();
                taps.insert(taps.end(), word.begin(), word.end());
            }
            Word result(taps.begin(), taps.begin() + static_cast<std::ptrdiff_t>(pe));
            for (std::size_t i = pe; i < taps.size(); ++i) {
                result[i % pe] = reduced(op.reduction, result[i % pe], taps[i]);
            }
            output().write(std::move(result));
        }
    }
    static std::int64_t reduced(ops::Reduction reduction, std::int64_t a, std::int64_t b) {
        switch (reduction) {
        case ops::Reduction::max:
            return std::max(a, b);
        case ops::Reduction::min:
            return std::min(a, b);
        case ops::Reduction::sum:
            return a + b;
        }
        throw Defect("unknown reduction");
    }
    /// Works in its buffer of `depth` words and on its schedule: a word that the schedule has let
    /// go is gone.
    void execute(const ops::Rearrange& op) {
        const RearrangeWalk walk(op, input_type().words());
        std::vector<Word> buffer(static_cast<std::size_t>(op.depth));
        while (!input().empty()) {
            walk.for_each_cycle([&](std::int64_t read, std::int64_t sent) {
                // Sent first: a word that is read in this cycle cannot be sent in it.
                Word word;
                if (sent >= 0) {
                    word = buffer[static_cast<std::size_t>(sent % op.depth)];
                }
                if (read >= 0) {
                    buffer[static_cast<std::size_t>(read % op.depth)] = input().read();
                }
                if (sent >= 0) {
                    output().write(std::move(word));
                }
            });
        }
    }
    void execute(const ops::ParallelWindow& op) {
        const Shape& shape = input_type().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        const std::int64_t blocks = shape.back() / input_type().lanes;
        const auto windows = [&](std::size_t axis, std::int64_t size) {
            return (size - (op.kernel[axis] - 1) * op.dilations[axis] - 1) / op.strides[axis] + 1;
        };
        const std::int64_t rows = windows(0, height);
        const std::int64_t columns = windows(1, width);
        std::vector<Word> image;
        while (!input().empty()) {
            image.clear();
            for (std::int64_t i = 0; i < height * width * blocks; ++i) {
                image.push_back(input().read());
            }
            for (std::int64_t i = 0; i < rows * columns * blocks; ++i) {
                Word word;
                for (std::int64_t k = 0; k < op.kernel[0] * op.kernel[1]; ++k) {
                    const std::int64_t row =
                        i / blocks / columns * op.strides[0] + k / op.kernel[1] * op.dilations[0];
                    const std::int64_t column =
                        i / blocks % columns * op.strides[1] + k % op.kernel[1] * op.dilations[1];
                    const Word& part = image[static_cast<std::size_t>(
                        (row * width + column) * blocks + i % blocks)];
                    word.insert(word.end(), part.begin(), part.end());
                }
                output().write(std::move(word));
            }
        }
    }
    void execute(const ops::PadUnit& op) {
        const Shape& shape = input_type().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        const auto lanes = static_cast<std::size_t>(input_type().lanes);
        const std::size_t folds = channels() / lanes;
        while (!input().empty()) {
            for (std::int64_t row = -op.top; row < height + op.bottom; ++row) {
                for (std::int64_t column = -op.left; column < width + op.right; ++column) {
                    const bool inside = row >= 0 && row < height && column >= 0 && column < width;
                    for (std::size_t fold = 0; fold < folds; ++fold) {
                        if (inside) {
                            output().write(input().read());
                            continue;
                        }
                        Word word;
                        for (std::size_t lane = 0; lane < lanes; ++lane) {
                            word.push_back(channel_parameter(op.values, fold * lanes + lane));
                        }
                        output().write(std::move(word));
                    }
                }
            }
        }
    }
    /// f(channel, a, b) of the elements of both inputs.
    template <class F> void join(F&& f) {
        const std::size_t count = channels();
        Stream& other = streams_[node_->inputs[1]];
        std::size_t channel = 0;
        while (!input().empty()) {
            Word a = input().read();
            const Word b = other.read();
            for (std::size_t i = 0; i < a.size(); ++i) {
                a[i] = f(channel, a[i], b[i]);
                channel = (channel + 1) % count;
            }
            output().write(std::move(a));
        }
    }
    void execute(const ops::AddJoin& op) {
        join([&](std::size_t c, std::int64_t a, std::int64_t b) {
            return channel_parameter(op.multiplier_a, c) * a +
                   channel_parameter(op.multiplier_b, c) * b;
        });
    }
    void execute(const ops::MulJoin& op) {
        join([&](std::size_t c, std::int64_t a, std::int64_t b) {
            return (a - channel_parameter(op.zero_a, c)) * (b - channel_parameter(op.zero_b, c));
        });
    }
    void execute(const ops::ConcatUnit&) {
        while (!input().empty()) {
            for (const ValueId id : node_->inputs) {
                const auto& type = std::get<StreamType>(graph_.value(id).type);
                for (std::int64_t i = 0; i < type.shape.back() / type.lanes; ++i) {
                    output().write(streams_[id].read());
                }
            }
        }
    }
    void execute(const ops::DynamicMatrix& op) {
        const auto& b_type = std::get<StreamType>(graph_.value(node_->inputs[1]).type);
        const std::size_t rank = b_type.shape.size();
        const std::int64_t rows = input_type().shape[rank - 2];
        const auto depth = static_cast<std::size_t>(b_type.shape[rank - 2]);
        const auto folds = static_cast<std::size_t>(b_type.shape[rank - 1] / b_type.lanes);
        while (!input().empty()) {
            std::vector<Word> matrix;
            for (std::size_t i = 0; i < depth * folds; ++i) {
                matrix.push_back(streams_[node_->inputs[1]].read());
            }
            for (std::int64_t m = 0; m < rows; ++m) {
                std::vector<std::int64_t> row;
                for (std::size_t k = 0; k < depth; ++k) {
                    row.push_back(input().read().front() - op.zero_a);
                }
                for (std::size_t nf = 0; nf < folds; ++nf) {
                    Word sums(static_cast<std::size_t>(b_type.lanes), 0);
                    for (std::size_t k = 0; k < depth; ++k) {
                        for (std::size_t p = 0; p < sums.size(); ++p) {
                            sums[p] += row[k] * (matrix[k * folds + nf][p] - op.zero_b);
                        }
                    }
                    output().write(std::move(sums));
                }
            }
        }
    }
    void execute(const ops::FunctionUnit& op) {
        const std::size_t count = channels();
        std::size_t channel = 0;
        while (!input().empty()) {
            Word word = input().read();
            for (std::int64_t& element : word) {
                element = apply(*op.form, channel, element);
                channel = (channel + 1) % count;
            }
            output().write(std::move(word));
        }
    }
    void execute(const ops::WidthConverter& op) {
        Word pending;
        const auto lanes = static_cast<std::ptrdiff_t>(op.lanes);
        while (!input().empty()) {
            const Word word = input().read();
            pending.insert(pending.end(), word.begin(), word.end());
            while (std::ssize(pending) >= lanes) {
                output().write(Word(pending.begin(), pending.begin() + lanes));
                pending.erase(pending.begin(), pending.begin() + lanes);
            }
        }
        if (!pending.empty()) {
            throw Defect(fmt::format("'{}' keeps elements back", node_->name));
        }
    }
    void execute(const ops::Fifo&) { copy(); }
    void execute(const ops::StreamReshape&) { copy(); }
    void execute(const ops::Fork& op) {
        while (!input().empty()) {
            const Word word = input().read();
            for (std::size_t way = 0; way < static_cast<std::size_t>(op.ways); ++way) {
                output(way).write(word);
            }
        }
    }
    void execute(const ops::TopKUnit& op) {
        const std::size_t count = channels();
        while (!input().empty()) {
            // Insertion into the list of the best so far, one element at a time.
            std::vector<std::pair<std::int64_t, std::int64_t>> best; // value, index
            std::int64_t index = 0;
            while (index < static_cast<std::int64_t>(count)) {
                for (const std::int64_t value : input().read()) {
                    const auto after = [&](const std::pair<std::int64_t, std::int64_t>& other) {
                        if (value == other.first) {
                            return op.last_index;
                        }
                        return op.largest ? value > other.first : value < other.first;
                    };
                    best.insert(std::find_if(best.begin(), best.end(), after), {value, index++});
                    if (std::ssize(best) > op.k) {
                        best.pop_back();
                    }
                }
            }
            Word indices;
            Word values;
            for (const auto& [value, position] : best) {
                indices.push_back(position);
                values.push_back(value);
            }
            output(0).write(std::move(indices));
            if (op.with_values) {
                output(1).write(std::move(values));
            }
        }
    }
    void copy() {
        while (!input().empty()) {
            output().write(input().read());
        }
    }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T>
    void execute(const T& /*op*/) const {
        throw Defect(fmt::format("'{}' is not an actor", node_->name));
    }

    const Graph& graph_;
    const Node* node_ = nullptr;
    std::vector<Stream> streams_;
    std::vector<IntegerBuffer> memories_;
};

} // namespace

std::vector<IntegerBuffer> execute_dataflow(const Graph& dataflow,
                                            const std::vector<IntegerBuffer>& inputs) {
    return Executor(dataflow, inputs).run();
}

} // namespace millrace
