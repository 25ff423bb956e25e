// SPDX-License-Identifier: Apache-2.0
//
// Constant integer matrices [K, N] and the exact range of x * w for x within per-row ranges.
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace millrace::ops {

/// The elements of a weight tensor as integers, without a copy where the tensor has them so.
class IntegerMatrix {
  public:
    /// Throws TypeError, naming `op`, unless the tensor is a matrix of integers.
    IntegerMatrix(const TensorPtr& tensor, std::string_view op);

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::int64_t columns() const { return columns_; }
    /// Smallest and largest element; 0 when there is none.
    [[nodiscard]] std::int64_t lowest() const { return lowest_; }
    [[nodiscard]] std::int64_t highest() const { return highest_; }
    /// True when there is an element with this value.
    [[nodiscard]] bool contains(std::int64_t value) const;

    /// Row-major elements: narrow() unless it is empty, else wide().
    [[nodiscard]] std::span<const std::int32_t> narrow() const { return narrow_; }
    [[nodiscard]] std::span<const std::int64_t> wide() const { return wide_; }

  private:
    TensorPtr tensor_; ///< keeps what narrow_ refers to
    std::int64_t rows_ = 0;
    std::int64_t columns_ = 0;
    std::int64_t lowest_ = 0;
    std::int64_t highest_ = 0;
    std::span<const std::int32_t> narrow_;
    std::vector<std::int64_t> wide_;
};

/// Per column: the smallest and largest sum over k of x[k] * w[k, n], and the sum of the weights.
struct ProductRanges {
    std::vector<std::int64_t> lo;
    std::vector<std::int64_t> hi;
    std::vector<std::int64_t> weight_sum;
};

/// x[k] anywhere in [lo[k], hi[k]] (one entry serves all k). Throws TypeError, naming `op`, when
/// some sum over k of max(|x[k]|, 1) * |w[k, n]| exceeds 2^62: then a partial sum might, and 64-bit
/// accumulation would not be safe in every order.
ProductRanges product_ranges(const IntegerMatrix& weights, const std::vector<std::int64_t>& lo,
                             const std::vector<std::int64_t>& hi, std::string_view op);

} // namespace millrace::ops
