// SPDX-License-Identifier: Apache-2.0
//
// How large the exact numbers of a computed constant can become. Exact arithmetic keeps every
// digit: a constant multiplied with itself n times over has 2^n times the digits, and a product of
// sums of square roots has as many terms as the product of their numbers. Real models never get
// far, but a file of a few hundred bytes could ask for any amount of memory. The bounds here are
// computed before the constant is, from the op alone.
#pragma once

#include "ir/op.hpp"

#include <vector>

namespace millrace::frontend {

/// Upper bounds for each element of a constant.
struct ConstantSize {
    double bits = 64;   ///< digits of one term
    double terms = 1;   ///< terms of a sum of square roots
    bool roots = false; ///< the elements may contain square roots
    [[nodiscard]] double total() const { return bits * terms; }
};

/// The size of a number from a file.
ConstantSize size_of_stored(DataType element);

/// The size of the op's results for constants of these sizes.
ConstantSize size_of_result(const Op& op, const TypeList& inputs,
                            const std::vector<ConstantSize>& sizes);

/// Number of products (or window elements) that a constant result takes.
double products_of_result(const Op& op, const TypeList& inputs, std::int64_t result_elements);

} // namespace millrace::frontend
