// SPDX-License-Identifier: Apache-2.0
//
// Depths of the FIFOs of a dataflow graph.
#pragma once

#include "ir/graph.hpp"
#include "ir/token_simulation.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::passes {

enum class FifoGoal : std::uint8_t {
    ends,      ///< the design never stops
    keeps_pace ///< and frames follow each other at the interval of the slowest actor
};

struct FifoSizing {
    /// Of one frame, with the depths that were chosen; none where nothing had to be followed.
    std::optional<CyclePrediction> cycles;
    /// Actors that wait for ever; only with depths of `planned`.
    std::vector<std::string> deadlocked;
};

/// Sets the depth of every Fifo that `planned` does not name; the others, at least as deep as the
/// graph says, stay. Deterministic.
FifoSizing size_fifos(Graph& flow, const std::map<std::string, std::int64_t>& planned,
                      FifoGoal goal);

} // namespace millrace::passes
