// SPDX-License-Identifier: Apache-2.0
#include "planner/budget.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace millrace::planner {

std::string_view resource_name(std::size_t resource) {
    constexpr std::array<std::string_view, resource_count> names{"LUT", "FF", "BRAM18", "URAM",
                                                                 "DSP"};
    return names.at(resource);
}

bool fits(const Use& use, const Budget& budget) { return within(use, budget.available); }

Cost available_on(const Board& board) {
    Cost free;
    for (const BoardRegion& region : board.regions) {
        free.lut += static_cast<double>(region.free.lut);
        free.ff += static_cast<double>(region.free.ff);
        free.bram18 += 2 * static_cast<double>(region.free.bram36);
        free.uram += static_cast<double>(region.free.uram);
        free.dsp += static_cast<double>(region.free.dsp);
    }
    free.lut = std::floor(free.lut * board.caps.lut);
    free.ff = std::floor(free.ff * board.caps.ff);
    free.bram18 = std::floor(free.bram18 * board.caps.bram);
    free.uram = std::floor(free.uram * board.caps.uram);
    free.dsp = std::floor(free.dsp * board.caps.dsp);
    return free;
}

std::vector<Use> available_by_region(const Board& board) {
    std::vector<Use> available;
    for (const BoardRegion& region : board.regions) {
        Board alone = board;
        alone.regions = {region};
        available.push_back(use_of(available_on(alone)));
    }
    return available;
}

Budget budget_of(const Board* board, const std::string& part, std::int64_t compute_units) {
    Budget budget;
    if (board == nullptr) {
        budget.available.fill(std::numeric_limits<double>::infinity());
        // LUT : FF : BRAM18 : DSP = 53,200 : 106,400 : 280 : 220; an UltraRAM is 16 block RAMs.
        budget.weights = {1, 0.5, 190, 16 * 190, 242};
        budget.device = {family_of(part), false, {}};
        return budget;
    }
    const Use all = use_of(available_on(*board));
    budget.name = board->title;
    budget.device = {family_of(board->part), all[3] > 0, {}};
    budget.available = all;
    std::fill(budget.available.begin() + resource_count, budget.available.end(),
              std::numeric_limits<double>::infinity());
    for (std::size_t r = 0; r < resource_count; ++r) {
        budget.weights[r] = all[r] > 0 ? 1 / all[r] : 1;
    }
    std::vector<Use> of_regions = available_by_region(*board);
    if (compute_units == 1) {
        if (of_regions.size() > 1) {
            budget.device.regions = std::move(of_regions);
        }
        return budget;
    }
    budget.name += fmt::format(" with {} compute units", compute_units);
    const auto regions = std::ssize(board->regions);
    for (std::int64_t region = 0; region < std::min(regions, compute_units); ++region) {
        const Use& here = of_regions[static_cast<std::size_t>(region)];
        const std::int64_t units = (compute_units - region + regions - 1) / regions;
        for (std::size_t r = 0; r < resource_count; ++r) {
            budget.available[r] =
                std::min(budget.available[r], std::floor(here[r] / static_cast<double>(units)));
        }
    }
    return budget;
}

} // namespace millrace::planner
