// SPDX-License-Identifier: Apache-2.0
#include "ir/function/exact_function.hpp"

#include "ir/op.hpp"

#include <algorithm>

namespace millrace {

namespace {

Real apply_step(const step::Affine& affine, std::size_t channel, const Real& x) {
    return x * channel_parameter(affine.scale, channel) + channel_parameter(affine.offset, channel);
}

Real apply_step(const step::LeakyRelu& relu, std::size_t channel, const Real& x) {
    return x.sign() >= 0 ? x : x * channel_parameter(relu.slope, channel);
}

Real apply_step(const step::Clip& clip, std::size_t /*channel*/, const Real& x) {
    Real result = x;
    if (clip.low && result < *clip.low) {
        result = *clip.low;
    }
    if (clip.high && result > *clip.high) {
        result = *clip.high;
    }
    return result;
}

Real apply_step(const step::Sigmoid& /*step*/, std::size_t /*channel*/, const Real& x) {
    return sigmoid(x);
}

Real apply_step(const step::Tanh& /*step*/, std::size_t /*channel*/, const Real& x) {
    return tanh(x);
}

Real apply_step(const step::Sign& /*step*/, std::size_t /*channel*/, const Real& x) {
    return x.sign();
}

Real apply_step(const step::Quantize& quantizer, std::size_t channel, const Real& x) {
    std::optional<std::pair<Real, Real>> bounds;
    if (!quantizer.lo.empty()) {
        bounds.emplace(channel_parameter(quantizer.lo, channel),
                       channel_parameter(quantizer.hi, channel));
    }
    return ops::quantize(x, channel_parameter(quantizer.scale, channel),
                         channel_parameter(quantizer.zero_point, channel), bounds,
                         quantizer.rounding, quantizer.zero_point_last, quantizer.binary);
}

Real apply_step(const step::MultiThreshold& step, std::size_t channel, const Real& x) {
    const std::vector<Real>& row = channel_parameter(step.thresholds, channel);
    // Rows ascend: the thresholds that x reaches are a prefix.
    const auto reached = std::upper_bound(row.begin(), row.end(), x) - row.begin();
    return step.out_scale * Real(static_cast<std::int64_t>(reached)) + step.out_bias;
}

bool shared(const step::Affine& affine) {
    return affine.scale.size() == 1 && affine.offset.size() == 1;
}
bool shared(const step::LeakyRelu& relu) { return relu.slope.size() == 1; }
bool shared(const step::Clip& /*step*/) { return true; }
bool shared(const step::Sigmoid& /*step*/) { return true; }
bool shared(const step::Tanh& /*step*/) { return true; }
bool shared(const step::Sign& /*step*/) { return true; }
bool shared(const step::Quantize& quantizer) {
    return quantizer.scale.size() == 1 && quantizer.zero_point.size() == 1 &&
           quantizer.lo.size() <= 1 && quantizer.hi.size() <= 1;
}
bool shared(const step::MultiThreshold& step) { return step.thresholds.size() == 1; }

} // namespace

Real apply(const Step& step, std::size_t channel, const Real& x) {
    return std::visit([&](const auto& alternative) { return apply_step(alternative, channel, x); },
                      step);
}

Real ExactFunction::evaluate(std::size_t channel, const Real& x) const {
    Real value = x;
    for (const Step& step : steps) {
        value = apply(step, channel, value);
    }
    return value;
}

bool ExactFunction::same_for_all_channels() const {
    return std::all_of(steps.begin(), steps.end(), [](const Step& step) {
        return std::visit([](const auto& alternative) { return shared(alternative); }, step);
    });
}

} // namespace millrace
