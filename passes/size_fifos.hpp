// SPDX-License-Identifier: Apache-2.0
//
// Depths of the FIFOs of a dataflow graph.
#pragma once

#include "ir/cycle_prediction.hpp"
#include "ir/graph.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace millrace::passes {

struct FifoSizing {
    /// Of one frame, with the depths that were chosen; none where nothing had to be followed.
    std::optional<CyclePrediction> cycles;
    /// A cycle of actors of which each waits for the next for ever; only with depths of `planned`.
    std::vector<std::string> deadlocked;
    /// Frames come later than the slowest actor does; only with depths of `planned`.
    bool slow = false;
    /// FIFOs of `planned`: those that are full in the cycle, or that make the design slow (those
    /// are not known of large designs).
    std::vector<std::string> too_small;
};

/// Sets the depth of every Fifo that `planned` does not name, so that the design never stops, keeps
/// its pace where fifos_keep_pace() says so, and a frame that comes alone takes no more cycles than
/// `latency` (0: any) where any depths let it; the others, at least as deep as the graph says,
/// stay. Deterministic.
FifoSizing size_fifos(Graph& flow, const std::set<std::string>& planned, std::int64_t latency = 0);

} // namespace millrace::passes
