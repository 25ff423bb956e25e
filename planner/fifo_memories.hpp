// SPDX-License-Identifier: Apache-2.0
//
// Where the words of FIFOs are, on boards that are short of what they would take by themselves.
#pragma once

#include "ir/cost.hpp"
#include "ir/graph.hpp"
#include "ir/ops/dataflow.hpp"
#include "planner/choice_problem.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::planner {

/// A FIFO of a design.
struct SizedFifo {
    std::string name;
    std::int64_t bits = 1;  ///< of a word
    std::int64_t words = 1; ///< of a frame
    ops::Fifo fifo;
    bool moved = false; ///< by move_fifos()
};

std::vector<SizedFifo> sized_fifos(const Graph& dataflow);

/// Moves FIFOs between LUTs, block RAM and UltraRAM while a design takes more of a resource than
/// there is (`available`, by resource): those first that give most of it back for the least share
/// of what is left of the others, and none that is not needed in the end. `use`, of the whole
/// design, is kept up; where it still does not fit, all that helps is moved.
void move_fifos(std::vector<SizedFifo>& fifos, Family family, const Use& available, Use& use);

} // namespace millrace::planner
