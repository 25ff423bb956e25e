// SPDX-License-Identifier: Apache-2.0
//
// What made a simulation of tokens take as long as it did (ir/token_simulation.hpp).
#pragma once

#include "ir/token_state.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace millrace {

/// The Fifo nodes on the longest chain of waits: back from the last step of the output that ends
/// last, through half of the frames (of one frame to its beginning), from each step to the one that
/// it waited for. Where there was no room for word n, the reader of word n - capacity was waited
/// for; a word that came late for that reason leads there, too. Of a simulation that kept its
/// causes and in which all frames went through.
std::vector<std::size_t> critical_fifos(std::span<const TokenActor> actors,
                                        std::span<const TokenChannel> channels,
                                        std::int64_t frames);

} // namespace millrace
