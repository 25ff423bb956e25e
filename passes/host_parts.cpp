// SPDX-License-Identifier: Apache-2.0
//
// The host's graphs around the body, and the end of the lowering. The body's orders of elements are
// the host's business at its borders: a transposition that a layer needs right behind an input is
// done while the host packs it.
#include "passes/grid_nodes.hpp"
#include "passes/integer_lowering.hpp"

#include <algorithm>
#include <numeric>

namespace millrace::passes {

namespace {

/// factors, perm: reshape to `factors`, transpose by `perm`, reshape to `shape`.
ValueId add_permutation(Graph& graph, ValueId value, const Shape& factors,
                        const std::vector<std::int64_t>& perm, const Shape& shape,
                        const std::string& name) {
    const auto reshape = [&](const Shape& to) {
        if (shape_of(graph.value(value).type) != to) {
            value = graph.add_node(ops::Reshape{to}, {value}, name, "", {""}).front();
        }
    };
    if (!std::is_sorted(perm.begin(), perm.end())) {
        reshape(factors);
        value = graph.add_node(ops::Transpose{perm}, {value}, name, "", {""}).front();
    }
    reshape(shape);
    return value;
}

/// A rearrangement that only permutes: the input's factors, row-major, and their new order.
struct Permutation {
    Shape factors;
    std::vector<std::int64_t> perm;
};

std::optional<Permutation> permutation_of(const ops::IntegerRearrange& op, std::int64_t elements) {
    if (op.offset != 0 || element_count(op.counts) != elements) {
        return std::nullopt;
    }
    std::vector<std::size_t> by_stride(op.counts.size());
    std::iota(by_stride.begin(), by_stride.end(), std::size_t{0});
    std::sort(by_stride.begin(), by_stride.end(),
              [&](std::size_t a, std::size_t b) { return op.strides[a] > op.strides[b]; });
    std::int64_t stride = 1;
    for (auto loop = by_stride.rbegin(); loop != by_stride.rend(); ++loop) {
        if (op.strides[*loop] != stride) {
            return std::nullopt;
        }
        stride *= op.counts[*loop];
    }
    Permutation result;
    result.perm.resize(by_stride.size());
    for (std::size_t i = 0; i < by_stride.size(); ++i) {
        result.factors.push_back(op.counts[by_stride[i]]);
        result.perm[by_stride[i]] = static_cast<std::int64_t>(i);
    }
    return result;
}

} // namespace

std::vector<ValueId> IntegerLowering::copy_node(Graph& graph, const Node& node,
                                                std::vector<ValueId> inputs) {
    return graph.add_node(node.op, std::move(inputs), node.name, node.onnx_op,
                          std::vector<std::string>(node.outputs.size()));
}

ValueId IntegerLowering::head_value(ValueId id) {
    if (const auto found = head_values_.find(id); found != head_values_.end()) {
        return found->second;
    }
    return head_values_[id] = copy_constant(program_.head, id);
}

ValueId IntegerLowering::copy_constant(Graph& graph, ValueId id) const {
    const Value& value = network_.value(id);
    if (!value.constant) {
        throw Defect("host graph asks for a value that is not there");
    }
    return graph.add_value(value.name, value.type, value.constant);
}

/// The tail's copy of a network value.
ValueId IntegerLowering::tail_value(ValueId id) {
    if (const auto found = tail_values_.find(id); found != tail_values_.end()) {
        return found->second;
    }
    ValueId result = 0;
    ValueState& state = states_[id];
    const Value& value = network_.value(id);
    if (state.place == Place::constant) {
        result = copy_constant(program_.tail, id);
    } else if (state.place == Place::head) {
        result = program_.tail.add_value(value.name, value.type);
        by_passing_.push_back({head_values_.at(id), result});
    } else if (const auto point =
                   state.place == Place::body ? integer_point(state) : std::nullopt) {
        const IntegerType& type = body_type(*point);
        const RealType& real = std::get<RealType>(value.type);
        auto [input, inserted] = tail_inputs_.try_emplace(*point, 0);
        if (inserted) {
            input->second =
                program_.tail.add_value(value.name + ".q", RealType{type.shape, real.element});
            program_.tail.inputs.push_back(input->second);
            program_.body.outputs.push_back(*point);
        }
        result = add_decode_nodes(program_.tail, input->second, type.grid, value.name);
        std::vector<std::int64_t> perm(state.view.order().begin(), state.view.order().end());
        result = add_permutation(program_.tail, result, state.view.factors(), perm, real.shape,
                                 value.name);
    } else {
        // Not on a grid: the producing node is computed on the host.
        const Node& node = *producer_.at(id);
        std::vector<ValueId> inputs;
        for (const ValueId input : node.inputs) {
            inputs.push_back(tail_value(input));
        }
        const std::vector<ValueId> outputs = copy_node(program_.tail, node, std::move(inputs));
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            tail_values_.emplace(node.outputs[i], outputs[i]);
        }
        return tail_values_.at(id);
    }
    tail_values_[id] = result;
    return result;
}

void IntegerLowering::finish() {
    for (const Node* node : host_layers_) {
        report(Code::layer_on_host, Severity::warning, *node,
               "the layer's input has no quantizer: the host computes it",
               "put a quantizer in front of it, or declare the input's type, for example "
               "--input-type NAME=uint8:scale=1/255");
    }
    for (const ValueId output : network_.outputs) {
        program_.tail.outputs.push_back(tail_value(output));
    }
    // Inputs of the body that nothing reads are not sent.
    program_.body.remove_dead();
    drop_unread_inputs();
    absorb_input_order();
    for (std::size_t i = 0; i < body_inputs_.size(); ++i) {
        const BodyInput& input = body_inputs_[i];
        const std::string& name = network_.value(input.network_value).name;
        const IntegerType& type = body_type(program_.body.inputs[i]);
        const std::int64_t entries = static_cast<std::int64_t>(
            std::max(input.grid.scale.size(), input.grid.zero_point.size()));
        Shape encoded = network_shape(input.network_value);
        if (entries > 1 && (encoded.empty() || encoded.back() != entries)) {
            encoded = {element_count(encoded) / entries, entries};
        }
        const ValueId integers = add_encode_nodes(
            program_.head, head_values_.at(input.network_value), encoded, input.grid, name);
        program_.head.outputs.push_back(
            add_permutation(program_.head, integers, input.factors, input.perm, type.shape, name));
    }
    for (const auto& [head, tail] : by_passing_) {
        program_.head.outputs.push_back(head);
        program_.tail.inputs.push_back(tail);
    }
    program_.head.remove_dead();
    program_.tail.remove_dead();
}

/// Where all that is done with an input is to put its elements into another order or into other
/// vectors, the host does: so the mover's lanes are those of what reads the elements.
void IntegerLowering::absorb_input_order() {
    for (std::size_t i = 0; i < program_.body.inputs.size(); ++i) {
        while (absorb_first_reader(i)) {
        }
    }
    program_.body.remove_dead();
}

/// False when the first thing that is done with an input must be done in the body.
bool IntegerLowering::absorb_first_reader(std::size_t index) {
    Graph& body = program_.body;
    const ValueId input = body.inputs[index];
    BodyInput& source = body_inputs_[index];
    const auto reader = std::find_if(body.nodes.begin(), body.nodes.end(),
                                     [&](const Node& n) { return n.inputs.front() == input; });
    if (body.use_counts().at(input) != 1 || reader == body.nodes.end()) {
        return false;
    }
    if (const auto* op = std::get_if<ops::IntegerRearrange>(&reader->op)) {
        const auto permutation = permutation_of(*op, element_count(body_type(input).shape));
        if (!permutation || source.perm.size() > 1) {
            return false;
        }
        source.factors = permutation->factors;
        source.perm = permutation->perm;
    } else if (!std::holds_alternative<ops::IntegerReshape>(reader->op) ||
               source.grid.scale.size() > 1 || source.grid.zero_point.size() > 1) {
        return false; // a grid of several entries lies along the vectors as they are
    }
    const ValueId output = reader->outputs.front();
    body.nodes.erase(reader);
    body.values.at(input).type = body.value(output).type;
    for (Node& node : body.nodes) {
        std::replace(node.inputs.begin(), node.inputs.end(), output, input);
    }
    std::replace(body.outputs.begin(), body.outputs.end(), output, input);
    return true;
}

void IntegerLowering::drop_unread_inputs() {
    const std::vector<std::size_t> uses = program_.body.use_counts();
    std::vector<ValueId> inputs;
    std::vector<BodyInput> sources;
    for (std::size_t i = 0; i < body_inputs_.size(); ++i) {
        if (uses.at(program_.body.inputs[i]) != 0) {
            inputs.push_back(program_.body.inputs[i]);
            sources.push_back(std::move(body_inputs_[i]));
        }
    }
    program_.body.inputs = std::move(inputs);
    body_inputs_ = std::move(sources);
    program_.body.remove_dead();
}

} // namespace millrace::passes
