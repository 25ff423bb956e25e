// SPDX-License-Identifier: Apache-2.0
//
// From an exact function to the forms of hardware that are proved equal to it.
//
// The proof: on the reachable range the function is a list of segments, found exactly
// (step_function.hpp). Shift and multiply-add-shift are monotone in x, so equality at both ends of
// a segment is equality inside it. Thresholds and breakpoints are the segments themselves, a table
// is all arguments. prove_equal() checks any form against the exact function again, independently
// of how the form was made.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/function/function_form.hpp"
#include "ir/type.hpp"

#include <optional>
#include <vector>

namespace millrace {

/// Limits beyond which a form is not offered.
struct FormLimits {
    std::size_t levels = 4096;        ///< thresholds or breakpoints of a channel
    std::size_t table_entries = 4096; ///< arguments of a table, per channel
    // Of a multiply-add-shift that is looked for first; where it fails for a function of more
    // segments than `narrow_levels`, wide_scale.hpp goes on to 62 bits.
    int multiplier_bits = 32;
    int shift = 47;
    std::size_t narrow_levels = 1024;
};

/// Every form that is proved equal to the function on the input's reachable range; never empty
/// unless the function has more levels than the limits allow and is neither affine nor near enough
/// (wide_scale.hpp says what that means).
std::vector<FunctionForm> proved_forms(const ExactFunction& function, const IntegerType& input,
                                       const FormLimits& limits = {});

/// Whether form and function agree on the whole reachable range of every channel.
bool prove_equal(const FunctionForm& form, const ExactFunction& function, const IntegerType& input);

/// Estimated LUT of one lane of the form: comparators, adders, multipliers and the parameters of
/// `folds` channels that share the lane (formulas: shared FINN-R model, docs/numerics.md).
double form_cost(const FunctionForm& form, const IntegerType& input, const ElementFormat& output,
                 std::int64_t folds);

/// The cheapest of some forms; the first wins a tie.
const FunctionForm& cheapest_form(const std::vector<FunctionForm>& forms, const IntegerType& input,
                                  const ElementFormat& output, std::int64_t folds);

} // namespace millrace
