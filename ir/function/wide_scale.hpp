// SPDX-License-Identifier: Apache-2.0
//
// Multiply-add-shift with parameters wide enough for functions of very many levels: up to 16 bits
// out of accumulators of 40 bits and more.
//
// A function round(slope * x + offset), clamped, changes its value at one argument for each level.
// Two arguments next to a change can be as near to it as the smallest distance between a multiple
// of the slope and a level, for arbitrary scales about 2^-(bits of x + bits of y), so the
// multiplier needs about that many significant bits. A multiplier of m bits for arguments of n bits
// is looked for while m <= 62 and n + m <= 114.
//
// Where exact ties are rounded to even, their directions alternate and no straight line has them
// all. Then the line is made to lie above the number plus a half by 0 <= e < tie / 2^shift, on the
// whole range: a tie leaves a remainder below `tie`, everything else one that is larger, if the
// shift is large enough. That is so for slopes with a small denominator, the only ones that meet
// ties often. Rounding up or down by magnitude across zero, which makes the level 0 twice as wide,
// has no such form.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/function/function_form.hpp"
#include "ir/type.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace millrace {

/// The form for all channels, equal to the function at both ends of every segment and monotone in
/// between, so equal on the whole reachable range; std::nullopt when there is none within the
/// limits above. `channels`: 1 when all channels have the same function and range. [lowest,
/// highest]: what the function reaches.
std::optional<form::MultiplyAddShift> wide_scale(const ExactFunction& function,
                                                 const IntegerType& input, std::size_t channels,
                                                 std::int64_t lowest, std::int64_t highest);

} // namespace millrace
