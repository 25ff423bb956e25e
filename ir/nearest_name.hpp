// SPDX-License-Identifier: Apache-2.0
//
// What a user probably meant by a name that does not exist.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace millrace {

/// The known name with the fewest insertions, deletions, replacements and swaps of neighbours from
/// `wanted`, letter case aside; the first of equals. Empty when none is nearer than a third of the
/// longer name (at least 2).
std::string nearest_name(std::string_view wanted, std::span<const std::string> known);

/// Help text: "did you mean 'pe'?", or "known are: pe, simd" when nothing is near; "there is none"
/// for an empty list.
std::string suggestion(std::string_view wanted, std::span<const std::string> known);

} // namespace millrace
