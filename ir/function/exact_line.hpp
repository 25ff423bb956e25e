// SPDX-License-Identifier: Apache-2.0
//
// Functions without a quantizer: integers that move to another zero point, pass a rectifier or a
// clip, and are not reduced to few levels. Listing the levels of such a function, as the other
// forms' proofs do, would take one step for each integer of its range.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/function/function_form.hpp"
#include "ir/type.hpp"

#include <optional>

namespace millrace {

/// The function as y = clamp(x * multiplier[c] + add[c], lo, hi), for chains of affine steps,
/// rectifiers of slope 0 and clips that come to a whole multiplier and offset in every channel;
/// std::nullopt for others. Exact by construction: the chain's slope, offset and bounds are worked
/// out in exact reals, and a bound of one channel stands for it only where it is the form's bound
/// or where the channel's range does not reach it.
std::optional<form::MultiplyAddShift> exact_line(const ExactFunction& function,
                                                 const IntegerType& input);

} // namespace millrace
