// SPDX-License-Identifier: Apache-2.0
//
// What the two number types of the host program share: rounding modes and the exception that says
// that a number is not known well enough for a decision.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace millrace::runtime::host {

/// A number's error bound straddles a decision point. Another arithmetic may know more.
class Undecided : public std::runtime_error {
  public:
    Undecided() : std::runtime_error("cannot be decided") {}
};

/// The rounding modes of quantizers, named in manifests as here.
enum class Rounding {
    half_even, ///< nearest, ties to the even integer
    half_up,   ///< nearest, ties away from zero
    half_down, ///< nearest, ties toward zero
    floor,
    ceil,
    up,   ///< away from zero
    down, ///< toward zero
};

/// Where a number that is no integer lies between its floor and the integer above.
enum class Fraction { below_half, half, above_half };

/// Whether the mode rounds a number that is no integer to the integer above its floor.
inline bool rounds_up(Rounding mode, Fraction fraction, bool floor_is_odd, bool negative) {
    switch (mode) {
    case Rounding::half_even:
        return fraction == Fraction::above_half || (fraction == Fraction::half && floor_is_odd);
    case Rounding::half_up:
        return fraction == Fraction::above_half || (fraction == Fraction::half && !negative);
    case Rounding::half_down:
        return fraction == Fraction::above_half || (fraction == Fraction::half && negative);
    case Rounding::floor:
        return false;
    case Rounding::ceil:
        return true;
    case Rounding::up:
        return !negative;
    case Rounding::down:
        return negative;
    }
    return false;
}

} // namespace millrace::runtime::host
