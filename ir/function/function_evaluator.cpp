// SPDX-License-Identifier: Apache-2.0
//
// Every step maps an enclosing interval to an enclosing interval. The quantizer is a monotone
// function: where both ends of the interval give the same integer, so does the number inside.
#include "ir/function/function_evaluator.hpp"

#include "ir/diagnostics.hpp"
#include "ir/op.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace millrace {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// Largest magnitude at which every integer and every half-integer is a double.
constexpr double half_integer_limit = 0x1p51;
// libm's exp and tanh are accurate to a few units in the last place; this is 256 of them.
constexpr double transcendental_error = 0x1p-44;

} // namespace

FunctionEvaluator::FunctionEvaluator(const ExactFunction& function, std::size_t channel)
    : function_(&function),
      channel_(channel) {
    const std::vector<Step>& steps = function.steps;
    const step::Quantize* quantizer = nullptr; // the step before, if it is one
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto* first = std::get_if<step::Affine>(&steps[i]);
        if (first == nullptr) {
            steps_.push_back(prepare(steps[i], channel));
            quantizer = std::get_if<step::Quantize>(&steps[i]);
            continue;
        }
        // Affine steps in a row, exactly as one.
        Real scale = channel_parameter(first->scale, channel);
        Real offset = channel_parameter(first->offset, channel);
        for (; i + 1 < steps.size() && std::holds_alternative<step::Affine>(steps[i + 1]); ++i) {
            const auto& next = std::get<step::Affine>(steps[i + 1]);
            scale *= channel_parameter(next.scale, channel);
            offset = offset * channel_parameter(next.scale, channel) +
                     channel_parameter(next.offset, channel);
        }
        // (q - zero_point) * scale and back to q.
        if (quantizer != nullptr &&
            scale * channel_parameter(quantizer->scale, channel) == Real(1) &&
            offset == channel_parameter(quantizer->zero_point, channel)) {
            std::get<Quantize>(steps_.back()).to_levels = true;
        } else if (scale != Real(1) || offset.sign() != 0) {
            steps_.emplace_back(Affine{millrace::enclose(scale), millrace::enclose(offset)});
        }
        quantizer = nullptr;
    }
    build_rounded_chain();
}

void FunctionEvaluator::build_rounded_chain() {
    RoundedChain chain;
    const bool possible = std::all_of(steps_.begin(), steps_.end(), [&](const Prepared& prepared) {
        return std::visit(Overload{
                              [&](const Affine& step) {
                                  chain.affine(step.scale.lo, step.offset.lo);
                                  return true;
                              },
                              [&](const LeakyRelu& step) {
                                  chain.leaky_relu(step.slope.lo);
                                  return true;
                              },
                              [&](const Clip& step) {
                                  chain.clip(step.low.lo, step.high.lo);
                                  return true;
                              },
                              [&](const Quantize& step) {
                                  chain.quantize({step.scale.lo, step.zero_point.lo, step.lo,
                                                  step.hi, step.rounding, step.zero_point_last,
                                                  step.to_levels});
                                  return step.usable && !step.binary;
                              },
                              [](const auto& /*step*/) { return false; },
                          },
                          prepared);
    });
    if (possible) {
        rounded_ = std::move(chain);
    }
}

FunctionEvaluator::Prepared FunctionEvaluator::prepare(const Step& step, std::size_t channel) {
    return std::visit(
        Overload{
            [&](const step::Affine& affine) -> Prepared {
                return Affine{millrace::enclose(channel_parameter(affine.scale, channel)),
                              millrace::enclose(channel_parameter(affine.offset, channel))};
            },
            [&](const step::LeakyRelu& relu) -> Prepared {
                return LeakyRelu{millrace::enclose(channel_parameter(relu.slope, channel))};
            },
            [&](const step::Clip& clip) -> Prepared {
                return Clip{
                    clip.low ? millrace::enclose(*clip.low) : Interval{-infinity, -infinity},
                    clip.high ? millrace::enclose(*clip.high) : Interval{infinity, infinity}};
            },
            [&](const step::Sigmoid&) -> Prepared { return Sigmoid{}; },
            [&](const step::Tanh&) -> Prepared { return Tanh{}; },
            [&](const step::Sign&) -> Prepared { return Sign{}; },
            [&](const step::Quantize& quantizer) -> Prepared {
                Quantize result{millrace::enclose(channel_parameter(quantizer.scale, channel)),
                                millrace::enclose(channel_parameter(quantizer.zero_point, channel)),
                                -infinity,
                                infinity,
                                true,
                                quantizer.rounding,
                                quantizer.zero_point_last,
                                quantizer.binary,
                                false};
                if (!quantizer.lo.empty() && !quantizer.binary) {
                    const Interval lo = millrace::enclose(channel_parameter(quantizer.lo, channel));
                    const Interval hi = millrace::enclose(channel_parameter(quantizer.hi, channel));
                    result.lo = lo.lo;
                    result.hi = hi.lo;
                    // Bounds that are not integers (fractional bit widths) are left to the exact
                    // path, as is everything too large for half-integers to be doubles.
                    result.usable = lo.is_point() && hi.is_point() && std::floor(lo.lo) == lo.lo &&
                                    std::floor(hi.lo) == hi.lo &&
                                    std::abs(lo.lo) < half_integer_limit &&
                                    std::abs(hi.lo) < half_integer_limit;
                }
                if (quantizer.zero_point_last) {
                    result.usable = result.usable && result.zero_point.is_point() &&
                                    std::floor(result.zero_point.lo) == result.zero_point.lo;
                }
                return result;
            },
            [&](const step::MultiThreshold& thresholds) -> Prepared {
                MultiThreshold result{{},
                                      millrace::enclose(thresholds.out_scale),
                                      millrace::enclose(thresholds.out_bias)};
                for (const Real& threshold : channel_parameter(thresholds.thresholds, channel)) {
                    result.thresholds.push_back(millrace::enclose(threshold));
                }
                return result;
            },
        },
        step);
}

bool FunctionEvaluator::advance(const Affine& step, Interval& x) {
    x = x * step.scale + step.offset;
    return true;
}

bool FunctionEvaluator::advance(const LeakyRelu& step, Interval& x) {
    if (x.lo >= 0) {
        return true;
    }
    const Interval negative = Interval{x.lo, std::min(x.hi, 0.0)} * step.slope;
    x = x.hi <= 0 ? negative : hull(negative, Interval{0, x.hi});
    return true;
}

bool FunctionEvaluator::advance(const Clip& step, Interval& x) {
    x.lo = std::min(std::max(x.lo, step.low.lo), step.high.lo);
    x.hi = std::min(std::max(x.hi, step.low.hi), step.high.hi);
    return true;
}

bool FunctionEvaluator::advance(const Sigmoid& /*step*/, Interval& x) {
    const auto value = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
    if (x.is_point() && x.lo == 0) {
        x = {0.5, 0.5};
        return true;
    }
    const double lo = value(x.lo);
    const double hi = value(x.hi);
    x = {lo - lo * transcendental_error, hi + hi * transcendental_error};
    return lo > 1e-280 && hi < 1; // saturated arguments are left to the exact path
}

bool FunctionEvaluator::advance(const Tanh& /*step*/, Interval& x) {
    if (x.is_point() && x.lo == 0) {
        return true;
    }
    const double lo = std::tanh(x.lo);
    const double hi = std::tanh(x.hi);
    x = {lo - std::abs(lo) * transcendental_error, hi + std::abs(hi) * transcendental_error};
    return std::abs(lo) < 1 && std::abs(hi) < 1;
}

bool FunctionEvaluator::advance(const Sign& /*step*/, Interval& x) {
    const auto sign = [](double v) { return static_cast<double>((v > 0) - (v < 0)); };
    x = {sign(x.lo), sign(x.hi)};
    return x.is_point();
}

bool FunctionEvaluator::advance(const Quantize& step, Interval& x) {
    if (!step.usable) {
        return false;
    }
    const auto value_of = [&step](double level) {
        const Interval q{level, level};
        return step.to_levels
                   ? q
                   : (q + Interval{-step.zero_point.hi, -step.zero_point.lo}) * step.scale;
    };
    Interval scaled = x / step.scale;
    if (!step.zero_point_last) {
        scaled = scaled + step.zero_point;
    }
    if (step.binary) {
        if (step.zero_point_last) {
            scaled = scaled + step.zero_point;
        }
        const double lo = scaled.lo >= 0 ? 1 : -1;
        const double hi = scaled.hi >= 0 ? 1 : -1;
        if (lo != hi) {
            return false;
        }
        x = value_of(lo);
        return true;
    }
    // With integer bounds, clamping before or after a monotone rounding is the same.
    const double shift = step.zero_point_last ? step.zero_point.lo : 0.0;
    const double clamp_lo = step.lo - shift;
    const double clamp_hi = step.hi - shift;
    const auto level = [&](double v) {
        const double clamped = std::min(std::max(v, clamp_lo), clamp_hi);
        return std::abs(clamped) <= half_integer_limit
                   ? round_double(clamped, step.rounding) + shift
                   : std::numeric_limits<double>::quiet_NaN();
    };
    const double lo = level(scaled.lo);
    if (scaled.is_point() ? std::isnan(lo) : !(lo == level(scaled.hi))) {
        return false;
    }
    x = value_of(lo);
    return true;
}

bool FunctionEvaluator::advance(const MultiThreshold& step, Interval& x) {
    double count = 0;
    // Rows ascend, so the first threshold above the number ends the count.
    for (const Interval& threshold : step.thresholds) {
        if (x.lo >= threshold.hi) {
            count += 1;
        } else if (x.hi < threshold.lo) {
            break;
        } else {
            return false;
        }
    }
    x = Interval{count, count} * step.out_scale + step.out_bias;
    return true;
}

bool FunctionEvaluator::enclose(Interval& x) const {
    return std::all_of(steps_.begin(), steps_.end(), [&](const Prepared& prepared) {
        return std::visit([&](const auto& step) { return advance(step, x); }, prepared);
    });
}

Real FunctionEvaluator::exact_steps(std::size_t count, double x) const {
    Real value = Real::from_double(x);
    for (std::size_t i = 0; i < count; ++i) {
        value = apply(function_->steps[i], channel_, value);
    }
    return value;
}

std::optional<std::int64_t> FunctionEvaluator::integer_at(double x) const {
    Interval value{x, x};
    // A narrow enclosure of an integer is not a proof that the value is one, unless it is a point.
    if (enclose(value) && value.is_point() && std::abs(value.lo) <= half_integer_limit) {
        return std::floor(value.lo) == value.lo ? std::optional(static_cast<std::int64_t>(value.lo))
                                                : std::nullopt;
    }
    return exact_steps(function_->steps.size(), x).as_int64();
}

std::int64_t FunctionEvaluator::at(double x) const {
    if (rounded_) {
        if (const auto value = rounded_->at(x)) {
            return *value;
        }
    }
    Interval value{x, x};
    if (enclose(value)) {
        // The result is an integer by construction (lowering checks it where it is not obvious), so
        // an enclosure narrower than one integer identifies it.
        const double nearest = std::nearbyint(value.lo);
        if (std::abs(nearest) <= half_integer_limit && nearest - value.lo < 0.25 &&
            value.hi - nearest < 0.25 && value.lo - nearest < 0.25) {
            return static_cast<std::int64_t>(nearest);
        }
    }
    const Real exact = exact_steps(function_->steps.size(), x);
    if (const auto integer = exact.as_int64()) {
        return *integer;
    }
    throw Defect(fmt::format("function result {} for {} is not an integer", exact.to_string(), x));
}

std::int64_t FunctionEvaluator::operator()(std::int64_t x) const {
    return at(static_cast<double>(x));
}

int FunctionEvaluator::sign_before(std::size_t index, double x) const {
    return exact_steps(index, x).sign();
}

} // namespace millrace
