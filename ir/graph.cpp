// SPDX-License-Identifier: Apache-2.0
//
// Building and cleaning graphs. Nodes are appended after everything they read, so the topological
// order holds by construction; constant nodes of the network level are folded through the reference
// interpreter and never become nodes. Whether a name is taken is looked up in an index of the
// values seen so far, whose answer is checked against the value itself.
#include "ir/graph.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace millrace {

namespace {

/// Folding a constant beyond this many elements would only exhaust the memory.
constexpr std::int64_t max_constant_elements = std::int64_t{1} << 28;

void check_constant_size(const ValueType& type) {
    const std::int64_t count = element_count(shape_of(type));
    if (count > max_constant_elements) {
        throw TypeError(fmt::format("the constant result of shape {} has {} elements, more than {}",
                                    to_string(shape_of(type)), count, max_constant_elements));
    }
}

} // namespace

std::string_view to_string(Level level) {
    switch (level) {
    case Level::network:
        return "network";
    case Level::integer:
        return "integer";
    case Level::dataflow:
        return "dataflow";
    }
    throw Defect("unknown level");
}

bool NameIndex::contains(const std::vector<Value>& values, const std::string& name) {
    if (indexed_ > values.size()) {
        clear();
    }
    for (; indexed_ < values.size(); ++indexed_) {
        ids_.insert_or_assign(values[indexed_].name, static_cast<ValueId>(indexed_));
    }
    const auto found = ids_.find(name);
    return found != ids_.end() && values[found->second].name == name;
}

ValueId Graph::add_value(std::string value_name, ValueType type, TensorPtr constant) {
    const auto taken = [this](const std::string& candidate) {
        return names_.contains(values, candidate);
    };
    if (value_name.empty() || taken(value_name)) {
        const std::string stem = value_name.empty() ? "value" : value_name;
        do {
            value_name = fmt::format("{}_{}", stem, next_suffix_++);
        } while (taken(value_name));
    }
    if (values.size() >= std::numeric_limits<ValueId>::max()) {
        throw Defect("too many values in a graph");
    }
    values.push_back({std::move(value_name), std::move(type), std::move(constant)});
    return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_constant(std::string constant_name, Tensor tensor, DataType element) {
    auto shared = std::make_shared<const Tensor>(std::move(tensor));
    ValueType type = RealType{shared->shape(), element};
    return add_value(std::move(constant_name), std::move(type), std::move(shared));
}

TypeList Graph::type_list(const std::vector<ValueId>& ids) const {
    TypeList list;
    for (const ValueId id : ids) {
        list.types.push_back(&value(id).type);
        list.constants.push_back(value(id).constant.get());
    }
    return list;
}

std::vector<ValueId> Graph::add_node(Op op, std::vector<ValueId> node_inputs, std::string node_name,
                                     std::string onnx_op, std::vector<std::string> output_names) {
    const TypeList list = type_list(node_inputs);
    std::vector<ValueType> types = infer(op, list);
    if (output_names.size() > types.size()) {
        throw TypeError(fmt::format("{} has {} result{}, {} are named", op_name(op), types.size(),
                                    types.size() == 1 ? "" : "s", output_names.size()));
    }
    output_names.resize(types.size());
    const bool folds = level == Level::network && !node_inputs.empty() &&
                       std::all_of(list.constants.begin(), list.constants.end(),
                                   [](const Tensor* constant) { return constant != nullptr; });
    std::vector<TensorPtr> constants(types.size());
    if (folds) {
        std::for_each(types.begin(), types.end(), check_constant_size);
        std::vector<Tensor> results = evaluate(op, list.constants);
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (results.at(i).shape() != shape_of(types[i])) {
                throw Defect(fmt::format("{} has another shape than inferred", op_name(op)));
            }
            constants[i] = std::make_shared<const Tensor>(std::move(results[i]));
        }
    }
    std::vector<ValueId> node_outputs;
    for (std::size_t i = 0; i < types.size(); ++i) {
        node_outputs.push_back(
            add_value(std::move(output_names[i]), std::move(types[i]), std::move(constants[i])));
    }
    if (!folds) {
        nodes.push_back({std::move(node_name), std::move(onnx_op), std::move(op),
                         std::move(node_inputs), node_outputs});
    }
    return node_outputs;
}

std::vector<std::size_t> Graph::use_counts() const {
    std::vector<std::size_t> counts(values.size(), 0);
    for (const Node& node : nodes) {
        for (const ValueId id : node.inputs) {
            ++counts.at(id);
        }
    }
    for (const ValueId id : outputs) {
        ++counts.at(id);
    }
    return counts;
}

bool Graph::remove_dead() {
    names_.clear();
    std::vector<bool> live(values.size(), false);
    const auto mark = [&live](const std::vector<ValueId>& ids) {
        for (const ValueId id : ids) {
            live.at(id) = true;
        }
    };
    mark(inputs);
    mark(outputs);
    std::vector<bool> live_node(nodes.size(), false);
    for (std::size_t n = nodes.size(); n-- > 0;) {
        const Node& node = nodes[n];
        live_node[n] = std::any_of(node.outputs.begin(), node.outputs.end(),
                                   [&](ValueId id) { return live.at(id); });
        if (live_node[n]) {
            mark(node.inputs);
            mark(node.outputs); // all results of a node stay together
        }
    }
    if (std::all_of(live.begin(), live.end(), [](bool b) { return b; }) &&
        std::all_of(live_node.begin(), live_node.end(), [](bool b) { return b; })) {
        return false;
    }
    std::vector<ValueId> renumbered(values.size(), 0);
    std::vector<Value> kept_values;
    for (std::size_t id = 0; id < values.size(); ++id) {
        if (live[id]) {
            renumbered[id] = static_cast<ValueId>(kept_values.size());
            kept_values.push_back(std::move(values[id]));
        }
    }
    const auto renumber = [&renumbered](std::vector<ValueId>& ids) {
        for (ValueId& id : ids) {
            id = renumbered[id];
        }
    };
    std::vector<Node> kept_nodes;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (live_node[n]) {
            renumber(nodes[n].inputs);
            renumber(nodes[n].outputs);
            kept_nodes.push_back(std::move(nodes[n]));
        }
    }
    renumber(inputs);
    renumber(outputs);
    values = std::move(kept_values);
    nodes = std::move(kept_nodes);
    return true;
}

} // namespace millrace
