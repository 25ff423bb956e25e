// SPDX-License-Identifier: Apache-2.0
//
// A dataflow graph as modules of the SystemVerilog actor library: actors with their parameters,
// queues between them, files of weights. templates/rtl_project holds the text around it.
#pragma once

#include "ir/graph.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace::backends {

/// A stream at an actor: NAME_data, NAME_valid and NAME_ready of its module.
struct StreamPort {
    std::string name; ///< "in", "in1", "out", ...
    std::string net;  ///< in the network: NET_data, ...
    std::int64_t bits = 1;
};

/// An actor of the network: a module without parameters around one of the library.
struct ActorModule {
    std::string name; ///< of the node
    std::string unit; ///< of the library
    std::vector<std::pair<std::string, std::string>> parameters;
    std::vector<StreamPort> inputs;
    std::vector<StreamPort> outputs;
    /// Ports of the unit with what they are connected to.
    std::vector<std::pair<std::string, std::string>> connections;
    std::vector<std::string> statements; ///< around the unit: wires and assignments
};

struct QueueInstance {
    std::string name; ///< of the node
    std::int64_t bits = 1;
    std::int64_t depth = 2;
    int style = 1; ///< mr_fifo's STYLE
};

struct NetworkView {
    std::vector<ActorModule> actors;
    std::vector<QueueInstance> queues;
    std::vector<std::string> nets; ///< by value of the graph; empty: not a stream
    /// Contents of weights/NAME.
    std::map<std::string, std::string> weights;
};

/// `dsp_bits`: of the wide side of the device's multiplier, 25 or 27. Throws Defect for a graph
/// that is not a verified dataflow graph.
NetworkView view_network(const Graph& dataflow, int dsp_bits);

} // namespace millrace::backends
