// SPDX-License-Identifier: Apache-2.0
//
// In which ways a rearrangement of the integer level can be built as an actor: what the planner
// chooses from and what the dataflow lowering makes.
#pragma once

#include "ir/graph.hpp"

#include <optional>

namespace millrace {

/// The most lanes in which the rearrangement's words can move whole: all addresses, and both last
/// axes, are multiples.
std::int64_t rearrange_lanes(const ops::IntegerRearrange& op, const Shape& input);

/// The rearrangement as a window that leaves whole, where it is one, with all channels in the last
/// axis.
std::optional<ops::ParallelWindow> parallel_window(const ops::IntegerRearrange& op,
                                                   const Shape& input);
/// The same of a rearrangement to [..., T, C], whose blocks of any divisor of C channels have
/// windows of their own: all T words of blocked_unit() as one.
std::optional<ops::ParallelWindow> blocked_window(const ops::IntegerRearrange& op,
                                                  const Shape& input);

/// The actor for words of `lanes` elements (a divisor of rearrange_lanes()), with a buffer that
/// holds what is needed and one more row of what comes.
ops::Rearrange rearrange_unit(const ops::IntegerRearrange& op, const Shape& input,
                              std::int64_t lanes);

/// A rearrangement whose result [..., T, C] only a depthwise product or a reduction reads sends
/// their blocks of channels at once. The most lanes for that; nothing where the loops do not allow
/// it.
std::optional<std::int64_t> blocked_lanes(const ops::IntegerRearrange& op, const Shape& input);
/// The actor that sends [..., C / lanes, T, lanes].
ops::Rearrange blocked_unit(const ops::IntegerRearrange& op, const Shape& input,
                            std::int64_t lanes);

/// The rearrangement that moves nothing, of [..., T, C]: in front of a reader of blocks that no
/// other rearrangement serves.
ops::IntegerRearrange plain_rearrangement(const Shape& shape);

/// The reader of a node's result when that is one depthwise product or reduction, by index.
std::optional<std::size_t> blocked_reader(const Graph& body, std::size_t node);

/// Cycles between frames, exactly: follows the unit's schedule.
std::int64_t rearrange_cycles(const ops::Rearrange& unit, std::int64_t input_words,
                              ActorLibrary library);
/// No unit of these words takes fewer: each comes or goes in a cycle of its own.
std::int64_t least_rearrange_cycles(const ops::Rearrange& unit, std::int64_t input_words);

} // namespace millrace
