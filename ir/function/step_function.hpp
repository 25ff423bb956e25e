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

/// Calls visit for every run of equal values of a monotone function on [first, last], in ascending
/// order, until visit returns false; true when it never did. The end of a run is sought by a gallop
/// from where the run before suggests it, then by bisection.
template <class Function, class Visit>
bool for_each_run(const Function& function, std::int64_t first, std::int64_t last,
                  const Visit& visit) {
    std::int64_t value = function(first);
    const std::int64_t last_value = function(last);
    std::int64_t guess = 1;
    while (value != last_value) {
        std::int64_t same = first; // has the value
        std::int64_t other = last; // has another value
        std::int64_t other_value = last_value;
        std::int64_t probe = first + guess;
        std::int64_t stride = 1;
        while (other - same > 1) {
            if (probe <= same || probe >= other) {
                probe = same + (other - same) / 2;
            }
            const std::int64_t at_probe = function(probe);
            if (at_probe == value) {
                same = probe;
                probe = same + stride;
            } else {
                other = probe;
                other_value = at_probe;
                probe = other - stride;
            }
            stride = stride < (std::int64_t{1} << 61) ? 2 * stride : stride;
        }
        if (!visit(Segment{first, same, value})) {
            return false;
        }
        guess = same - first + 1;
        first = other;
        value = other_value;
    }
    return visit(Segment{first, last, value});
}

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
