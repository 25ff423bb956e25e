// SPDX-License-Identifier: Apache-2.0
//
// Follows every word of some frames through the actors' schedules, with FIFOs that fill. A cycle
// that reads waits for its words; a word that it writes comes to the actor's output `latency`
// cycles later, and while it finds no room there, the whole actor stands still, as the modules of
// the RTL library do (ce = !out_valid || out_ready); those without registers wait with the word in
// hand. Actors are deterministic and every wait is a maximum of known times, so the order in which
// they are followed does not matter and no cycle is stepped in which nothing is read or written
// (max-plus recurrences over words).
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Cycles after a reset in which a design does what it can do before words come: upper edges of
/// pads, for example.
std::int64_t settling_cycles(const Graph& graph);

struct TokenSimulation {
    std::int64_t cycles = 0; ///< from the first word in memory until the last actor ends
    /// Cycles before that in which the actors that wait for words did what they can do without.
    std::int64_t settled = 0;
    /// From the cycle in which the network takes its first word to that in which it sends its last,
    /// both included; the movers are left out. This is what the RTL simulation measures.
    std::int64_t latency = 0;
    std::int64_t first_latency = 0; ///< of the first frame: that of a frame alone
    std::int64_t interval = 0;      ///< of the slowest actor
    std::size_t bottleneck = 0;     ///< its node
    /// The cycle behind the last word of each frame that came to its end, of all outputs.
    std::vector<std::int64_t> frame_ends;
    /// A cycle of actors of which each waits for the next for ever, by name; empty when all frames
    /// went through.
    std::vector<std::string> deadlocked;
    std::vector<std::size_t> full; ///< the Fifo nodes of that cycle that have no room
    /// Most words that waited at once, by node: for Fifo nodes that were not bounded.
    std::vector<std::int64_t> occupancy;
    /// Fifo nodes whose lack of room made the last frames end when they did, where that was asked
    /// for: those on the longest chain of waits, back from the last word through half of the
    /// frames, of one frame to its beginning.
    std::vector<std::size_t> critical;
};

/// Cycles between the last frames, over `distances` of them, rounded up, and no less than the
/// slowest actor's interval. (While a design fills, frames may come later.)
std::int64_t steady_interval(const TokenSimulation& simulation, std::size_t distances);

/// When actors begin, in the order in which the simulation has them.
using Begins = std::vector<std::int64_t>;

/// Runs `frames` frames, sent as fast as the design takes them. With `unbounded` (by node), the
/// FIFOs whose entry is true never fill, and inputs come evenly over the interval of the slowest
/// actor, so that what waits is what the design makes wait. Without `begins`, actors begin as soon
/// as they can. The rate to which a design comes does not depend on how it begins: frames that
/// follow each other at some interval from any beginnings on prove it for all.
TokenSimulation simulate_tokens(const Graph& graph, std::int64_t frames,
                                const std::vector<bool>& unbounded = {},
                                const Begins* begins = nullptr);
/// The beginnings from which every frame of a design with FIFOs that never fill (`unbounded`)
/// follows the one before at the interval of the slowest actor. Where actors begin as soon as they
/// can, one that works all the time waits in every frame a little for a stream that comes in
/// bursts, until enough is in front of it, which may take many frames. One that begins so late that
/// it ends its first frame without a wait is where it will be then. `near`: those of a design that
/// differs little, to look from.
Begins steady_begins(const Graph& graph, const std::vector<bool>& unbounded, Begins near = {});
/// Runs frames as a board's memory lets them: movers get and give a memory word in its slots only
/// (ir/memory_pace.hpp), in whole bursts, through their buffers. Where nothing is said of it, there
/// is a word of memory in every cycle.
TokenSimulation simulate_on_board(const Graph& graph, std::int64_t frames);
/// Runs one frame on a board, with FIFOs that never fill.
TokenSimulation simulate_without_limits(const Graph& graph);
/// Runs one frame as if no actor held words: a step is made once what it writes has room. Which
/// words are inside of the actors depends on when words come and go; a design that comes to an end
/// without that comes to an end for every timing of memory and of streams at its edge: in the order
/// of steps found here, each finds its words and room at the ends of all pipes.
TokenSimulation simulate_without_registers(const Graph& graph);
/// Runs `frames` frames, with every wait traced to what ended it: fills `critical`.
TokenSimulation trace_tokens(const Graph& graph, std::int64_t frames,
                             const Begins* begins = nullptr);
/// The same of one frame on a board.
TokenSimulation trace_on_board(const Graph& graph);

} // namespace millrace
