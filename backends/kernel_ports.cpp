// SPDX-License-Identifier: Apache-2.0
#include "backends/kernel_ports.hpp"

#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "ir/names.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

PortView port(std::string name, const Graph& graph, const Node& mover, ValueId stream,
              std::int64_t memory_bits) {
    const auto& type = std::get<StreamType>(graph.value(stream).type);
    return {std::move(name),
            stream,
            type.element,
            type.shape,
            type.lanes,
            memory_bits,
            memory_words(graph, mover),
            type.words(),
            memory_bits / ops::memory_lanes(memory_bits, type.element),
            memory_cycles(mover)};
}

} // namespace

KernelPorts kernel_ports(const Graph& dataflow) {
    KernelPorts ports;
    for (const Node& node : dataflow.nodes) {
        if (const auto* read = std::get_if<ops::MemoryToStream>(&node.op)) {
            ports.inputs.push_back(port(fmt::format("in{}", ports.inputs.size()), dataflow, node,
                                        node.outputs.at(0), read->memory_bits));
        } else if (const auto* write = std::get_if<ops::StreamToMemory>(&node.op)) {
            ports.outputs.push_back(port(fmt::format("out{}", ports.outputs.size()), dataflow, node,
                                         node.inputs.at(0), write->memory_bits));
        }
    }
    return ports;
}

KernelInterface interface_of(const KernelPorts& ports, const std::string& kernel) {
    std::vector<KernelPort> list;
    for (const PortView& port : ports.inputs) {
        list.push_back({port.name, port.memory_bits, true});
    }
    for (const PortView& port : ports.outputs) {
        list.push_back({port.name, port.memory_bits, false});
    }
    return kernel_interface(kernel, list);
}

FrameLayout frame_layout(const PortView& port) {
    return {port.element, element_count(port.shape), port.container_bits,
            port.memory_words * port.memory_bits / 8};
}

std::string kernel_name(const std::string& model_name, std::span<const std::string> taken) {
    constexpr std::size_t longest = 26; // an xclbin has 63 bytes for KERNEL_10:KERNEL_10_16
    UniqueNames names;
    for (const std::string& name : taken) {
        names.add(name);
    }
    for (const char* name : {"load_constants", "load_parameters", "load_network_parameters",
                             "count_differences", "millrace", "millrace_kernel", "control"}) {
        names.add(name);
    }
    std::string name =
        identifier_from(std::filesystem::path(model_name).stem().string(), "network");
    name.resize(std::min(name.size(), longest));
    return names.add(name);
}

} // namespace millrace::backends
