// SPDX-License-Identifier: Apache-2.0
//
// A dataflow graph as the actors and channels that the token simulation follows
// (ir/token_simulation.cpp): FIFOs and reshapes become parts of channels, a rearrangement two
// actors with its buffer between them, a mover's slow memory an actor.
#pragma once

#include "ir/graph.hpp"
#include "ir/token_simulation.hpp"
#include "ir/token_state.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

struct TokenMode {
    bool registers = true; ///< actors hold words
    bool input = true;     ///< words come
    bool paced = true;     ///< where FIFOs never fill, inputs come at the slowest actor's pace
    bool memory = false;   ///< of the board, with its pace; else a word in every cycle
    const Begins* begins = nullptr; ///< of actors; else they begin as soon as they can
};

struct TokenNetwork {
    std::vector<TokenActor> actors; ///< by node; behind them those that take for rearrangements,
                                    ///< and memories
    std::vector<TokenChannel> channels;
    std::int64_t interval = 0;  ///< of the slowest actor
    std::size_t bottleneck = 0; ///< its node
};

/// When movers begin: late enough for all that the design does before the first word comes, such as
/// the upper edge of a pad.
inline constexpr std::int64_t first_word_cycle = std::int64_t{1} << 40;

/// For so many frames; `unbounded` as simulate_tokens() has it. Throws Defect for a graph of
/// another level.
TokenNetwork token_network(const Graph& graph, std::int64_t frames,
                           const std::vector<bool>& unbounded, const TokenMode& mode);

} // namespace millrace
