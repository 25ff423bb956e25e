// SPDX-License-Identifier: Apache-2.0
//
// What a board leaves a design, and what its resources are worth.
#pragma once

#include "ir/board.hpp"
#include "ir/cost.hpp"
#include "planner/design_model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::planner {

/// What a design may take.
struct Budget {
    std::string name; ///< of the board, and how many units share it; empty: no limit
    Use available{};  ///< infinite without a board
    Use weights{};    ///< what a unit of each resource counts in sums
    DeviceChoices device;
    /// Cycles in which the memories carry a frame of every unit; 0: they are no limit.
    std::int64_t memory_cycles = 0;
    std::string memory{}; ///< the one that takes them
};

/// What a device or board leaves a compute unit, and the weights of its resources: the share of
/// what is there. Several units stand in one region each, in turn; the fullest region counts.
/// Without a board: no limits, weights by the ratios of a Zynq-7020.
Budget budget_of(const Board* board, const std::string& part, std::int64_t compute_units);

/// Whether a budget allows a design.
bool fits(const Use& use, const Budget& budget);

/// What the shell leaves of all regions, as far as the caps let a design have it.
Cost available_on(const Board& board);
/// The same, of each alone.
std::vector<Use> available_by_region(const Board& board);

/// "LUT", "FF", "BRAM18", "URAM", "DSP".
std::string_view resource_name(std::size_t resource);

} // namespace millrace::planner
