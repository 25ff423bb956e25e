// SPDX-License-Identifier: Apache-2.0
//
// The reference interpreter: each op's own evaluate(), node after node. A network op without
// evaluate() does not compile.
#include "ir/evaluate.hpp"

#include "ir/diagnostics.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace millrace {

std::vector<Tensor> evaluate(const Op& op, const TensorList& inputs) {
    return std::visit(
        [&]<class T>(const T& alternative) -> std::vector<Tensor> {
            if constexpr (!NetworkOp<T>) {
                throw Defect(fmt::format("{} is not an op of the network level", T::name));
            } else {
                return evaluate(alternative, inputs);
            }
        },
        op);
}

std::vector<Tensor> evaluate_network(const Graph& graph, const std::vector<Tensor>& inputs,
                                     const ValueObserver& observe) {
    if (graph.level != Level::network) {
        throw Defect("evaluate_network() of a graph of another level");
    }
    if (inputs.size() != graph.inputs.size()) {
        throw std::invalid_argument(fmt::format("the network has {} inputs, {} are given",
                                                graph.inputs.size(), inputs.size()));
    }
    std::vector<const Tensor*> known(graph.values.size(), nullptr);
    std::vector<Tensor> computed(graph.values.size());
    for (std::size_t id = 0; id < graph.values.size(); ++id) {
        known[id] = graph.values[id].constant.get();
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Value& value = graph.value(graph.inputs[i]);
        if (inputs[i].shape() != shape_of(value.type)) {
            throw std::invalid_argument(
                fmt::format("input '{}' has shape {}, not {}", escaped(value.name),
                            to_string(shape_of(value.type)), to_string(inputs[i].shape())));
        }
        known[graph.inputs[i]] = &inputs[i];
    }
    std::vector<std::size_t> uses = graph.use_counts();
    for (const Node& node : graph.nodes) {
        TensorList arguments;
        for (const ValueId id : node.inputs) {
            if (known.at(id) == nullptr) {
                throw Defect(fmt::format("value '{}' is used before it is computed",
                                         escaped(graph.value(id).name)));
            }
            arguments.push_back(known[id]);
        }
        std::vector<Tensor> results;
        try {
            results = evaluate(node.op, arguments);
        } catch (const std::domain_error& error) {
            throw std::domain_error(
                fmt::format("'{}' ({}): {}", escaped(node.name), node.onnx_op, error.what()));
        }
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            const ValueId id = node.outputs[i];
            computed.at(id) = std::move(results.at(i));
            known[id] = &computed[id];
            if (observe) {
                observe(id, computed[id]);
            }
        }
        // What nobody reads any more gives its memory back.
        for (const ValueId id : node.inputs) {
            if (--uses[id] == 0 && known[id] == &computed[id]) {
                computed[id] = Tensor();
            }
        }
    }
    std::vector<Tensor> results;
    for (const ValueId id : graph.outputs) {
        if (known.at(id) == nullptr) {
            throw Defect(
                fmt::format("output '{}' is never computed", escaped(graph.value(id).name)));
        }
        results.push_back(*known[id]);
    }
    return results;
}

} // namespace millrace
