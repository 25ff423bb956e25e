// SPDX-License-Identifier: Apache-2.0
//
// A number t stands for an exact one within [t - e, t + e]. Each step is Lipschitz, so e grows by
// the step's slope, and its rounding errors and those of its parameters are below `unit` of the
// magnitudes that were added: at most five roundings or parameter errors of 2^-52 each.
#include "ir/function/rounded_chain.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {

namespace {

constexpr double unit = 0x1p-49;
constexpr double growth = 1 + 0x1p-20; // covers the rounding of the error's own arithmetic
constexpr double smallest = 0x1p-1000; // covers results that are subnormal
constexpr double half_integer_limit = 0x1p51;

/// For magnitudes below 2^51: sums next to 1.5 * 2^52 are rounded to integers, ties to even.
double nearest_integer(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

bool to_nearest(Rounding rounding) {
    return rounding == Rounding::half_even || rounding == Rounding::half_up ||
           rounding == Rounding::half_down;
}

} // namespace

double round_double(double x, Rounding mode) {
    switch (mode) {
    case Rounding::half_even:
        return std::nearbyint(x); // the default rounding direction is to nearest, ties to even
    case Rounding::half_up:
        return std::round(x);
    case Rounding::half_down: {
        const double magnitude = std::ceil(std::abs(x) - 0.5);
        return std::copysign(magnitude, x);
    }
    case Rounding::floor:
        return std::floor(x);
    case Rounding::ceil:
        return std::ceil(x);
    case Rounding::up:
        return std::copysign(std::ceil(std::abs(x)), x);
    case Rounding::down:
        return std::trunc(x);
    }
    throw Defect("unknown rounding mode");
}

void RoundedChain::affine(double scale, double offset) {
    steps_.push_back({Kind::affine, {}, false, scale, offset, 0, 0, 0, 0});
}

void RoundedChain::leaky_relu(double slope) {
    steps_.push_back(
        {Kind::leaky_relu, {}, false, slope, std::max(1.0, std::abs(slope)), 0, 0, 0, 0});
}

void RoundedChain::clip(double low, double high) {
    steps_.push_back({Kind::clip, {}, false, low, high, 0, 0, 0, 0});
}

void RoundedChain::quantize(const Quantizer& q) {
    const double before = q.zero_point_last ? 0 : q.zero_point;
    const double behind = q.zero_point_last ? q.zero_point : 0;
    Step step{Kind::quantize, q.rounding,    q.to_levels, 1 / q.scale, before,
              q.lo - behind,  q.hi - behind, q.scale,     before};
    if (q.to_levels) {
        step.scale = 1;
        step.origin = -behind;
    }
    steps_.push_back(step);
}

std::optional<std::int64_t> RoundedChain::at(double x) const {
    double t = x;
    double e = 0;
    for (const Step& step : steps_) {
        switch (step.kind) {
        case Kind::affine: {
            const double product = t * step.a;
            e = e * std::abs(step.a) * growth + (std::abs(product) + std::abs(step.b)) * unit +
                smallest;
            t = product + step.b;
            break;
        }
        case Kind::leaky_relu:
            t = t < 0 ? t * step.a : t;
            e = e * step.b * growth + std::abs(t) * unit + smallest;
            break;
        case Kind::clip:
            t = std::min(std::max(t, step.a), step.b);
            e = std::max(e, std::abs(t) * unit);
            break;
        case Kind::quantize: {
            const double product = t * step.a;
            const double error = e * std::abs(step.a) * growth +
                                 (std::abs(product) + std::abs(step.b)) * unit + smallest;
            const double scaled = product + step.b;
            double level = 0;
            if (scaled - error >= step.hi) {
                level = step.hi;
            } else if (scaled + error <= step.lo) {
                level = step.lo;
            } else {
                const double nearest = nearest_integer(scaled);
                const double away = std::abs(scaled - nearest);
                const bool half = to_nearest(step.rounding);
                if (!(std::abs(scaled) < half_integer_limit) ||
                    !((half ? 0.5 - away : away) > error)) {
                    return std::nullopt;
                }
                level = half ? nearest : round_double(scaled, step.rounding);
            }
            t = (level - step.origin) * step.scale;
            e = step.to_levels
                    ? 0
                    : (std::abs(level) + std::abs(step.origin)) * std::abs(step.scale) * unit +
                          smallest;
            break;
        }
        }
    }
    const double nearest = nearest_integer(t);
    if (std::abs(nearest) < half_integer_limit && std::abs(t - nearest) + e < 0.25) {
        return static_cast<std::int64_t>(nearest);
    }
    return std::nullopt;
}

} // namespace millrace
