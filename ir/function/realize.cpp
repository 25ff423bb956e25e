// SPDX-License-Identifier: Apache-2.0
#include "ir/function/realize.hpp"

#include "ir/diagnostics.hpp"
#include "ir/function/exact_line.hpp"
#include "ir/function/linear_part.hpp"
#include "ir/function/step_function.hpp"
#include "ir/function/wide_scale.hpp"
#include "ir/op.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {

namespace {

int bit_count(std::int64_t value) {
    return static_cast<int>(
        std::bit_width(static_cast<std::uint64_t>(value < 0 ? -(value + 1) : value)) +
        (value < 0 ? 1 : 0));
}

/// Parameters of floor((x * multiplier + add) / 2^shift) for one channel and every shift at which
/// some `add` puts the ends of all segments on the right level.
struct AffineFit {
    std::int64_t multiplier;
    std::int64_t add;
    bool fits = false;
};

AffineFit fit_affine(const std::vector<Segment>& segments, std::int64_t lowest,
                     std::int64_t highest, std::int64_t multiplier, int shift) {
    constexpr auto limit = static_cast<Int128>(1) << 100;
    Int128 least = -limit;
    Int128 most = limit;
    for (const Segment& segment : segments) {
        // (x * m + add) >> shift == value  <=>  value * 2^shift <= x * m + add < (value+1) *
        // 2^shift; at the clamp's ends one side is free.
        const Int128 bottom = static_cast<Int128>(segment.value) << shift;
        const Int128 top = bottom + (static_cast<Int128>(1) << shift) - 1;
        for (const std::int64_t x : {segment.first, segment.last}) {
            const Int128 product = static_cast<Int128>(x) * multiplier;
            if (segment.value != lowest) {
                least = std::max(least, bottom - product);
            }
            if (segment.value != highest) {
                most = std::min(most, top - product);
            }
        }
        if (least > most) {
            return {};
        }
    }
    if (least == -limit && most == limit) {
        least = most = 0; // one level only: the clamp does it all
    } else if (least == -limit) {
        least = most;
    } else if (most == limit) {
        most = least;
    }
    const Int128 add = least + (most - least) / 2;
    constexpr auto int63 = static_cast<Int128>(1) << 62;
    if (add < -int63 || add >= int63) {
        return {};
    }
    return {multiplier, static_cast<std::int64_t>(add), true};
}

class FormBuilder {
  public:
    FormBuilder(const ExactFunction& function, const IntegerType& input, const FormLimits& limits)
        : function_(function),
          input_(input),
          limits_(limits) {
        const bool one =
            function.same_for_all_channels() && input.lo.size() == 1 && input.hi.size() == 1;
        channels_ = one ? 1 : static_cast<std::size_t>(input.channels());
        table_possible_ =
            input.highest() - input.lowest() < static_cast<std::int64_t>(limits.table_entries);
        fits_.resize(channels_);
    }

    std::vector<FunctionForm> build() {
        for (const OutputRange& range : output_ranges(function_, input_)) {
            lowest_ = std::min(lowest_, range.lo);
            highest_ = std::max(highest_, range.hi);
        }
        for (std::size_t channel = 0; channel < channels_; ++channel) {
            add_channel(channel);
        }
        std::vector<FunctionForm> forms;
        if (identity_) {
            forms.emplace_back(form::Identity{});
        }
        if (!add_multiply_add_shift(forms) && most_runs_ > limits_.narrow_levels) {
            if (auto wide = wide_scale(function_, input_, channels_, lowest_, highest_)) {
                forms.emplace_back(std::move(*wide));
            }
        }
        if (shift_ && prove_equal(*shift_, function_, input_)) {
            forms.emplace_back(*shift_);
        }
        if (thresholds_possible_) {
            fill_rows(thresholds_.thresholds, input_.highest() + 1);
            forms.emplace_back(std::move(thresholds_));
        }
        if (table_possible_) {
            forms.emplace_back(std::move(table_));
        }
        if (breakpoints_possible_) {
            fill_rows(breakpoints_.starts, input_.highest() + 1);
            for (std::size_t c = 0; c < channels_; ++c) {
                breakpoints_.values[c].resize(breakpoints_.starts[c].size(),
                                              breakpoints_.values[c].back());
            }
            forms.emplace_back(std::move(breakpoints_));
        }
        return forms;
    }

  private:
    void add_channel(std::size_t channel) {
        const FunctionEvaluator evaluator(function_, channel);
        const std::int64_t lo = channel_parameter(input_.lo, channel);
        const std::int64_t hi = channel_parameter(input_.hi, channel);
        const std::vector<Segment> runs = segments(evaluator, lo, hi);
        most_runs_ = std::max(most_runs_, runs.size());
        for (const Segment& run : runs) {
            identity_ = identity_ && run.first == run.last && run.value == run.first;
        }
        propose_shift(channel);
        find_affine_fits(channel, runs);
        add_steps(channel, runs, hi);
    }

    void find_affine_fits(std::size_t channel, const std::vector<Segment>& runs) {
        auto& fits = fits_[channel];
        fits.resize(static_cast<std::size_t>(limits_.shift) + 1);
        const auto linear = linear_part(function_, channel);
        const double slope = linear ? linear->slope.to_double() : 0.0;
        const int argument_bits = std::max(bit_count(input_.lowest()), bit_count(input_.highest()));
        for (int shift = 0; shift <= limits_.shift; ++shift) {
            if (channel > 0 && !shift_feasible_[static_cast<std::size_t>(shift)]) {
                continue; // some earlier channel cannot have this shift
            }
            const double scaled = std::ldexp(slope, shift);
            if (std::abs(scaled) >= std::ldexp(1.0, limits_.multiplier_bits - 1) ||
                argument_bits + std::ilogb(std::abs(scaled) + 1) > 60) {
                break;
            }
            AffineFit& fit = fits[static_cast<std::size_t>(shift)];
            const auto nearest = static_cast<std::int64_t>(std::nearbyint(scaled));
            const std::int64_t neighbour =
                static_cast<double>(nearest) > scaled ? nearest - 1 : nearest + 1;
            fit = fit_affine(runs, lowest_, highest_, nearest, shift);
            if (!fit.fits) {
                fit = fit_affine(runs, lowest_, highest_, neighbour, shift);
            }
        }
        shift_feasible_.resize(fits.size(), true);
        for (std::size_t shift = 0; shift < fits.size(); ++shift) {
            shift_feasible_[shift] = shift_feasible_[shift] && fits[shift].fits;
        }
    }

    bool add_multiply_add_shift(std::vector<FunctionForm>& forms) const {
        const auto found = std::find(shift_feasible_.begin(), shift_feasible_.end(), true);
        if (found == shift_feasible_.end()) {
            return false;
        }
        const auto shift = static_cast<std::size_t>(found - shift_feasible_.begin());
        form::MultiplyAddShift form;
        form.multiplier.clear();
        form.add.clear();
        for (const auto& fits : fits_) {
            form.multiplier.push_back(fits[shift].multiplier);
            form.add.push_back(fits[shift].add);
        }
        const auto collapse = [](std::vector<std::int64_t>& values) {
            if (std::all_of(values.begin(), values.end(),
                            [&](std::int64_t v) { return v == values.front(); })) {
                values.resize(1);
            }
        };
        collapse(form.multiplier);
        collapse(form.add);
        form.shift = static_cast<int>(shift);
        form.lo = lowest_;
        form.hi = highest_;
        forms.emplace_back(std::move(form));
        return true;
    }

    void propose_shift(std::size_t channel) {
        if (channel > 0 && !shift_) {
            return;
        }
        const auto linear = linear_part(function_, channel);
        if (!linear || linear->quantizer == nullptr || linear->slope.sign() <= 0) {
            shift_.reset();
            return;
        }
        const auto parts = linear->slope.dyadic_parts();
        if (!parts || parts->mantissa != 1 || parts->exponent > 0 ||
            parts->exponent < -limits_.shift) {
            shift_.reset();
            return;
        }
        const Real add = linear->offset * Real::dyadic(1, -parts->exponent);
        const auto integer = add.as_int64();
        if (!integer) {
            shift_.reset();
            return;
        }
        if (channel == 0) {
            shift_ = form::Shift{
                {*integer}, -parts->exponent, linear->quantizer->rounding, lowest_, highest_};
        } else if (shift_->shift != -parts->exponent) {
            shift_.reset();
        } else {
            shift_->add.push_back(*integer);
        }
    }

    void add_steps(std::size_t channel, const std::vector<Segment>& runs, std::int64_t hi) {
        if (channel == 0) {
            thresholds_ = {{}, {}, {}};
            breakpoints_ = {{}, {}};
            table_ = {input_.lowest(), {}};
        }
        breakpoints_possible_ = breakpoints_possible_ && runs.size() <= limits_.levels;
        if (breakpoints_possible_) {
            auto& starts = breakpoints_.starts.emplace_back();
            auto& values = breakpoints_.values.emplace_back();
            for (const Segment& run : runs) {
                starts.push_back(run.first);
                values.push_back(run.value);
            }
        }
        const bool falling = runs.front().value > runs.back().value;
        std::int64_t levels = 0;
        for (std::size_t i = 1; i < runs.size(); ++i) {
            const std::int64_t jump = runs[i].value - runs[i - 1].value;
            thresholds_possible_ = thresholds_possible_ && (jump < 0) == falling;
            levels += std::abs(jump);
        }
        thresholds_possible_ =
            thresholds_possible_ && levels <= static_cast<std::int64_t>(limits_.levels);
        if (thresholds_possible_) {
            thresholds_.base.push_back(runs.front().value);
            thresholds_.step.push_back(falling ? -1 : 1);
            auto& row = thresholds_.thresholds.emplace_back();
            for (std::size_t i = 1; i < runs.size(); ++i) {
                // A jump over several levels passes several thresholds at once.
                row.insert(row.end(),
                           static_cast<std::size_t>(std::abs(runs[i].value - runs[i - 1].value)),
                           runs[i].first);
            }
        }
        if (table_possible_) {
            auto& values = table_.values.emplace_back();
            values.assign(static_cast<std::size_t>(input_.highest() - input_.lowest() + 1),
                          runs.front().value);
            for (const Segment& run : runs) {
                std::fill(values.begin() + (run.first - input_.lowest()),
                          values.begin() + (run.last - input_.lowest() + 1), run.value);
            }
            // Arguments that another channel reaches but this one does not.
            std::fill(values.begin() + (hi - input_.lowest() + 1), values.end(), runs.back().value);
        }
    }

    static void fill_rows(std::vector<std::vector<std::int64_t>>& rows, std::int64_t filler) {
        std::size_t longest = 0;
        for (const auto& row : rows) {
            longest = std::max(longest, row.size());
        }
        for (auto& row : rows) {
            row.resize(longest, filler);
        }
    }

    const ExactFunction& function_;
    const IntegerType& input_;
    const FormLimits& limits_;
    std::size_t channels_ = 1;
    std::size_t most_runs_ = 0; ///< segments of a channel
    std::int64_t lowest_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t highest_ = std::numeric_limits<std::int64_t>::min();
    bool identity_ = true;
    std::vector<std::vector<AffineFit>> fits_;
    std::vector<bool> shift_feasible_;
    std::optional<form::Shift> shift_;
    bool thresholds_possible_ = true;
    form::Thresholds thresholds_;
    bool breakpoints_possible_ = true;
    form::Breakpoints breakpoints_;
    bool table_possible_ = false;
    form::Table table_;
};

/// Whether the form has the function's values on [first, last], on which the function is monotone:
/// where it has them at both ends of a run of equal values of the form, it has them in between.
bool equal_on(const FunctionForm& form, std::size_t form_channel, const FunctionEvaluator& function,
              std::int64_t first, std::int64_t last) {
    const auto value = [&](std::int64_t x) { return apply(form, form_channel, x); };
    const auto equal = [&](const Segment& run) {
        return function(run.first) == run.value &&
               (run.first == run.last || function(run.last) == run.value);
    };
    // The lines are monotone; the piecewise forms need not be, but say where they may change.
    const auto monotone = [&] { return for_each_run(value, first, last, equal); };
    const auto piecewise = [&](const auto& next_start) {
        for (std::int64_t x = first; x <= last;) {
            const std::int64_t next = std::min(next_start(x), last + 1);
            if (!equal(Segment{x, next - 1, value(x)})) {
                return false;
            }
            x = next;
        }
        return true;
    };
    const auto rows = [&](const std::vector<std::int64_t>& starts) {
        return piecewise([&](std::int64_t x) {
            const auto next = std::upper_bound(starts.begin(), starts.end(), x);
            return next == starts.end() ? last + 1 : *next;
        });
    };
    return std::visit(Overload{
                          [&](const form::Identity&) { return monotone(); },
                          [&](const form::Shift&) { return monotone(); },
                          [&](const form::MultiplyAddShift&) { return monotone(); },
                          [&](const form::Thresholds& f) {
                              return rows(channel_parameter(f.thresholds, form_channel));
                          },
                          [&](const form::Breakpoints& f) {
                              return rows(channel_parameter(f.starts, form_channel));
                          },
                          [&](const form::Table&) {
                              return piecewise([&](std::int64_t x) {
                                  const std::int64_t here = value(x);
                                  while (++x <= last && value(x) == here) {
                                  }
                                  return x;
                              });
                          },
                      },
                      form);
}

double parameter_cost(std::int64_t bits, std::int64_t folds) {
    // Distributed memory: one LUT holds 64 words of a bit; constants of a single fold are wires.
    return folds == 1 ? 0.0
                      : static_cast<double>(bits) * std::ceil(static_cast<double>(folds) / 64.0);
}

/// A binary search over `count` thresholds: a comparator and a memory for each stage, stage j with
/// 2^j thresholds for each of the channels that share the lane.
double search_cost(std::size_t count, double in_bits, std::int64_t folds) {
    double cost = 0;
    for (std::size_t entries = 1; entries <= count; entries *= 2) {
        const double words = static_cast<double>(entries) * static_cast<double>(folds);
        cost += in_bits / 2 + in_bits * std::ceil(words / 64.0);
    }
    return cost;
}

} // namespace

std::vector<FunctionForm> proved_forms(const ExactFunction& function, const IntegerType& input,
                                       const FormLimits& limits) {
    if (function.steps.empty()) {
        return {form::Identity{}};
    }
    constexpr std::int64_t widest_listed = 1 << 16;
    if (input.highest() - input.lowest() > widest_listed) {
        if (auto line = exact_line(function, input)) {
            return {std::move(*line)};
        }
    }
    return FormBuilder(function, input, limits).build();
}

bool prove_equal(const FunctionForm& form, const ExactFunction& function,
                 const IntegerType& input) {
    if (function.steps.empty() && std::holds_alternative<form::Identity>(form)) {
        return true;
    }
    if (const auto line = exact_line(function, input); line && form == FunctionForm(*line)) {
        return true;
    }
    const bool one =
        function.same_for_all_channels() && input.lo.size() == 1 && input.hi.size() == 1;
    const auto channels = static_cast<std::size_t>(input.channels());
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const FunctionEvaluator evaluator(function, one ? 0 : channel);
        const auto ranges = monotone_ranges(evaluator, channel_parameter(input.lo, channel),
                                            channel_parameter(input.hi, channel));
        if (!std::all_of(ranges.begin(), ranges.end(), [&](const auto& range) {
                return equal_on(form, channel, evaluator, range.first, range.second);
            })) {
            return false;
        }
        const bool same_form_parameters = std::visit(
            Overload{
                [](const form::Identity&) { return true; },
                [](const form::Shift& f) { return f.add.size() == 1; },
                [](const form::MultiplyAddShift& f) {
                    return f.multiplier.size() == 1 && f.add.size() == 1;
                },
                [](const form::Thresholds& f) {
                    return f.base.size() == 1 && f.step.size() == 1 && f.thresholds.size() == 1;
                },
                [](const form::Breakpoints& f) {
                    return f.starts.size() == 1 && f.values.size() == 1;
                },
                [](const form::Table& f) { return f.values.size() == 1; },
            },
            form);
        if (one && same_form_parameters) {
            return true; // the other channels are the same on both sides
        }
    }
    return true;
}

double form_cost(const FunctionForm& form, const IntegerType& input, const ElementFormat& output,
                 std::int64_t folds) {
    const double in_bits = input.format().bits;
    const double out_bits = output.bits;
    const auto shared_folds = [folds](std::size_t entries) { return entries == 1 ? 1 : folds; };
    return std::visit(
        Overload{
            [](const form::Identity&) { return 0.0; },
            [&](const form::Shift& f) {
                // Addition, rounding increment with tie detection, clamp.
                return in_bits + 1.5 * out_bits + out_bits +
                       parameter_cost(input.format().bits, shared_folds(f.add.size()));
            },
            [&](const form::MultiplyAddShift& f) {
                int multiplier_bits = 0;
                int add_bits = 1;
                bool powers_of_two = f.multiplier.size() == 1;
                for (const std::int64_t m : f.multiplier) {
                    multiplier_bits = std::max(multiplier_bits, bit_count(m));
                    powers_of_two = powers_of_two &&
                                    std::has_single_bit(static_cast<std::uint64_t>(std::abs(m)));
                }
                for (const std::int64_t a : f.add) {
                    add_bits = std::max(add_bits, bit_count(a));
                }
                const double product = powers_of_two ? 0.0 : in_bits * multiplier_bits;
                const double sum =
                    std::max(in_bits + multiplier_bits, double(add_bits + f.add_shift));
                // Comparing the remainder with `tie` and taking one away where it is below.
                const double ties = f.tie == 0 ? 0.0 : bit_count(f.tie) + out_bits;
                return product + sum + ties + out_bits +
                       parameter_cost(multiplier_bits, shared_folds(f.multiplier.size())) +
                       parameter_cost(add_bits, shared_folds(f.add.size()));
            },
            [&](const form::Thresholds& f) {
                return search_cost(f.thresholds.front().size(), in_bits,
                                   shared_folds(f.thresholds.size()));
            },
            [&](const form::Breakpoints& f) {
                const auto entries = static_cast<double>(f.values.front().size()) *
                                     static_cast<double>(shared_folds(f.values.size()));
                return search_cost(f.starts.front().size(), in_bits,
                                   shared_folds(f.starts.size())) +
                       std::ceil(entries / 64.0) * out_bits;
            },
            [&](const form::Table& f) {
                const auto entries = static_cast<double>(f.values.front().size()) *
                                     static_cast<double>(shared_folds(f.values.size()));
                return std::ceil(entries / 64.0) * out_bits;
            },
        },
        form);
}

const FunctionForm& cheapest_form(const std::vector<FunctionForm>& forms, const IntegerType& input,
                                  const ElementFormat& output, std::int64_t folds) {
    if (forms.empty()) {
        throw Defect("no form to choose from");
    }
    return *std::min_element(forms.begin(), forms.end(), [&](const auto& a, const auto& b) {
        return form_cost(a, input, output, folds) < form_cost(b, input, output, folds);
    });
}

} // namespace millrace
