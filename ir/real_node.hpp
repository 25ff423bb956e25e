// SPDX-License-Identifier: Apache-2.0
//
// The heap form of Real: a sum of square roots or an expression. wrap() is the only way in; it
// keeps the forms canonical as far as that is cheap: what fits the small dyadic form never stays
// on the heap, and an expression without atoms never stays an expression. So a heap number is
// never equal to a small one unless it is an expression.
#pragma once

#include "ir/real.hpp"
#include "ir/real_algebraic.hpp"
#include "ir/real_expression.hpp"

#include <variant>

namespace millrace {

class Real::Node {
  public:
    explicit Node(detail::RootSum sum) : form_(std::move(sum)) {}
    explicit Node(detail::Expression expression) : form_(std::move(expression)) {}

    /// Throws std::range_error when an integer in it is beyond 2^24 bits.
    static Real wrap(detail::RootSum sum);
    static Real wrap(detail::Expression expression);

    static bool same_node(const Real& a, const Real& b) {
        return a.node_ != nullptr && a.node_ == b.node_;
    }
    static bool is_small(const Real& x) { return x.node_ == nullptr; }
    static DyadicParts small_parts(const Real& x) { return {x.mantissa_, x.exponent_}; }
    /// Null for other forms.
    static const detail::RootSum* root_sum(const Real& x) {
        return x.node_ ? std::get_if<detail::RootSum>(&x.node_->form_) : nullptr;
    }
    static const detail::Expression* expression(const Real& x) {
        return x.node_ ? std::get_if<detail::Expression>(&x.node_->form_) : nullptr;
    }
    /// Throws std::range_error when a small dyadic's exponent is beyond 2^24.
    static void check_exponent(const Real& x);
    /// The value of a small dyadic as a quotient. Throws std::range_error beyond 2^24 bits.
    static mpq_class small_rational(const Real& x);

  private:
    std::variant<detail::RootSum, detail::Expression> form_;
};

namespace detail {

/// Looks at a small dyadic or sum of square roots as a sum, copying only the small one.
class RootSumView {
  public:
    explicit RootSumView(const Real& x) : sum_(Real::Node::root_sum(x)) {
        if (sum_ == nullptr) {
            own_.emplace(Real::Node::small_rational(x));
            sum_ = &*own_;
        }
    }
    RootSumView(const RootSumView&) = delete;
    RootSumView& operator=(const RootSumView&) = delete;
    const RootSum& operator*() const { return *sum_; }
    const RootSum* operator->() const { return sum_; }

  private:
    std::optional<RootSum> own_;
    const RootSum* sum_;
};

} // namespace detail

} // namespace millrace
