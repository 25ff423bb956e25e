// SPDX-License-Identifier: Apache-2.0
//
// How many lanes a stream has on its way between two actors. What lies between them (reshapes,
// pads, and the movers at the ends) has no lanes of its own: it takes those of the readers behind
// it, as far as its vectors allow, and its cycles follow from them. The dataflow lowering makes
// what stands here, the planner counts its cycles.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace millrace {

/// A reader of a body value.
struct ValueReader {
    std::size_t node;  ///< of the body; the node count stands for an output of the graph
    std::size_t input; ///< index among its inputs, or among the graph's outputs
};

/// The readers of every value of a body, in graph order; outputs last.
std::vector<std::vector<ValueReader>> value_readers(const Graph& body);

/// Whether a node of a body takes its readers' lanes: reshapes and pads.
bool takes_lanes(const Op& op);

/// The most lanes that a reshape or pad leaves of what its reader wants are divisors of this.
std::int64_t passed_lanes(const Graph& body, const Node& node);

/// The lanes in which an actor with a folding takes an input. A rearrangement that is part of its
/// reader (blocked_reader()) goes by that actor's folding.
std::int64_t input_lanes(const Graph& body, const ValueReader& reader, std::int64_t pe,
                         std::int64_t simd);

/// The lanes in which a reader wants its value. An actor: what `own_lanes` says. A reshape or pad:
/// the most that any actor behind it takes, each within what lies between; 0 where only outputs are
/// behind it. An output: 0, it takes the value as it comes.
std::int64_t wanted_lanes(const Graph& body, const std::vector<std::vector<ValueReader>>& readers,
                          const ValueReader& reader,
                          const std::function<std::int64_t(const ValueReader&)>& own_lanes);

/// The widest memory word of the movers, in bits.
inline constexpr std::int64_t widest_memory_word = 512;
/// The narrowest memory word of a mover that keeps up with its stream: of `elements` a frame, in
/// `stream_words`.
std::int64_t mover_word_bits(const ElementFormat& element, std::int64_t elements,
                             std::int64_t stream_words);

/// Something without lanes of its own that an actor's lanes pace.
struct Passage {
    std::int64_t elements = 0; ///< of a frame
    std::int64_t divisor = 0;  ///< it moves gcd(lanes, divisor) of them a cycle

    [[nodiscard]] std::int64_t cycles(std::int64_t lanes) const;
};

/// What lies before an input of a node up to the next actor or the graph's input, which counts.
std::vector<Passage> passages_before(const Graph& body, std::size_t node, std::size_t input);

/// What lies behind a value down to the graph's outputs, where no actor wants it; outputs count.
std::vector<Passage> passages_behind(const Graph& body,
                                     const std::vector<std::vector<ValueReader>>& readers,
                                     ValueId value);

} // namespace millrace
