// SPDX-License-Identifier: Apache-2.0
//
// How a tensor of the network lies in a tensor of the body. The body keeps its elements in an order
// of its own (channels last), and Reshape, Transpose and Flatten of the network move nothing: they
// only change this view. A consumer that needs another order rearranges then, once.
//
// The body's elements, row-major, run through `factors` (none of them 1); the network's run through
// the same factors in the order `order`: order[i] is the index of the factor that is i-th. The
// network's shape only groups them, so that a reshape is no change at all.
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::passes {

/// Nested loops over a body tensor, as ops::IntegerRearrange takes them.
struct Loops {
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> strides;
    std::int64_t offset = 0;
};

class TensorView {
  public:
    using Factors = std::vector<std::size_t>;

    TensorView() = default;
    /// Both orders are the same.
    static TensorView plain(std::int64_t elements);
    /// The body has the dimensions of a network tensor of `shape` in the order `dims`.
    static TensorView permuted(const Shape& shape, const std::vector<std::int64_t>& dims);

    /// From its parts; factors of 1 are dropped.
    static TensorView of(const Shape& factors, const Factors& order);

    [[nodiscard]] const Shape& factors() const { return factors_; }
    [[nodiscard]] const Factors& order() const { return order_; }
    [[nodiscard]] bool is_plain() const;
    /// Elements from one to the next of each factor, in the body.
    [[nodiscard]] Shape strides() const;

    /// The factors of each dimension of the network's shape, in the network's order. Factors are
    /// split where a dimension ends within one; nothing when that is not possible.
    std::optional<std::vector<Factors>> groups(const Shape& network_shape);
    /// The last factors of the body whose product is `channels`, split likewise.
    std::optional<Factors> channel_factors(std::int64_t channels);

    /// The view of the same body after the network permuted its dimensions.
    [[nodiscard]] TensorView with_order(Factors order) const;
    /// The view of a body in which the factors stand in the order `target`.
    [[nodiscard]] TensorView rearranged(const Factors& target) const;
    /// Loops that put the factors into the order `target`.
    [[nodiscard]] Loops loops(const Factors& target) const;

  private:
    void split(std::size_t factor, std::int64_t outer);

    Shape factors_;
    Factors order_;
};

} // namespace millrace::passes
