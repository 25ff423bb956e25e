// SPDX-License-Identifier: Apache-2.0
//
// Memory as movers meet it: in bursts, and at the pace of the board.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

/// Settings of an AXI4 master.
struct BurstSettings {
    std::int64_t length = 64;      ///< words of a burst: 4 KiB, or the 256 that AXI4 allows
    std::int64_t outstanding = 16; ///< bursts under way
    std::int64_t latency = 64;     ///< cycles that a request goes out ahead of its data
};

/// As many words are under way as one row of block RAM holds (512), which covers the latency of DDR
/// and HBM behind a platform's interconnect; at least two bursts.
BurstSettings burst_settings(std::int64_t word_bits);

/// When a memory moves words: word slots, `words` in every `cycles` cycles, evenly. What is not
/// used goes to others; nothing is saved for later. (The same in the RTL project's memory,
/// templates/rtl_project/sim/axi_memory.hpp.)
struct MemoryPace {
    std::int64_t words = 1;
    std::int64_t cycles = 1; ///< at least `words`

    /// The first slot from a cycle on; both are counted from the first slot.
    [[nodiscard]] std::int64_t next(std::int64_t cycle) const {
        return time(cycle <= 0 ? 0 : (cycle - 1) * words / cycles + 1);
    }
    /// Of a slot, the first being 0.
    [[nodiscard]] std::int64_t time(std::int64_t slot) const {
        return (slot * cycles + words - 1) / words;
    }
};

/// Memory words of a frame of a mover.
std::int64_t memory_words(const Graph& flow, const Node& mover);
/// Cycles in which the board's memory moves the frame of a mover; 0: a word whenever there is room,
/// and for all other nodes.
std::int64_t memory_cycles(const Node& node);

/// By port, inputs of a body before its outputs: cycles in which a board's memories carry a frame
/// of it, however many words that is. Empty: nothing is known of them.
using MemoryCycles = std::vector<std::int64_t>;
/// Sets the movers' memory_cycles where memory is slower than a word a cycle.
void set_memory_cycles(Graph& flow, const MemoryCycles& cycles);

} // namespace millrace
