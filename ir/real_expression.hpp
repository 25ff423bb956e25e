// SPDX-License-Identifier: Apache-2.0
//
// Expressions: constant + sum of coefficient_i * atom_i, where constant and coefficients are sums
// of square roots (exact) and atoms are the irreducible parts: exp, log, the logistic function,
// square roots, reciprocals and products of reals. Equal atoms are merged, so the linear
// arithmetic around a sigmoid stays exact and x - x is zero. An atom knows exact open bounds where
// its function has them, encloses its value at any precision, and is immutable but for its cached
// enclosure, which a mutex guards: atoms may be shared by threads.
#pragma once

#include "ir/real.hpp"
#include "ir/real_interval.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace millrace::detail {

enum class AtomKind : std::uint8_t { exponential, logarithm, logistic, root, reciprocal, product };

class Atom {
  public:
    /// The operand must be in the function's domain; `second` is for products only.
    Atom(AtomKind kind, Real operand, Real second);

    [[nodiscard]] AtomKind kind() const { return kind_; }
    [[nodiscard]] const Real& operand() const { return operand_; }
    [[nodiscard]] const Real& second() const { return second_; }
    [[nodiscard]] bool is_algebraic() const { return algebraic_; }
    /// Exact bounds that the value does not attain.
    [[nodiscard]] const std::optional<Real>& lower_bound() const { return lower_bound_; }
    [[nodiscard]] const std::optional<Real>& upper_bound() const { return upper_bound_; }
    /// The same function of the same operands, as far as their forms show it within so many nested
    /// functions (operands that are shared may be compared twice a level).
    [[nodiscard]] bool same_as(const Atom& other, int depth = 8) const;
    [[nodiscard]] Interval enclose(mpfr_prec_t precision) const;

  private:
    [[nodiscard]] Interval compute(mpfr_prec_t precision) const;

    AtomKind kind_;
    bool algebraic_;
    Real operand_;
    Real second_;
    std::optional<Real> lower_bound_;
    std::optional<Real> upper_bound_;
    mutable std::mutex mutex_;
    mutable std::optional<Interval> cache_;
};

struct Expression {
    struct Term {
        Real coefficient;
        std::shared_ptr<const Atom> atom;
    };
    Real constant;
    std::vector<Term> terms;

    /// Throws Undecided.
    [[nodiscard]] int sign() const;
    [[nodiscard]] bool is_algebraic() const;
    [[nodiscard]] Interval enclose(mpfr_prec_t precision) const;
};

/// First and last precision of a search, in bits.
constexpr mpfr_prec_t first_precision = 64;
constexpr mpfr_prec_t last_precision = 16384;

Interval enclose(const Real& x, mpfr_prec_t precision);

/// Operations for which at least one operand is an expression, or the result may be one.
Real add_expressions(const Real& a, const Real& b);
Real multiply_expressions(const Real& a, const Real& b);
/// 1 / x for x != 0.
Real reciprocal_expression(const Real& x);
/// sqrt(x) for x > 0.
Real root_expression(const Real& x);
/// e^x for x != 0.
Real exponential_expression(const Real& x);
/// log(x) for x > 0, x != 1.
Real logarithm_expression(const Real& x);
/// 1 / (1 + e^-x) for x != 0.
Real logistic_expression(const Real& x);

/// floor(2 * x) and whether 2 * x equals it. Throws std::range_error beyond 70 bits, Undecided.
struct HalfFloor {
    Int128 floor;
    bool exact;
};
HalfFloor floor_of_twice(const Expression& x);

} // namespace millrace::detail
