// SPDX-License-Identifier: Apache-2.0
//
// Compute units on a board: which memory and which region each takes. Data for the link
// configuration, the block design, the manifest and the metadata of an xclbin.
#pragma once

#include "backends/kernel_interface.hpp"
#include "ir/board.hpp"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace millrace::backends {

/// How many copies of a kernel a design may have.
inline constexpr int most_compute_units = 16;

/// The memory of an argument, and the port on the way to it.
struct PlacedPort {
    std::size_t argument = 0; ///< index in KernelInterface::arguments
    std::size_t memory = 0;   ///< index in Board::memories
    std::string port;         ///< one of the memory's: "DDR[0]", "HBM[3]", "HP1"
};

struct PlacedUnit {
    std::string name;       ///< "KERNEL_1"
    std::string region;     ///< "SLR0"; empty on a board of one region, or in several
    std::uint64_t base = 0; ///< of its control registers
    std::vector<PlacedPort> ports;
};

/// The board that stands for none: DDR[0] of 16 GiB and nothing else.
const Board& unnamed_board();

/// Why this many units of a kernel with so many memory ports cannot be placed; empty: they can.
std::string placement_problem(const Board& board, std::size_t ports, int units);

/// By unit and memory port, what that is connected to, as place_units() has it; `argument` is the
/// number of the port.
std::vector<std::vector<PlacedPort>> place_ports(const Board& board, std::size_t ports, int units);

/// Units take the regions in turn, and there a memory of the region in turn with all their ports:
/// nothing crosses between regions. On a board with HBM every port has a pseudo channel of its own,
/// in the order of units and arguments. The ports of an embedded board's one memory are taken in
/// turn by the units' ports. `spread`: the one unit is in several regions, with a memory of the
/// first. Throws Defect where placement_problem() has something to say.
std::vector<PlacedUnit> place_units(const KernelInterface& interface, const Board& board, int units,
                                    bool spread = false);

/// The manifest's `compute_units`.
nlohmann::ordered_json compute_units_json(const std::vector<PlacedUnit>& units,
                                          const KernelInterface& interface, const Board& board);
/// The manifest's `memories`: those of the board.
nlohmann::ordered_json memories_json(const Board& board);

} // namespace millrace::backends
