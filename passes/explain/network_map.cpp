// SPDX-License-Identifier: Apache-2.0
#include "passes/explain/network_map.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"
#include "ir/ops/window_runs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millrace::passes::explain {

namespace {

/// Lists of (list, entry) pairs, in the order in which each(add) names them; each runs twice.
template <class T, class Each> Lists<T> lists_of(std::size_t count, Each&& each) {
    Lists<T> result;
    result.begin.assign(count + 1, 0);
    each([&](std::size_t list, const T& /*item*/) { ++result.begin[list + 1]; });
    std::partial_sum(result.begin.begin(), result.begin.end(), result.begin.begin());
    result.items.resize(result.begin.back());
    std::vector<std::uint32_t> next(result.begin.begin(), result.begin.end() - 1);
    each([&](std::size_t list, const T& item) { result.items[next[list]++] = item; });
    return result;
}

WindowMap window_map(const ops::Window& window, const Shape& x, const Shape& y) {
    const Shape input_sizes(x.begin() + 2, x.end());
    const Shape output_sizes(y.begin() + 2, y.end());
    WindowMap map;
    map.inputs = static_cast<std::size_t>(element_count(input_sizes));
    map.outputs = static_cast<std::size_t>(element_count(output_sizes));
    map.taps = static_cast<std::size_t>(window.taps());
    const std::vector<ops::WindowRun> runs = ops::window_runs(window, input_sizes, output_sizes);
    const auto for_each_pair = [&](auto&& use) {
        for (const ops::WindowRun& run : runs) {
            for (std::int64_t i = 0; i < run.count; ++i) {
                use(static_cast<std::uint32_t>(run.tap), static_cast<std::uint32_t>(run.output + i),
                    static_cast<std::uint32_t>(run.input + i * run.step));
            }
        }
    };
    map.by_output = lists_of<Tap>(map.outputs, [&](auto&& add) {
        for_each_pair([&](std::uint32_t tap, std::uint32_t output, std::uint32_t input) {
            add(output, Tap{tap, input});
        });
    });
    map.by_input = lists_of<Tap>(map.inputs, [&](auto&& add) {
        for_each_pair([&](std::uint32_t tap, std::uint32_t output, std::uint32_t input) {
            add(input, Tap{tap, output});
        });
    });
    return map;
}

std::vector<double> window_counts(const ops::AveragePool& op, const Shape& x) {
    std::vector<double> result{1};
    for (std::size_t axis = 0; axis < op.window.axes(); ++axis) {
        std::vector<double> next;
        for (const double outer : result) {
            for (const std::int64_t count : op.counts(axis, x[axis + 2])) {
                next.push_back(outer * static_cast<double>(count));
            }
        }
        result = std::move(next);
    }
    return result;
}

Shape batch_part(const Shape& shape) {
    return shape.size() <= 2 ? Shape{} : Shape(shape.begin(), shape.end() - 2);
}

MatrixMap matrix_map(const Shape& left, const Shape& right) {
    MatrixMap map;
    map.rows = left.size() == 1 ? 1 : static_cast<std::size_t>(left[left.size() - 2]);
    map.inner = static_cast<std::size_t>(left.back());
    map.columns = right.size() == 1 ? 1 : static_cast<std::size_t>(right.back());
    const Shape batch = broadcast_shape(batch_part(left), batch_part(right));
    const BroadcastIndex in_left(batch_part(left), batch);
    const BroadcastIndex in_right(batch_part(right), batch);
    for (std::int64_t i = 0; i < element_count(batch); ++i) {
        map.left.push_back(static_cast<std::uint32_t>(in_left(i)));
        map.right.push_back(static_cast<std::uint32_t>(in_right(i)));
    }
    return map;
}

OperandMap operand_map(const Shape& operand, const Shape& result) {
    OperandMap map;
    const std::int64_t count = element_count(result);
    if (element_count(operand) == count) {
        return map;
    }
    map.identity = false;
    map.source.reserve(static_cast<std::size_t>(count));
    const BroadcastIndex index(operand, result);
    for (std::int64_t i = 0; i < count; ++i) {
        map.source.push_back(static_cast<std::uint32_t>(index(i)));
    }
    return map;
}

LaneMap lane_map(const Shape& shape, std::int64_t axis) {
    LaneMap lanes;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto dimension = static_cast<std::size_t>(shape[i]);
        const auto position = static_cast<std::int64_t>(i);
        lanes.length = position == axis ? dimension : lanes.length;
        lanes.count *= position == axis ? 1 : dimension;
        lanes.stride *= position > axis ? dimension : 1;
    }
    return lanes;
}

/// Fills the map of one node.
class Mapper {
  public:
    Mapper(const NetworkMap& network, const Node& node) : network_(network), node_(node) {}

    NodeMap run() {
        std::visit([this](const auto& op) { fill(op); }, node_.op);
        return std::move(map_);
    }

  private:
    [[nodiscard]] const Shape& in(std::size_t i) const { return network_.shape(node_.inputs[i]); }
    [[nodiscard]] const Shape& out() const { return network_.shape(node_.outputs[0]); }

    void fill(const ops::Conv& op) { map_.window = window_map(op.window, in(0), out()); }
    void fill(const ops::MaxPool& op) { map_.window = window_map(op.window, in(0), out()); }
    void fill(const ops::AveragePool& op) {
        map_.window = window_map(op.window, in(0), out());
        map_.window.counts = window_counts(op, in(0));
    }
    void fill(const ops::MatMul&) { map_.matrix = matrix_map(in(0), in(1)); }
    void fill(const ops::ReduceMean& op) {
        Shape kept = in(0);
        for (const std::int64_t axis : op.axes) {
            kept[static_cast<std::size_t>(axis)] = 1;
        }
        map_.mean_of = operand_map(kept, in(0)).source;
        if (map_.mean_of.empty()) { // nothing is reduced
            map_.mean_of.resize(network_.size(node_.inputs[0]));
            std::iota(map_.mean_of.begin(), map_.mean_of.end(), 0U);
        }
        map_.mean_inputs =
            lists_of<std::uint32_t>(network_.size(node_.outputs[0]), [&](auto&& add) {
                for (std::size_t i = 0; i < map_.mean_of.size(); ++i) {
                    add(map_.mean_of[i], static_cast<std::uint32_t>(i));
                }
            });
    }

    void fill(const ops::Add&) { operands(); }
    void fill(const ops::Sub&) { operands(); }
    void fill(const ops::Mul&) { operands(); }
    void fill(const ops::Div&) { operands(); }
    void fill(const ops::Pow&) { operands(); }
    void fill(const ops::PRelu&) { operands(); }
    void operands() { map_.operands = {operand_map(in(0), out()), operand_map(in(1), out())}; }

    void fill(const ops::Transpose& op) { move(op, 1); }
    void fill(const ops::Concat& op) { move(op, node_.inputs.size()); }
    void fill(const ops::Slice& op) { move(op, 1); }
    void fill(const ops::Gather& op) { move(op, 1); }
    void fill(const ops::Pad& op) {
        ops::Pad marked = op;
        marked.value = Real(-1);
        move(marked, 1);
    }
    /// Evaluates the op on the indices of its first `moved` inputs' elements.
    void move(const Op& op, std::size_t moved) {
        std::vector<Tensor> indices;
        std::vector<std::int64_t> firsts;
        std::int64_t first = 0;
        for (std::size_t i = 0; i < moved; ++i) {
            firsts.push_back(first);
            std::vector<std::int64_t> all(network_.size(node_.inputs[i]));
            std::iota(all.begin(), all.end(), first);
            first += std::ssize(all);
            indices.push_back(Tensor::integers(all).reshaped(in(i)));
        }
        TensorList arguments;
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            arguments.push_back(i < moved ? &indices[i]
                                          : network_.graph().value(node_.inputs[i]).constant.get());
        }
        const auto moved_indices = evaluate(op, arguments).at(0).to_int64();
        if (!moved_indices) {
            throw Defect("an op that moves elements made other numbers of them");
        }
        for (const std::int64_t index : *moved_indices) {
            Source source;
            if (index >= 0) {
                std::size_t input = moved - 1;
                while (index < firsts[input]) {
                    --input;
                }
                source = {static_cast<std::uint32_t>(input),
                          static_cast<std::uint32_t>(index - firsts[input])};
            }
            map_.sources.push_back(source);
        }
        for (std::size_t input = 0; input < moved; ++input) {
            map_.targets.push_back(
                lists_of<std::uint32_t>(network_.size(node_.inputs[input]), [&](auto&& add) {
                    for (std::size_t i = 0; i < map_.sources.size(); ++i) {
                        if (map_.sources[i].input == input) {
                            add(map_.sources[i].element, static_cast<std::uint32_t>(i));
                        }
                    }
                }));
        }
    }

    void fill(const ops::Softmax& op) { map_.lanes = lane_map(in(0), op.axis); }
    void fill(const ops::ArgMax& op) { map_.lanes = lane_map(in(0), op.axis); }
    void fill(const ops::TopK& op) { map_.lanes = lane_map(in(0), op.axis); }

    // Element by element.
    void fill(const ops::Relu&) {}
    void fill(const ops::LeakyRelu&) {}
    void fill(const ops::Clip&) {}
    void fill(const ops::Sigmoid&) {}
    void fill(const ops::Tanh&) {}
    void fill(const ops::HardSigmoid&) {}
    void fill(const ops::Sign&) {}
    void fill(const ops::Neg&) {}
    void fill(const ops::Cast&) {}
    void fill(const ops::Reshape&) {}
    void fill(const ops::Quantize&) {}
    void fill(const ops::MultiThreshold&) {}

    template <class T>
    requires IntegerOp<T> || DataflowOp<T>
    void fill(const T& /*op*/) const { throw Defect("not an op of the network level"); }

    const NetworkMap& network_;
    const Node& node_;
    NodeMap map_;
};

/// Whether a step works a quantizer's integer out from the real number that the quantizer gave, or
/// from the step before: see frontend/ops/linear_quantization.cpp.
bool makes_integer(const Graph& graph, const Node& node, const std::vector<std::size_t>& producers,
                   const std::vector<bool>& integers) {
    const bool step = std::holds_alternative<ops::Div>(node.op) ||
                      std::holds_alternative<ops::Add>(node.op) ||
                      std::holds_alternative<ops::Cast>(node.op);
    const bool quantizes = node.onnx_op == "QuantizeLinear" ||
                           node.onnx_op.starts_with("QLinear") || node.onnx_op == "QGemm";
    const std::size_t before = producers[node.inputs[0]];
    if (!step || !quantizes || before == NetworkMap::no_node) {
        return false;
    }
    const Node& producer = graph.nodes[before];
    return producer.name == node.name && producer.onnx_op == node.onnx_op &&
           (std::holds_alternative<ops::Quantize>(producer.op) || integers[node.inputs[0]]);
}

} // namespace

std::vector<double> to_doubles(const Tensor& tensor) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(tensor.size()));
    if (const auto* floats = tensor.floats()) {
        values.assign(floats->begin(), floats->end());
        return values;
    }
    if (const auto* q = tensor.scaled(); q != nullptr && q->scale.size() == 1) {
        const double scale = q->scale[0].to_double();
        for (const std::int32_t value : q->values) {
            values.push_back(value * scale);
        }
        return values;
    }
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
        values.push_back(tensor.at(i).to_double());
    }
    return values;
}

NetworkMap::NetworkMap(const Graph& network)
    : graph_(&network),
      constants_(network.values.size()),
      producers_(network.values.size(), no_node),
      integers_(network.values.size(), false),
      readers_(network.values.size()) {
    for (std::size_t id = 0; id < network.values.size(); ++id) {
        sizes_.push_back(
            static_cast<std::size_t>(element_count(shape_of(network.values[id].type))));
        if (network.values[id].constant) {
            constants_[id] = to_doubles(*network.values[id].constant);
        }
    }
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
        const Node& node = network.nodes[n];
        for (const ValueId output : node.outputs) {
            producers_[output] = n;
        }
        nodes_.push_back(Mapper(*this, node).run());
        if (makes_integer(network, node, producers_, integers_)) {
            integers_[node.outputs[0]] = true;
        }
        for (const ValueId input : node.inputs) {
            readers_[input].push_back(n);
        }
    }
    // Readers come behind what they read.
    std::vector<bool> rescaled(network.values.size(), false);
    rescaled_.resize(network.nodes.size());
    for (std::size_t n = network.nodes.size(); n-- > 0;) {
        for (const ValueId output : network.nodes[n].outputs) {
            rescaled[output] =
                std::any_of(readers_[output].begin(), readers_[output].end(),
                            [&](std::size_t reader) { return rescales(reader, output, rescaled); });
        }
        rescaled_[n] = rescaled[network.nodes[n].outputs[0]];
    }
}

/// Whether a reader of a value multiplies it by something that is no power of two, or hands it on
/// to one that does. Decisions end it; what could not be looked through counts as if it did.
bool NetworkMap::rescales(std::size_t reader, ValueId value,
                          const std::vector<bool>& rescaled) const {
    const Node& node = graph_->nodes[reader];
    if (node.onnx_op == "BatchNormalization") {
        return true;
    }
    const auto is = [&]<class... Ops>(OpList<Ops...>) {
        return (std::holds_alternative<Ops>(node.op) || ...);
    };
    if (is(OpList<ops::Quantize, ops::MultiThreshold, ops::Sign, ops::ArgMax>{})) {
        return false;
    }
    if (is(OpList<ops::Mul, ops::Div>{})) {
        const ValueId other = node.inputs[node.inputs[0] == value ? 1 : 0];
        const std::vector<double>& factors = constants_[other];
        return !is_constant(other) || rescaled[node.outputs[0]] ||
               std::any_of(factors.begin(), factors.end(), [](double x) {
                   int exponent = 0;
                   return std::abs(std::frexp(x, &exponent)) != 0.5;
               });
    }
    return !is(OpList<ops::Add, ops::Sub, ops::Relu, ops::Clip, ops::MaxPool, ops::Reshape,
                      ops::Transpose>{}) ||
           rescaled[node.outputs[0]];
}

std::vector<std::vector<char>>
NetworkMap::upstream(const std::vector<std::vector<char>>& marks) const {
    std::vector<std::vector<char>> result(graph_->values.size());
    for (std::size_t i = 0; i < marks.size(); ++i) {
        std::vector<char>& of = result[graph_->outputs[i]];
        of.resize(sizes_[graph_->outputs[i]], 0);
        for (std::size_t e = 0; e < marks[i].size(); ++e) {
            of[e] = static_cast<char>(of[e] | marks[i][e]);
        }
    }
    for (std::size_t n = graph_->nodes.size(); n-- > 0;) {
        mark_sources(n, result);
    }
    return result;
}

void NetworkMap::mark_sources(std::size_t n, std::vector<std::vector<char>>& marks) const {
    const Node& node = graph_->nodes[n];
    const NodeMap& map = nodes_[n];
    for (const ValueId input : node.inputs) {
        marks[input].resize(sizes_[input], 0);
    }
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
        const std::vector<char>& out = marks[node.outputs[o]];
        const auto in = [&](std::size_t i, std::size_t element) {
            marks[node.inputs[i]][element] = 1;
        };
        const auto lane = [&](std::size_t l) {
            for (std::size_t k = 0; k < map.lanes.length; ++k) {
                in(0, map.lanes.first(l, map.lanes.length) + k * map.lanes.stride);
            }
        };
        for (std::size_t e = 0; e < out.size(); ++e) {
            if (out[e] == 0) {
                continue;
            }
            if (const auto* conv = std::get_if<ops::Conv>(&node.op)) {
                const Shape& x = shape(node.inputs[0]);
                const auto channels = static_cast<std::size_t>(x[1]);
                const auto outputs = static_cast<std::size_t>(shape(node.inputs[1])[0]);
                const auto groups = static_cast<std::size_t>(conv->group);
                const std::size_t plane = e / map.window.outputs;
                const std::size_t group = plane % outputs / (outputs / groups);
                const std::size_t first = plane / outputs * channels + group * (channels / groups);
                for (std::size_t c = 0; c < channels / groups; ++c) {
                    for (const Tap& tap : map.window.by_output[e % map.window.outputs]) {
                        in(0, (first + c) * map.window.inputs + tap.position);
                    }
                }
            } else if (map.window.outputs != 0) { // pools
                for (const Tap& tap : map.window.by_output[e % map.window.outputs]) {
                    in(0, e / map.window.outputs * map.window.inputs + tap.position);
                }
            } else if (!map.matrix.left.empty()) {
                const std::size_t matrix = map.matrix.rows * map.matrix.columns;
                const std::size_t row = e % matrix / map.matrix.columns;
                for (std::size_t k = 0; k < map.matrix.inner; ++k) {
                    in(0, (map.matrix.left[e / matrix] * map.matrix.rows + row) * map.matrix.inner +
                              k);
                    in(1,
                       (map.matrix.right[e / matrix] * map.matrix.inner + k) * map.matrix.columns +
                           e % map.matrix.columns);
                }
            } else if (!map.mean_of.empty()) {
                for (const std::uint32_t input : map.mean_inputs[e]) {
                    in(0, input);
                }
            } else if (!map.operands.empty()) {
                in(0, map.operands[0](e));
                in(1, map.operands[1](e));
            } else if (!map.sources.empty()) {
                if (map.sources[e].input != Source::none) {
                    in(map.sources[e].input, map.sources[e].element);
                }
            } else if (std::holds_alternative<ops::Softmax>(node.op)) {
                lane(map.lanes.lane_of(e));
            } else if (std::holds_alternative<ops::ArgMax>(node.op)) {
                lane(e);
            } else if (const auto* top = std::get_if<ops::TopK>(&node.op)) {
                const LaneMap best{static_cast<std::size_t>(top->k), map.lanes.stride,
                                   map.lanes.count};
                lane(best.lane_of(e));
            } else { // element by element
                in(0, e);
            }
        }
    }
}

} // namespace millrace::passes::explain
