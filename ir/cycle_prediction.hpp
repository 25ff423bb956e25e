// SPDX-License-Identifier: Apache-2.0
//
// What a design takes for a frame, as it is told to users.
#pragma once

#include "ir/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace millrace {

struct CyclePrediction {
    std::int64_t interval = 0;  ///< between frames, in cycles: that of the slowest actor, or more
                                ///< where FIFOs have too little room for it or memory is slower
    std::int64_t latency = 0;   ///< of one frame, as TokenSimulation has it
    std::size_t bottleneck = 0; ///< index of the slowest node
};

/// Interval of the slowest actor, or of the memory where that is slower, and latency of a dataflow
/// graph for one frame at a time. A design that deadlocks has the latency at which it stops.
/// `ideal`: where it is known already, of the design with memory that moves a word in every cycle;
/// frames are followed again only where a mover's memory is slower
/// (ops::MemoryToStream::memory_cycles).
CyclePrediction predict_cycles(const Graph& flow,
                               const std::optional<CyclePrediction>& ideal = std::nullopt);

/// The node that works longest at a frame; 0 in a graph without actors.
std::size_t slowest_node(const Graph& flow);

} // namespace millrace
