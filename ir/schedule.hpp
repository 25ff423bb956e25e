// SPDX-License-Identifier: Apache-2.0
//
// The cycle schedule of every actor as data. An actor works through a frame in a fixed order of
// blocks; a block is a run of cycles in which words are read and, at its end, written. All that
// predicts cycles (the interval, the latency, later the FIFO occupancy) reads these, and every
// backend's actor keeps to them.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

/// `times` blocks of `cycles` cycles each, one after the other.
struct ScheduleBlock {
    enum class Reads : std::uint8_t { none, first_cycle, every_cycle };
    enum class Writes : std::uint8_t { none, last_cycle, every_cycle };

    std::int64_t times = 1;
    std::int64_t cycles = 1;
    Reads reads = Reads::every_cycle;    ///< one word of every input
    Writes writes = Writes::every_cycle; ///< one word of every output
};

struct Schedule {
    std::int64_t repeats = 1; ///< of all blocks, a frame
    std::vector<ScheduleBlock> blocks;
    /// Cycles from the cycle that computes a word to the cycle in which the next actor can read it.
    std::int64_t latency = 1;

    /// Cycles a frame: the shortest distance between frames when the actor is never kept waiting.
    [[nodiscard]] std::int64_t interval() const;
    [[nodiscard]] std::int64_t words_read() const;
    [[nodiscard]] std::int64_t words_written() const;
};

/// The schedule of a node of a dataflow graph. Throws Defect for ops of other levels.
Schedule schedule(const Graph& graph, const Node& node);

struct CyclePrediction {
    std::int64_t interval = 0;  ///< between frames, in cycles: that of the slowest actor
    std::int64_t latency = 0;   ///< from the first word read to the last word written of one frame
    std::size_t bottleneck = 0; ///< index of the slowest node
};

/// Interval and latency of a dataflow graph, by following every word of one frame through the
/// schedules (a word is written `latency` after the cycle that computes it; a cycle that reads
/// waits for its words; FIFOs do not fill within one frame).
CyclePrediction predict_cycles(const Graph& graph);

} // namespace millrace
