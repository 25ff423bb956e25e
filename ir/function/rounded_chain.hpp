// SPDX-License-Identifier: Apache-2.0
//
// A chain of steps in plain double arithmetic with a bound on its error: a third of the work of
// intervals, enough wherever no decision is close.
#pragma once

#include "ir/rounding.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace {

/// Affine steps, rectifiers, clips and quantizers of one channel. Parameters are doubles within two
/// units in the last place of the exact ones.
class RoundedChain {
  public:
    void affine(double scale, double offset);
    void leaky_relu(double slope);
    void clip(double low, double high);
    struct Quantizer {
        double scale;
        double zero_point;
        double lo; ///< integers or infinite
        double hi;
        Rounding rounding;
        bool zero_point_last; ///< added behind the rounding; it is an integer then
        bool to_levels;       ///< the result is the level itself
    };
    void quantize(const Quantizer& quantizer);

    /// The exact result, which is known to be an integer; std::nullopt when a decision is closer
    /// than the error.
    [[nodiscard]] std::optional<std::int64_t> at(double x) const;

  private:
    enum class Kind : std::uint8_t { affine, leaky_relu, clip, quantize };
    struct Step {
        Kind kind;
        Rounding rounding;
        bool to_levels;
        double a;  ///< scale, slope, low; one over the quantizer's scale
        double b;  ///< offset, largest slope, high; zero point before the rounding
        double lo; ///< of what is rounded
        double hi;
        double scale; ///< of the result, which is (level - origin) * scale
        double origin;
    };
    std::vector<Step> steps_;
};

/// Rounds a double exactly as the mode says; |x| < 2^51, so that every half-integer is a double.
double round_double(double x, Rounding mode);

} // namespace millrace
