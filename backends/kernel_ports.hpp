// SPDX-License-Identifier: Apache-2.0
//
// The ports of a kernel: each input and output of the body as a tensor in memory and as a stream of
// the network. The same for all backends, so that one host and one manifest serve them.
#pragma once

#include "backends/kernel_interface.hpp"
#include "backends/packing.hpp"
#include "ir/graph.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::backends {

/// One tensor in memory, and one stream between its mover and the network.
struct PortView {
    std::string name;   ///< "in0", "out0", ...
    ValueId stream = 0; ///< of the dataflow graph
    ElementFormat element;
    Shape shape;
    std::int64_t lanes = 1;
    std::int64_t memory_bits = 64;
    std::int64_t memory_words = 1; ///< a frame
    std::int64_t stream_words = 1; ///< a frame
    std::int64_t container_bits = 8;
    std::int64_t memory_cycles = 0; ///< as ops::MemoryToStream has it
};

struct KernelPorts {
    std::vector<PortView> inputs;
    std::vector<PortView> outputs;
};

/// The movers of a dataflow graph, in order.
KernelPorts kernel_ports(const Graph& dataflow);
KernelInterface interface_of(const KernelPorts& ports, const std::string& kernel);
FrameLayout frame_layout(const PortView& port);

/// A name for the kernel, which C++, SystemVerilog, Tcl and an xclbin take: the model's file name
/// without its ending, as an identifier that is none of `taken`.
std::string kernel_name(const std::string& model_name, std::span<const std::string> taken);

} // namespace millrace::backends
