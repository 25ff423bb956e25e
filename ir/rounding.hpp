// SPDX-License-Identifier: Apache-2.0
//
// The rounding modes of QONNX and ONNX quantizers (QONNX: Quant, rounding_mode).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

enum class Rounding : std::uint8_t {
    half_even, ///< nearest, ties to the even integer (QONNX ROUND, HALF_EVEN; ONNX QuantizeLinear)
    half_up,   ///< nearest, ties away from zero (QONNX HALF_UP)
    half_down, ///< nearest, ties toward zero (QONNX HALF_DOWN)
    floor,     ///< toward minus infinity (QONNX FLOOR)
    ceil,      ///< toward plus infinity (QONNX CEIL)
    up,        ///< away from zero (QONNX UP)
    down,      ///< toward zero (QONNX DOWN, ROUND_TO_ZERO)
};

/// IR text name, for example "half_even".
std::string_view to_string(Rounding mode);
/// Inverse of to_string.
std::optional<Rounding> rounding_from_string(std::string_view name);
/// QONNX's attribute value, any letter case: ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, HALF_UP,
/// HALF_DOWN, ROUND_TO_ZERO.
std::optional<Rounding> rounding_from_qonnx(std::string_view name);

/// The compiler's 128-bit integer, under a name that -Wpedantic accepts.
__extension__ typedef __int128 Int128;

/// numerator / denominator rounded to an integer. Throws std::domain_error unless denominator > 0.
Int128 divide_rounded(Int128 numerator, Int128 denominator, Rounding mode);

/// Where a number that is not an integer lies between its floor and the integer above it.
enum class Fraction : std::uint8_t { below_half, half, above_half };

/// Whether the mode rounds a non-integer to the integer above its floor. `negative`: the number
/// (and so its floor) is below zero.
[[nodiscard]] bool rounds_up(Rounding mode, Fraction fraction, bool floor_is_odd, bool negative);

} // namespace millrace
