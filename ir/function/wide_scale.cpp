// SPDX-License-Identifier: Apache-2.0
#include "ir/function/wide_scale.hpp"

#include "ir/function/linear_part.hpp"
#include "ir/function/step_function.hpp"
#include "ir/op.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

namespace millrace {

namespace {

constexpr int most_multiplier_bits = 62;
constexpr int most_product_bits = 114; // the actor's sum has 120 bits
constexpr int most_shift = 110;
constexpr int most_add_bits = 61;

int magnitude_bits(Int128 value) {
    __extension__ typedef unsigned __int128 Uint128;
    const auto bits = static_cast<Uint128>(value < 0 ? -(value + 1) : value);
    const auto high = static_cast<std::uint64_t>(bits >> 64);
    return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                     : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(bits)));
}

/// value / 2^shift, rounded toward plus infinity.
Int128 ceil_shift(Int128 value, int shift) { return -((-value) >> shift); }

/// A multiplier and the offsets that put the ends of all segments on the right level.
struct Fit {
    std::int64_t multiplier = 0;
    Int128 least = 0;
    Int128 most = 0;
};

class WideScale {
  public:
    WideScale(const ExactFunction& function, const IntegerType& input, std::size_t channels,
              std::int64_t lowest, std::int64_t highest)
        : function_(function),
          input_(input),
          lowest_(lowest),
          highest_(highest),
          argument_bits_(std::max(magnitude_bits(input.lowest()), magnitude_bits(input.highest()))),
          largest_shift_(std::min(
              most_shift, 116 - std::max(magnitude_bits(lowest), magnitude_bits(highest)))) {
        for (std::size_t c = 0; c < channels; ++c) {
            const auto line = linear_part(function, c);
            if (!line) {
                lines_.clear();
                return;
            }
            lines_.push_back(*line);
        }
    }

    std::optional<form::MultiplyAddShift> find() const {
        if (lines_.empty()) {
            return std::nullopt;
        }
        auto form = straight();
        return form ? form : to_even();
    }

  private:
    [[nodiscard]] std::int64_t low(std::size_t c) const { return channel_parameter(input_.lo, c); }
    [[nodiscard]] std::int64_t high(std::size_t c) const { return channel_parameter(input_.hi, c); }

    /// slope * 2^shift rounded; nothing when it has too many bits.
    [[nodiscard]] std::optional<std::int64_t> multiplier(std::size_t c, int shift,
                                                         Rounding rounding) const {
        const int bits = std::min(most_multiplier_bits, most_product_bits - argument_bits_);
        const Real scaled = lines_[c].slope * Real::dyadic(1, shift);
        if (!(std::abs(scaled.to_double()) < std::ldexp(1.0, bits) - 2)) {
            return std::nullopt;
        }
        return scaled.round(rounding);
    }

    // --- the straight line ---------------------------------------------------------------------

    [[nodiscard]] std::optional<Fit> fit_at(const std::vector<Segment>& runs,
                                            std::int64_t multiplier, int shift) const {
        constexpr auto limit = static_cast<Int128>(1) << 120;
        Fit fit{multiplier, -limit, limit};
        for (const Segment& run : runs) {
            // (x * m + add) >> shift == value; the clamp's ends leave one side free.
            const Int128 bottom = static_cast<Int128>(run.value) << shift;
            const Int128 top = bottom + (static_cast<Int128>(1) << shift) - 1;
            for (const std::int64_t x : {run.first, run.last}) {
                const Int128 product = static_cast<Int128>(x) * multiplier;
                if (run.value != lowest_) {
                    fit.least = std::max(fit.least, bottom - product);
                }
                if (run.value != highest_) {
                    fit.most = std::min(fit.most, top - product);
                }
            }
            if (fit.least > fit.most) {
                return std::nullopt;
            }
        }
        if (fit.least == -limit) {
            fit.least = fit.most == limit ? 0 : fit.most;
        }
        if (fit.most == limit) {
            fit.most = fit.least;
        }
        return fit;
    }

    /// The first shift from `shift` on at which the channel has a line; moves `shift` there.
    [[nodiscard]] std::optional<Fit> fit_from(std::size_t c, int& shift) const {
        const FunctionEvaluator evaluator(function_, c);
        const std::vector<Segment> runs = segments(evaluator, low(c), high(c));
        for (; shift <= largest_shift_; ++shift) {
            const auto below = multiplier(c, shift, Rounding::floor);
            if (!below) {
                return std::nullopt;
            }
            for (const std::int64_t candidate : {*below, *below + 1}) {
                if (auto fit = fit_at(runs, candidate, shift)) {
                    return fit;
                }
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<form::MultiplyAddShift> straight() const {
        std::vector<Fit> fits(lines_.size());
        int shift = 0;
        // A channel that needs a larger shift sends the others round again.
        for (std::size_t c = 0, agreed = 0; agreed < lines_.size();
             c = c + 1 == lines_.size() ? 0 : c + 1) {
            const int before = shift;
            const auto fit = fit_from(c, shift);
            if (!fit) {
                return std::nullopt;
            }
            fits[c] = *fit;
            agreed = shift == before ? agreed + 1 : 1;
        }
        std::vector<std::pair<Int128, Int128>> ranges;
        std::vector<std::int64_t> multipliers;
        for (const Fit& fit : fits) {
            ranges.emplace_back(fit.least, fit.most);
            multipliers.push_back(fit.multiplier);
        }
        return form_of(std::move(multipliers), ranges, shift, 0);
    }

    // --- ties to even --------------------------------------------------------------------------

    [[nodiscard]] std::optional<form::MultiplyAddShift> to_even() const {
        const auto rounds_to_even = [](const LinearPart& line) {
            return line.quantizer != nullptr && line.quantizer->rounding == Rounding::half_even &&
                   line.slope.is_rational() && line.offset.is_rational();
        };
        if (!std::all_of(lines_.begin(), lines_.end(), rounds_to_even)) {
            return std::nullopt;
        }
        for (int shift = 1; shift <= largest_shift_; ++shift) {
            auto form = to_even_at(shift);
            if (!form) {
                return std::nullopt; // larger ones have too many bits, too
            }
            if (form->tie < (static_cast<Int128>(1) << shift) / 2 && equal_everywhere(*form)) {
                return form;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<form::MultiplyAddShift> to_even_at(int shift) const {
        std::vector<std::int64_t> multipliers;
        std::vector<Real> adds;
        Real error;
        double largest = 0;
        for (std::size_t c = 0; c < lines_.size(); ++c) {
            const auto m = multiplier(c, shift, Rounding::ceil);
            if (!m) {
                return std::nullopt;
            }
            multipliers.push_back(*m);
            const Real power = Real::dyadic(1, shift);
            const Real excess = Real(*m) - lines_[c].slope * power; // of one unit of x
            adds.push_back((lines_[c].offset + Real::dyadic(1, -1)) * power -
                           Real(low(c)) * excess);
            error = std::max(error, (Real(high(c)) - Real(low(c))) * excess);
            largest = std::max(largest, std::abs(adds.back().to_double()));
        }
        const int bits = largest < 1 ? 0 : std::ilogb(largest) + 1;
        form::MultiplyAddShift form;
        form.add_shift = std::max(0, bits - most_add_bits);
        if (form.add_shift > shift) {
            return std::nullopt;
        }
        const Real step = Real::dyadic(1, form.add_shift);
        const Real tie = error + step;
        if (!(tie.to_double() < std::ldexp(1.0, most_add_bits))) {
            return std::nullopt;
        }
        form.tie = tie.round(Rounding::floor) + 1;
        form.multiplier = std::move(multipliers);
        form.add.clear();
        for (const Real& add : adds) {
            form.add.push_back((add / step).round(Rounding::ceil));
        }
        form.shift = shift;
        return finished(std::move(form));
    }

    [[nodiscard]] bool equal_everywhere(const form::MultiplyAddShift& form) const {
        for (std::size_t c = 0; c < lines_.size(); ++c) {
            const FunctionEvaluator evaluator(function_, c);
            bool equal = true;
            for_each_segment(evaluator, low(c), high(c), [&](const Segment& run) {
                equal =
                    apply(form, c, run.first) == run.value && apply(form, c, run.last) == run.value;
                return equal;
            });
            if (!equal) {
                return false;
            }
        }
        return true;
    }

    // --- both ----------------------------------------------------------------------------------

    /// The form whose offsets lie in their ranges and have the fewest bits.
    [[nodiscard]] std::optional<form::MultiplyAddShift>
    form_of(std::vector<std::int64_t> multipliers,
            const std::vector<std::pair<Int128, Int128>>& ranges, int shift,
            std::int64_t tie) const {
        form::MultiplyAddShift form;
        form.multiplier = std::move(multipliers);
        form.shift = shift;
        form.tie = tie;
        for (form.add_shift = shift; form.add_shift >= 0; --form.add_shift) {
            form.add.clear();
            for (const auto& [least, most] : ranges) {
                const Int128 add = ceil_shift(least, form.add_shift);
                if (add << form.add_shift > most || magnitude_bits(add) > most_add_bits) {
                    break;
                }
                form.add.push_back(static_cast<std::int64_t>(add));
            }
            if (form.add.size() == ranges.size()) {
                return finished(std::move(form));
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] form::MultiplyAddShift finished(form::MultiplyAddShift form) const {
        for (auto* values : {&form.multiplier, &form.add}) {
            if (std::all_of(values->begin(), values->end(),
                            [&](std::int64_t v) { return v == values->front(); })) {
                values->resize(1);
            }
        }
        form.lo = lowest_;
        form.hi = highest_;
        return form;
    }

    const ExactFunction& function_;
    const IntegerType& input_;
    std::int64_t lowest_;
    std::int64_t highest_;
    int argument_bits_;
    int largest_shift_;
    std::vector<LinearPart> lines_;
};

} // namespace

std::optional<form::MultiplyAddShift> wide_scale(const ExactFunction& function,
                                                 const IntegerType& input, std::size_t channels,
                                                 std::int64_t lowest, std::int64_t highest) {
    return WideScale(function, input, channels, lowest, highest).find();
}

} // namespace millrace
