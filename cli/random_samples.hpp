// SPDX-License-Identifier: Apache-2.0
//
// Samples on which verify compares the levels: random over each input's range, its corners, and the
// neighbourhood of the first quantizer's decision points.
#pragma once

#include "cli/sample_arrays.hpp"

#include <cstdint>

namespace millrace::cli {

/// `count` samples for a network, the same for equal seeds on every machine. Integer inputs: over
/// the whole range of their type (of 32 and 64 bits: of the first quantizer behind them, else
/// +-128). Float inputs: a little beyond what the first quantizers behind them tell apart; a
/// quarter of the elements of every fourth sample lie exactly on a decision point or on a float
/// next to one. The first samples are corners: all lowest, all highest, all zero, alternating.
Samples random_samples(const Graph& network, std::int64_t count, std::uint64_t seed);

} // namespace millrace::cli
