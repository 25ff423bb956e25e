// SPDX-License-Identifier: Apache-2.0
//
// The resources that a design is estimated to take, against those of a board.
#pragma once

#include "cli/json_output.hpp"
#include "ir/board.hpp"
#include "ir/cost.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::cli {

/// Of one kind of resource.
struct ResourceUse {
    std::string title;          ///< "LUT"
    std::string key;            ///< in --json: "lut"
    std::int64_t used = 0;      ///< of one compute unit, rounded
    std::int64_t available = 0; ///< of the board after shell and caps; 0 without a board
    double share = 0;           ///< of these, of all compute units
};

/// LUT, FF, BRAM18, URAM, DSP; UltraRAM only where the design takes any or the board has any.
std::vector<ResourceUse> resource_use(const Cost& cost, const Board* board,
                                      std::int64_t compute_units);

/// "12,345 LUT, 6,789 FF, 4 BRAM18, 2 DSP (estimated)".
std::string resource_text(const std::vector<ResourceUse>& uses);
/// "LUT 33.1 %, FF 6.4 %, ..." of the board; empty without one.
std::string utilisation_text(const std::vector<ResourceUse>& uses);

/// {"lut", "lut_memory", "ff", "bram18", "uram", "dsp"}, whole numbers.
Json to_json(const Cost& cost);

/// The value of `resources` in compile --json: those of one compute unit, of its queues and its
/// control registers, and null or what the board has with the share that is taken of it.
Json resources_json(const Cost& cost, const Cost& queues, const Cost& control, const Board* board,
                    std::int64_t compute_units);

} // namespace millrace::cli
