// SPDX-License-Identifier: Apache-2.0
//
// Exact functions over integers are piecewise constant. This file finds the pieces, exactly and
// without visiting every argument: the chain is monotone between the points where a leaky rectifier
// of negative slope turns round, and on a monotone piece each change of the result is found by
// search.
#pragma once

#include "ir/function/function_evaluator.hpp"
#include "ir/type.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace millrace {

/// A maximal run of arguments with one result.
struct Segment {
    std::int64_t first;
    std::int64_t last;
    std::int64_t value;
};

/// Calls visit for every segment of [lo, hi] in ascending order; neighbours differ in value.
/// visit returns false to stop early.
void for_each_segment(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi,
                      const std::function<bool(const Segment&)>& visit);

/// All segments of [lo, hi].
std::vector<Segment> segments(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi);

struct OutputRange {
    std::int64_t lo;
    std::int64_t hi;
    bool bipolar; ///< only -1 and +1 occur
};

/// What the function reaches on the input's range, for each channel of the input's last axis.
std::vector<OutputRange> output_ranges(const ExactFunction& function, const IntegerType& input);

/// The first argument in [lo, hi] at which the chain before step `index` is zero or has the other
/// sign than at lo, for a chain prefix that is monotone on [lo, hi]; hi + 1 when there is none.
std::int64_t sign_change(const FunctionEvaluator& function, std::size_t index, std::int64_t lo,
                         std::int64_t hi);

/// Splits [lo, hi] into the fewest ranges on each of which every step sees monotone values.
std::vector<std::pair<std::int64_t, std::int64_t>>
monotone_ranges(const FunctionEvaluator& function, std::int64_t lo, std::int64_t hi);

} // namespace millrace
