// SPDX-License-Identifier: Apache-2.0
//
// A dataflow graph as the generated top sees it: constant objects, actors as instances of the HLS
// library's templates, streams with depths, ports. templates/vitis holds the text around it.
#pragma once

#include "backends/vitis/parameter_objects.hpp"
#include "ir/graph.hpp"

#include <string>
#include <vector>

namespace millrace::backends {

/// An hls::stream of the top.
struct StreamView {
    std::string name;
    std::int64_t bits = 1;
    std::int64_t depth = 2;
    std::string memory; ///< BIND_STORAGE implementation, empty: the tool's choice
};

/// `static void NAME(streams..., int frames)`, which calls FUNCTION<ARGUMENTS>.
struct ActorView {
    std::string name;
    std::string function;  ///< of the actor library
    std::string arguments; ///< template arguments
    std::vector<std::int64_t> input_bits;
    std::vector<std::int64_t> output_bits;
    std::vector<std::string> objects; ///< constant objects it reads
    /// Arguments of the call behind the streams: where there are none, the objects in their order.
    std::vector<std::string> operands;
    std::string rom;                 ///< BIND_STORAGE implementation, empty: the tool's choice
    bool frames_first = false;       ///< fork takes `frames` before its streams
    std::vector<std::string> inputs; ///< streams in the top
    std::vector<std::string> outputs;
};

struct TopView {
    std::vector<ParameterObject> objects;
    std::vector<ActorView> actors;
    std::vector<StreamView> streams;
    std::vector<std::string> stream_names; ///< by value of the graph; empty: not a stream
};

/// Throws Defect for a graph that is not a verified dataflow graph.
TopView view_top(const Graph& dataflow);

} // namespace millrace::backends
