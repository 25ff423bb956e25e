// SPDX-License-Identifier: Apache-2.0
//
// From nodes of a dataflow graph to circuits, as backends/rtl/network_view gives them parameters.
#include "ir/cost.hpp"

#include "ir/actor_parts.hpp"
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/movement.hpp"
#include "ir/cost/products.hpp"
#include "ir/diagnostics.hpp"

namespace millrace {

namespace {

class NodeCost {
  public:
    NodeCost(const Graph& graph, const Node& node, Family family)
        : graph_(graph),
          node_(node),
          family_(family) {}

    Cost operator()(const ops::MemoryToStream& op) const {
        return memory_to_stream_cost(
            {op.memory_bits, output().element, op.lanes, element_count(output().shape)}, family_);
    }
    Cost operator()(const ops::StreamToMemory& op) const {
        return stream_to_memory_cost(
            {op.memory_bits, input().element, input().lanes, element_count(input().shape)},
            family_);
    }
    Cost operator()(const ops::MatrixVector& op) const {
        MatrixVectorCircuit circuit = matrix_vector_circuit(graph_, node_);
        circuit.narrow = is_narrow(*op.weights, op.weight_format);
        return matrix_vector_cost(circuit, family_);
    }
    Cost operator()(const ops::Depthwise&) const {
        return depthwise_cost(depthwise_circuit(graph_, node_), family_);
    }
    Cost operator()(const ops::Reduce& op) const {
        return reduce_cost(op, input().element, dimension(2), output().lanes, family_);
    }
    Cost operator()(const ops::Rearrange& op) const {
        return rearrange_cost(op, input().word_bits(), input().words(),
                              rearrangements_overlap(ActorLibrary::rtl), family_);
    }
    Cost operator()(const ops::ParallelWindow& op) const {
        return parallel_window_cost(op, input().word_bits(), dimension(3), dimension(2), folds(),
                                    family_);
    }
    Cost operator()(const ops::PadUnit& op) const {
        PadCircuit circuit;
        circuit.lanes = input().lanes;
        circuit.folds = folds();
        circuit.input = input().element;
        circuit.output = op.output;
        circuit.rows = op.top + dimension(3) + op.bottom;
        circuit.columns = op.left + dimension(2) + op.right;
        circuit.pads_rows = op.top + op.bottom > 0;
        circuit.pads_columns = op.left + op.right > 0;
        circuit.shared = op.values.size() == 1;
        return pad_cost(circuit, family_);
    }
    Cost operator()(const ops::AddJoin& op) const {
        return add_join_cost(op, input().element, input(1).element, input().lanes, folds(),
                             family_);
    }
    Cost operator()(const ops::MulJoin& op) const {
        return mul_join_cost(op, input().element, input(1).element, input().lanes, folds(),
                             family_);
    }
    Cost operator()(const ops::ConcatUnit& op) const {
        std::vector<std::int64_t> words;
        std::vector<ElementFormat> formats;
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            words.push_back(input(i).shape.back() / input(i).lanes);
            formats.push_back(input(i).element);
        }
        return concat_cost(words, formats, op.output, input().lanes, family_);
    }
    Cost operator()(const ops::DynamicMatrix& op) const {
        DynamicMatrixCircuit circuit;
        circuit.rows = dimension(2);
        circuit.inner = input().shape.back();
        circuit.columns = input(1).shape.back();
        circuit.pe = input(1).lanes;
        circuit.a = input().element;
        circuit.b = input(1).element;
        circuit.zero_a = op.zero_a;
        circuit.zero_b = op.zero_b;
        circuit.accumulator_bits = op.accumulator.bits;
        return dynamic_matrix_cost(circuit, family_);
    }
    Cost operator()(const ops::FunctionUnit& op) const {
        return function_cost(function_circuit(*op.form, input().element, op.output), channels(),
                             input().lanes, op.memory, family_);
    }
    Cost operator()(const ops::WidthConverter& op) const {
        const std::int64_t elements = element_count(input().shape);
        const bool whole = elements % input().lanes == 0 && elements % op.lanes == 0;
        return width_converter_cost(input().element.bits, input().lanes, op.lanes,
                                    whole ? 0 : elements, family_);
    }
    Cost operator()(const ops::Fifo& op) const {
        return fifo_cost(op, input().word_bits(), family_);
    }
    Cost operator()(const ops::Fork& op) const {
        return fork_cost(input().word_bits(), op.ways, family_);
    }
    Cost operator()(const ops::TopKUnit& op) const {
        return top_k_cost(op, input().element, output().element.bits, channels(), input().lanes,
                          family_);
    }
    Cost operator()(const ops::StreamReshape& /*op*/) const { return {}; }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T> Cost operator()(const T& /*op*/) const {
        throw Defect("only actors of the dataflow level have a cost");
    }

  private:
    [[nodiscard]] const StreamType& stream(ValueId id) const {
        return std::get<StreamType>(graph_.value(id).type);
    }
    [[nodiscard]] const StreamType& input(std::size_t index = 0) const {
        return stream(node_.inputs.at(index));
    }
    [[nodiscard]] const StreamType& output() const { return stream(node_.outputs.at(0)); }
    [[nodiscard]] std::int64_t channels() const {
        return input().shape.empty() ? 1 : input().shape.back();
    }
    [[nodiscard]] std::int64_t folds() const { return channels() / input().lanes; }
    /// Of the first input's shape, counted from its end.
    [[nodiscard]] std::int64_t dimension(std::size_t from_end) const {
        return input().shape.at(input().shape.size() - from_end);
    }

    const Graph& graph_;
    const Node& node_;
    Family family_;
};

} // namespace

MatrixVectorCircuit matrix_vector_circuit(const Graph& graph, const Node& node) {
    const auto& op = std::get<ops::MatrixVector>(node.op);
    MatrixVectorCircuit circuit;
    circuit.inputs = op.weights->shape()[0];
    circuit.outputs = op.weights->shape()[1];
    circuit.groups = op.groups;
    circuit.pe = op.pe;
    circuit.simd = op.simd;
    circuit.input = std::get<StreamType>(graph.value(node.inputs.at(0)).type).element;
    circuit.weight = op.weight_format;
    circuit.accumulator_bits = op.accumulator.bits;
    circuit.ternary = ternary_products(graph, node.inputs[0], *op.weights, op.weight_format);
    circuit.memory = op.memory;
    circuit.multiplier = op.multiplier;
    return circuit;
}

DepthwiseCircuit depthwise_circuit(const Graph& graph, const Node& node) {
    const auto& op = std::get<ops::Depthwise>(node.op);
    DepthwiseCircuit circuit;
    circuit.taps = op.weights->shape()[0];
    circuit.channels = op.weights->shape()[1];
    circuit.pe = std::get<StreamType>(graph.value(node.outputs.at(0)).type).lanes;
    circuit.simd = op.simd;
    circuit.input = std::get<StreamType>(graph.value(node.inputs.at(0)).type).element;
    circuit.weight = op.weight_format;
    circuit.accumulator_bits = op.accumulator.bits;
    circuit.ternary = ternary_products(graph, node.inputs[0], *op.weights, op.weight_format);
    circuit.memory = op.memory;
    circuit.multiplier = op.multiplier;
    return circuit;
}

Family family_of(const std::string& part) {
    // xa and xq are the same devices for cars and for defence.
    const bool seventh = part.size() > 2 && part[0] == 'x' && part[2] == '7';
    return seventh ? Family::xc7 : Family::xcup;
}

Cost& Cost::operator+=(const Cost& other) {
    lut += other.lut;
    lut_memory += other.lut_memory;
    ff += other.ff;
    bram18 += other.bram18;
    uram += other.uram;
    dsp += other.dsp;
    return *this;
}

Cost operator*(double times, Cost cost) {
    cost.lut *= times;
    cost.lut_memory *= times;
    cost.ff *= times;
    cost.bram18 *= times;
    cost.uram *= times;
    cost.dsp *= times;
    return cost;
}

Cost node_cost(const Graph& dataflow, const Node& node, Family family) {
    return std::visit(NodeCost(dataflow, node, family), node.op);
}

Cost design_cost(const Graph& dataflow, Family family) {
    Cost cost;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    for (const Node& node : dataflow.nodes) {
        cost += node_cost(dataflow, node, family);
        inputs += std::holds_alternative<ops::MemoryToStream>(node.op) ? 1 : 0;
        outputs += std::holds_alternative<ops::StreamToMemory>(node.op) ? 1 : 0;
    }
    return cost + control_cost(inputs, outputs, family);
}

} // namespace millrace
