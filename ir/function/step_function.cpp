// SPDX-License-Identifier: Apache-2.0
#include "ir/function/step_function.hpp"

#include "ir/op.hpp"

#include <algorithm>

namespace millrace {

namespace {

/// True for a step that rises on one side of zero and falls on the other.
bool turns_at_zero(const Step& step, std::size_t channel) {
    const auto* relu = std::get_if<step::LeakyRelu>(&step);
    return relu != nullptr && channel_parameter(relu->slope, channel).sign() < 0;
}

} // namespace

std::int64_t sign_change(const FunctionEvaluator& function, std::size_t index, std::int64_t lo,
                         std::int64_t hi) {
    const int start = function.sign_before(index, static_cast<double>(lo));
    if (start == 0) {
        return lo;
    }
    if (function.sign_before(index, static_cast<double>(hi)) == start) {
        return hi + 1;
    }
    std::int64_t same = lo;
    std::int64_t other = hi;
    while (other - same > 1) {
        const std::int64_t middle = same + (other - same) / 2;
        (function.sign_before(index, static_cast<double>(middle)) == start ? same : other) = middle;
    }
    return other;
}

std::vector<std::pair<std::int64_t, std::int64_t>>
monotone_ranges(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi) {
    std::vector<std::pair<std::int64_t, std::int64_t>> ranges{{lo, hi}};
    const std::vector<Step>& steps = function.function().steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!turns_at_zero(steps[i], function.channel())) {
            continue;
        }
        std::vector<std::pair<std::int64_t, std::int64_t>> split;
        for (const auto& [first, last] : ranges) {
            const std::int64_t turn = sign_change(function, i, first, last);
            if (turn > last || turn == first) {
                // A turn at `first` itself leaves a range that starts at the turning point.
                split.emplace_back(first, last);
            } else {
                split.emplace_back(first, turn - 1);
                split.emplace_back(turn, last);
            }
        }
        ranges = std::move(split);
    }
    return ranges;
}

void for_each_segment(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi,
                      const std::function<bool(const Segment&)>& visit) {
    std::optional<Segment> open; // a run that may go on in the next range
    for (const auto& [first, last] : monotone_ranges(function, lo, hi)) {
        const bool completed = for_each_run(function, first, last, [&](const Segment& run) {
            if (open && open->value == run.value) {
                open->last = run.last;
                return true;
            }
            const bool go_on = !open || visit(*open);
            open = run;
            return go_on;
        });
        if (!completed) {
            return;
        }
    }
    if (open) {
        visit(*open);
    }
}

std::vector<Segment> segments(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi) {
    std::vector<Segment> result;
    for_each_segment(function, lo, hi, [&](const Segment& segment) {
        result.push_back(segment);
        return true;
    });
    return result;
}

std::vector<OutputRange> output_ranges(const ExactFunction& function, const IntegerType& input) {
    const bool one =
        function.same_for_all_channels() && input.lo.size() == 1 && input.hi.size() == 1;
    const std::size_t count = one ? 1 : static_cast<std::size_t>(input.channels());
    std::vector<OutputRange> ranges;
    ranges.reserve(count);
    for (std::size_t channel = 0; channel < count; ++channel) {
        const FunctionEvaluator evaluator(function, channel);
        const std::int64_t lo = channel_parameter(input.lo, channel);
        const std::int64_t hi = channel_parameter(input.hi, channel);
        OutputRange range{std::numeric_limits<std::int64_t>::max(),
                          std::numeric_limits<std::int64_t>::min(), false};
        // A monotone function has its extremes at the ends of the range.
        for (const auto& [first, last] : monotone_ranges(evaluator, lo, hi)) {
            for (const std::int64_t argument : {first, last}) {
                const std::int64_t value = evaluator(argument);
                range.lo = std::min(range.lo, value);
                range.hi = std::max(range.hi, value);
            }
        }
        if (range.lo >= -1 && range.hi <= 1) {
            range.bipolar = true;
            // At most three levels for each monotone piece: cheap to list.
            for_each_segment(evaluator, lo, hi, [&](const Segment& segment) {
                range.bipolar = range.bipolar && segment.value != 0;
                return range.bipolar;
            });
            // A bipolar input never takes the value 0 between its two.
            if (input.bipolar) {
                range.bipolar = evaluator(-1) != 0 && evaluator(1) != 0;
            }
        }
        ranges.push_back(range);
    }
    return ranges;
}

} // namespace millrace
