// SPDX-License-Identifier: Apache-2.0
//
// The cycle schedule of every actor as data. An actor works through a frame in a fixed order of
// blocks; a block is a run of cycles in which words are read and, at its end, written. All that
// predicts cycles (ir/token_simulation.hpp: interval, latency, FIFO occupancy) reads these, and
// every backend's actor keeps to them.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

/// `times` blocks of `cycles` cycles each, one after the other.
struct ScheduleBlock {
    enum class Reads : std::uint8_t { none, first_cycle, every_cycle };
    enum class Writes : std::uint8_t { none, last_cycle, every_cycle };
    static constexpr int every_input = -1;

    std::int64_t times = 1;
    std::int64_t cycles = 1;
    Reads reads = Reads::every_cycle;    ///< one word of `input`
    Writes writes = Writes::every_cycle; ///< one word of every output
    int input = every_input;             ///< index of the input that is read
};

struct Schedule {
    std::int64_t repeats = 1; ///< of all blocks, a frame
    std::vector<ScheduleBlock> blocks;
    /// Not 0: what comes, blocks[0], and what goes, blocks[1], are not bound to each other but by
    /// the words that a Rearrange holds, and frames follow each other after so many cycles.
    std::int64_t overlapped = 0;
    /// Cycles from the one that computes a word to the one in which the queue behind takes it; of a
    /// queue: in which the next actor can read it (circuit_latency()).
    std::int64_t latency = 0;

    /// Cycles a frame: the shortest distance between frames when the actor is never kept waiting.
    [[nodiscard]] std::int64_t interval() const;
    /// Words that an input gives in a frame.
    [[nodiscard]] std::int64_t words_read(int input = 0) const;
    [[nodiscard]] std::int64_t words_written() const;
};

/// Cycles a frame of what takes words of `from` elements and gives words of `to`: movers, width
/// converters. More than either has words where neither divides the other.
std::int64_t conversion_cycles(std::int64_t elements, std::int64_t from, std::int64_t to);

/// The schedule of a node of a dataflow graph. Throws Defect for ops of other levels.
Schedule schedule(const Graph& graph, const Node& node);
/// That of a mover with the words that it exchanges with memory, as if they were a stream.
Schedule schedule_with_memory(const Graph& graph, const Node& mover);

} // namespace millrace
