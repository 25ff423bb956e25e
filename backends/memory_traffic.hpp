// SPDX-License-Identifier: Apache-2.0
//
// What the compute units of a design move between a board's memories and themselves, against what
// these carry. Every plan of a network moves the same.
#pragma once

#include "ir/board.hpp"
#include "ir/graph.hpp"
#include "ir/memory_pace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::backends {

/// A memory, a port of one, or the way from the host through PCIe, whose speed is known.
struct MemoryTraffic {
    std::string name;             ///< "DDR[0]", "HP0 of PS_DDR", "PCIe"
    double bytes = 0;             ///< for a frame of every compute unit; one way, the more of both,
                                  ///< of ports and PCIe
    double gbytes_per_second = 0; ///< that it carries

    /// Cycles in which it carries that, rounded up.
    [[nodiscard]] std::int64_t cycles(double clock_mhz) const;
    /// GB a second, if frames follow each other at so many cycles.
    [[nodiscard]] double asked(std::int64_t interval, double clock_mhz) const;
};

/// Of those of a board that kernels are connected to (backends/placement.hpp), the one that frames
/// of `body` take longest for; an empty name: no speed is known, or the units find no room. The
/// speed of ports is of the clock.
MemoryTraffic memory_traffic(const Graph& body, const Board& board, std::int64_t units,
                             double clock_mhz);

/// By port: the cycles of the slowest of what it is connected to, in which that carries a frame of
/// all that share it. Empty where the units find no room.
MemoryCycles memory_cycles(const Graph& body, const Board& board, std::int64_t units,
                           double clock_mhz);

} // namespace millrace::backends
