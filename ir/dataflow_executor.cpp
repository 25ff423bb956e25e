// SPDX-License-Identifier: Apache-2.0
#include "ir/dataflow_executor.hpp"

#include "ir/diagnostics.hpp"

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
        std::vector<Word> vector(inputs / simd);
        while (!input().empty()) {
            for (std::size_t nf = 0; nf < outputs / pe; ++nf) {
                Word accumulators(pe, 0);
                for (std::size_t sf = 0; sf < inputs / simd; ++sf) {
                    if (nf == 0) {
                        vector[sf] = input().read();
                    }
                    for (std::size_t p = 0; p < pe; ++p) {
                        for (std::size_t s = 0; s < simd; ++s) {
                            accumulators[p] +=
                                vector[sf][s] * weights[(sf * simd + s) * outputs + nf * pe + p];
                        }
                    }
                }
                output().write(std::move(accumulators));
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

    // Ops of the other levels.
    void execute(const ops::MatMul&) { not_an_actor(); }
    void execute(const ops::Add&) { not_an_actor(); }
    void execute(const ops::Sub&) { not_an_actor(); }
    void execute(const ops::Mul&) { not_an_actor(); }
    void execute(const ops::Div&) { not_an_actor(); }
    void execute(const ops::Pow&) { not_an_actor(); }
    void execute(const ops::Relu&) { not_an_actor(); }
    void execute(const ops::LeakyRelu&) { not_an_actor(); }
    void execute(const ops::PRelu&) { not_an_actor(); }
    void execute(const ops::Clip&) { not_an_actor(); }
    void execute(const ops::Sigmoid&) { not_an_actor(); }
    void execute(const ops::Tanh&) { not_an_actor(); }
    void execute(const ops::HardSigmoid&) { not_an_actor(); }
    void execute(const ops::Sign&) { not_an_actor(); }
    void execute(const ops::Neg&) { not_an_actor(); }
    void execute(const ops::Cast&) { not_an_actor(); }
    void execute(const ops::Reshape&) { not_an_actor(); }
    void execute(const ops::Transpose&) { not_an_actor(); }
    void execute(const ops::Concat&) { not_an_actor(); }
    void execute(const ops::Gather&) { not_an_actor(); }
    void execute(const ops::Slice&) { not_an_actor(); }
    void execute(const ops::Softmax&) { not_an_actor(); }
    void execute(const ops::ArgMax&) { not_an_actor(); }
    void execute(const ops::TopK&) { not_an_actor(); }
    void execute(const ops::Quantize&) { not_an_actor(); }
    void execute(const ops::MultiThreshold&) { not_an_actor(); }
    void execute(const ops::IntegerMatMul&) { not_an_actor(); }
    void execute(const ops::IntegerFunction&) { not_an_actor(); }
    void execute(const ops::IntegerTopK&) { not_an_actor(); }
    void execute(const ops::IntegerReshape&) { not_an_actor(); }
    [[noreturn]] void not_an_actor() const {
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
