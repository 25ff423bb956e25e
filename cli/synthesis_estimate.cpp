// SPDX-License-Identifier: Apache-2.0
//
// Parts have the names of nodes: actors and queues as they are; movers as the kernel calls them,
// "kernel.read_PORT" and "kernel.write_PORT"; "kernel.control" has no node.
#include "cli/synthesis_estimate.hpp"

#include "backends/kernel_ports.hpp"

#include <algorithm>

namespace millrace::cli {

namespace {

/// The mover of a port: the node that makes or takes its stream.
const Node* mover_of(const Graph& dataflow, ValueId stream) {
    const auto found =
        std::find_if(dataflow.nodes.begin(), dataflow.nodes.end(), [&](const Node& node) {
            const auto has = [&](const std::vector<ValueId>& ids) {
                return std::find(ids.begin(), ids.end(), stream) != ids.end();
            };
            return (std::holds_alternative<ops::MemoryToStream>(node.op) && has(node.outputs)) ||
                   (std::holds_alternative<ops::StreamToMemory>(node.op) && has(node.inputs));
        });
    return found == dataflow.nodes.end() ? nullptr : &*found;
}

} // namespace

SynthesisEstimate::SynthesisEstimate(const Graph& dataflow, Family family,
                                     const std::vector<backends::SynthesisPart>& parts) {
    std::map<std::string, const Node*> nodes;
    for (const Node& node : dataflow.nodes) {
        nodes[node.name] = &node;
    }
    const backends::KernelPorts ports = backends::kernel_ports(dataflow);
    for (const backends::PortView& port : ports.inputs) {
        nodes["kernel.read_" + port.name] = mover_of(dataflow, port.stream);
    }
    for (const backends::PortView& port : ports.outputs) {
        nodes["kernel.write_" + port.name] = mover_of(dataflow, port.stream);
    }
    for (const backends::SynthesisPart& part : parts) {
        if (part.kind == "control") {
            costs_[part.name] =
                control_cost(std::ssize(ports.inputs), std::ssize(ports.outputs), family);
        } else if (const auto node = nodes.find(part.name);
                   node != nodes.end() && node->second != nullptr) {
            costs_[part.name] = node_cost(dataflow, *node->second, family);
        } else {
            continue;
        }
        total_ += static_cast<double>(part.count) * costs_[part.name];
    }
}

std::optional<Cost> SynthesisEstimate::of(const backends::SynthesisPart& part) const {
    const auto found = costs_.find(part.name);
    return found == costs_.end() ? std::nullopt : std::optional<Cost>(found->second);
}

} // namespace millrace::cli
