// SPDX-License-Identifier: Apache-2.0
//
// One integer function per channel, given as the exact chain of real operations between two
// integer points of the network: q_in -> real -> (affine, activation, quantizer, ...) -> q_out.
//
// The chain is evaluated twice over. First in double precision with a rigorous bound on the error
// of every step (a "ball"): the bound is zero where every operation was exact, which covers
// power-of-two scales, and where a quantizer's decision point lies outside the ball the decision is
// certain. Only what is left over is evaluated again in exact reals (ir/real.hpp), which decide
// every tie as the rounding mode says.
#pragma once

#include "ir/real.hpp"
#include "ir/rounding.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace millrace {

/// Steps over one real variable. Per-channel parameters have one entry for all channels or one per
/// channel.
namespace step {

/// x * scale + offset.
struct Affine {
    std::vector<Real> scale;
    std::vector<Real> offset;
    friend bool operator==(const Affine&, const Affine&) = default;
};
/// x where x >= 0, slope * x elsewhere; slope 0 is Relu.
struct LeakyRelu {
    std::vector<Real> slope;
    friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;
};
/// min(max(x, low), high).
struct Clip {
    std::optional<Real> low;
    std::optional<Real> high;
    friend bool operator==(const Clip&, const Clip&) = default;
};
struct Sigmoid {
    friend bool operator==(const Sigmoid&, const Sigmoid&) = default;
};
struct Tanh {
    friend bool operator==(const Tanh&, const Tanh&) = default;
};
/// -1, 0, 1.
struct Sign {
    friend bool operator==(const Sign&, const Sign&) = default;
};
/// ops::Quantize with its parameters per channel and its bounds worked out.
struct Quantize {
    std::vector<Real> scale;
    std::vector<Real> zero_point;
    std::vector<Real> lo; ///< empty: no clamp
    std::vector<Real> hi;
    Rounding rounding = Rounding::half_even;
    bool zero_point_last = false;
    bool binary = false; ///< bits = 1 signed: +1 where x / scale + zero_point >= 0, else -1
    friend bool operator==(const Quantize&, const Quantize&) = default;
};
/// out_scale * #{i : x >= thresholds[c][i]} + out_bias.
struct MultiThreshold {
    std::vector<std::vector<Real>> thresholds; ///< one ascending row, or one per channel
    Real out_scale;
    Real out_bias;
    friend bool operator==(const MultiThreshold&, const MultiThreshold&) = default;
};

} // namespace step

using Step = std::variant<step::Affine, step::LeakyRelu, step::Clip, step::Sigmoid, step::Tanh,
                          step::Sign, step::Quantize, step::MultiThreshold>;

/// The exact result of one step for channel c.
Real apply(const Step& step, std::size_t channel, const Real& x);

/// Parameter of a channel: the only entry or the channel's own.
template <class T> const T& channel_parameter(const std::vector<T>& values, std::size_t channel) {
    return values.size() == 1 ? values.front() : values.at(channel);
}

struct ExactFunction {
    std::size_t channels = 1;
    std::vector<Step> steps; ///< the last one leads to integers; none: the identity
    friend bool operator==(const ExactFunction&, const ExactFunction&) = default;

    /// Exact real result for channel c (not necessarily an integer).
    [[nodiscard]] Real evaluate(std::size_t channel, const Real& x) const;
    /// True when no step has parameters that differ between channels.
    [[nodiscard]] bool same_for_all_channels() const;
};

} // namespace millrace
