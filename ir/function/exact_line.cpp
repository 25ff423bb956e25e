// SPDX-License-Identifier: Apache-2.0
#include "ir/function/exact_line.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace millrace {

namespace {

/// clamp(slope * x + offset, low, high).
struct Line {
    Real slope = 1;
    Real offset;
    std::optional<Real> low;
    std::optional<Real> high;

    void scale(const Real& factor, const Real& added) {
        slope *= factor;
        offset = offset * factor + added;
        for (auto* bound : {&low, &high}) {
            if (*bound) {
                **bound = **bound * factor + added;
            }
        }
        if (factor.sign() < 0) {
            std::swap(low, high);
        }
    }
    void at_least(const Real& bound) {
        low = low ? std::max(*low, bound) : bound;
        high = high ? std::optional(std::max(*high, bound)) : std::nullopt;
    }
    void at_most(const Real& bound) {
        high = high ? std::min(*high, bound) : bound;
        low = low ? std::optional(std::min(*low, bound)) : std::nullopt;
    }
    [[nodiscard]] Real unclamped(std::int64_t x) const { return slope * Real(x) + offset; }
    [[nodiscard]] Real at(std::int64_t x) const {
        const Real y = unclamped(x);
        return low && y < *low ? *low : high && y > *high ? *high : y;
    }
};

std::optional<Line> line_of(const ExactFunction& function, std::size_t channel) {
    Line line;
    for (const Step& step : function.steps) {
        if (const auto* affine = std::get_if<step::Affine>(&step)) {
            line.scale(channel_parameter(affine->scale, channel),
                       channel_parameter(affine->offset, channel));
        } else if (const auto* relu = std::get_if<step::LeakyRelu>(&step);
                   relu != nullptr && channel_parameter(relu->slope, channel).sign() == 0) {
            line.at_least(0);
        } else if (const auto* clip = std::get_if<step::Clip>(&step)) {
            if (clip->low) {
                line.at_least(*clip->low);
            }
            if (clip->high) {
                line.at_most(*clip->high);
            }
        } else {
            return std::nullopt;
        }
    }
    return line;
}

} // namespace

std::optional<form::MultiplyAddShift> exact_line(const ExactFunction& function,
                                                 const IntegerType& input) {
    const bool one =
        function.same_for_all_channels() && input.lo.size() == 1 && input.hi.size() == 1;
    const auto channels = one ? 1 : static_cast<std::size_t>(input.channels());
    form::MultiplyAddShift form;
    form.multiplier.clear();
    form.add.clear();
    form.lo = std::numeric_limits<std::int64_t>::max();
    form.hi = std::numeric_limits<std::int64_t>::min();
    std::vector<Line> lines;
    const Real widest = Real::dyadic(1, 62); // what hardware and executor compute without overflow
    for (std::size_t c = 0; c < channels; ++c) {
        const std::optional<Line> line = line_of(function, c);
        if (!line) {
            return std::nullopt;
        }
        const auto multiplier = line->slope.as_int64();
        const auto add = line->offset.as_int64();
        const auto first = line->at(channel_parameter(input.lo, c)).as_int64();
        const auto last = line->at(channel_parameter(input.hi, c)).as_int64();
        if (!multiplier || !add || !first || !last) {
            return std::nullopt;
        }
        for (const std::int64_t x :
             {channel_parameter(input.lo, c), channel_parameter(input.hi, c)}) {
            if (line->unclamped(x) > widest || line->unclamped(x) < -widest) {
                return std::nullopt;
            }
        }
        form.multiplier.push_back(*multiplier);
        form.add.push_back(*add);
        form.lo = std::min({form.lo, *first, *last}); // the line is monotone
        form.hi = std::max({form.hi, *first, *last});
        lines.push_back(*line);
    }
    for (std::size_t c = 0; c < channels; ++c) {
        Line same = lines[c];
        same.low = Real(form.lo);
        same.high = Real(form.hi);
        // Two clamps of one monotone line agree everywhere when they agree at both ends of the
        // range: an end is where each bites most.
        for (const std::int64_t x :
             {channel_parameter(input.lo, c), channel_parameter(input.hi, c)}) {
            if (same.at(x) != lines[c].at(x)) {
                return std::nullopt;
            }
        }
    }
    const auto collapse = [](std::vector<std::int64_t>& values) {
        if (std::all_of(values.begin(), values.end(),
                        [&](std::int64_t value) { return value == values.front(); })) {
            values.resize(1);
        }
    };
    collapse(form.multiplier);
    collapse(form.add);
    return form;
}

} // namespace millrace
