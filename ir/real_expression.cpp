// SPDX-License-Identifier: Apache-2.0
//
// Linear forms over atoms, and how their signs are found. In this order:
//  1. an enclosure at low precision that excludes zero;
//  2. exact arguments: the atoms' open bounds put the value strictly on one side of zero; a single
//     square root or reciprocal of an algebraic number is compared by squaring or multiplying out;
//  3. enclosures of rising precision, at most 16,384 bits, then Undecided.
// Each is a proof on its own, so the order only affects speed.
//
// The logistic function s(x) is stored for negative x only, s(x) = 1 - s(-x), and tanh is
// 2 s(2x) - 1. Close to their limits both are then an exact constant plus a tiny atom of full
// relative precision, so even s(20000) and s(20001) are told apart at the first precision.
#include "ir/real_expression.hpp"

#include "ir/real_node.hpp"

#include <algorithm>
#include <cstddef>

namespace millrace::detail {

namespace {

using Node = Real::Node;

bool is_exact(const Real& x) { return Node::expression(x) == nullptr; }

Real from_atom(AtomKind kind, const Real& operand, const Real& second = Real()) {
    return Node::wrap(
        Expression{Real(), {{Real(1), std::make_shared<const Atom>(kind, operand, second)}}});
}

Expression as_expression(const Real& x) {
    const Expression* expression = Node::expression(x);
    return expression != nullptr ? *expression : Expression{x, {}};
}

// The single term of c * atom, or null.
const Expression::Term* pure_term(const Real& x) {
    const Expression* expression = Node::expression(x);
    if (expression == nullptr || expression->terms.size() != 1 ||
        expression->constant.sign() != 0) {
        return nullptr;
    }
    return &expression->terms.front();
}

const Atom* pure_atom(const Real& x, AtomKind kind) {
    const Expression::Term* term = pure_term(x);
    return term != nullptr && term->atom->kind() == kind ? term->atom.get() : nullptr;
}

// The atom of 1 * atom, or null.
const Atom* bare_atom(const Real& x, AtomKind kind) {
    const Expression::Term* term = pure_term(x);
    return term != nullptr && term->atom->kind() == kind && term->coefficient == Real(1)
               ? term->atom.get()
               : nullptr;
}

bool same_operand(const Real& a, const Real& b, int depth) {
    if (Node::same_node(a, b)) {
        return true;
    }
    const Expression* x = Node::expression(a);
    const Expression* y = Node::expression(b);
    if (x == nullptr && y == nullptr) {
        return a == b;
    }
    // Numbers that were computed alike, one from the other's inputs once more.
    if (x == nullptr || y == nullptr || depth == 0 || x->terms.size() != y->terms.size() ||
        x->constant != y->constant) {
        return false;
    }
    return std::equal(x->terms.begin(), x->terms.end(), y->terms.begin(),
                      [&](const Expression::Term& s, const Expression::Term& t) {
                          return is_exact(s.coefficient) && is_exact(t.coefficient) &&
                                 s.coefficient == t.coefficient &&
                                 s.atom->same_as(*t.atom, depth - 1);
                      });
}

void scale(Expression& expression, const Real& factor) {
    expression.constant *= factor;
    for (Expression::Term& term : expression.terms) {
        term.coefficient *= factor;
    }
}

void add_term(Expression& sum, const Expression::Term& term) {
    for (auto old = sum.terms.begin(); old != sum.terms.end(); ++old) {
        if (old->atom->same_as(*term.atom)) {
            old->coefficient += term.coefficient;
            if (old->coefficient.sign() == 0) {
                sum.terms.erase(old);
            }
            return;
        }
    }
    sum.terms.push_back(term);
}

// The product of two atoms where it simplifies.
std::optional<Real> fold_product(const Atom& a, const Atom& b) {
    if (a.kind() == AtomKind::exponential && b.kind() == AtomKind::exponential) {
        return exp(a.operand() + b.operand());
    }
    if (a.kind() == AtomKind::root && b.kind() == AtomKind::root && a.same_as(b)) {
        return a.operand();
    }
    return std::nullopt;
}

// r where x = r * y in normal form, for two expressions.
std::optional<Real> exact_ratio(const Real& x, const Real& y) {
    const Expression::Term& above = Node::expression(x)->terms.front();
    const Expression* divisor = Node::expression(y);
    if (divisor == nullptr) {
        return std::nullopt;
    }
    for (const Expression::Term& below : divisor->terms) {
        if (above.atom->same_as(*below.atom)) {
            const Real ratio = above.coefficient / below.coefficient;
            if (is_exact(ratio)) {
                const Real rest = x - ratio * y;
                if (is_exact(rest) && rest.sign() == 0) {
                    return ratio;
                }
            }
            break;
        }
    }
    return std::nullopt;
}

// x * (c / y) where x is a multiple of y.
std::optional<Real> cancel_reciprocal(const Real& x, const Real& factor) {
    const Expression::Term* term = pure_term(factor);
    if (term == nullptr || term->atom->kind() != AtomKind::reciprocal) {
        return std::nullopt;
    }
    if (const std::optional<Real> ratio = exact_ratio(x, term->atom->operand())) {
        return term->coefficient * *ratio;
    }
    return std::nullopt;
}

// The sign that the exact bounds of the atoms prove, if they do.
std::optional<int> sign_from_bounds(const Expression& x) {
    Real lower = x.constant;
    Real upper = x.constant;
    bool has_lower = true;
    bool has_upper = true;
    for (const Expression::Term& term : x.terms) {
        const bool positive = term.coefficient.sign() > 0;
        const std::optional<Real>& low =
            positive ? term.atom->lower_bound() : term.atom->upper_bound();
        const std::optional<Real>& high =
            positive ? term.atom->upper_bound() : term.atom->lower_bound();
        has_lower = has_lower && low.has_value();
        has_upper = has_upper && high.has_value();
        if (has_lower) {
            lower += term.coefficient * *low;
        }
        if (has_upper) {
            upper += term.coefficient * *high;
        }
    }
    // There is a term, and the bounds are not attained: x > lower and x < upper.
    if (has_lower && lower.sign() >= 0) {
        return 1;
    }
    if (has_upper && upper.sign() <= 0) {
        return -1;
    }
    return std::nullopt;
}

// The sign of a + c * sqrt(r) or a + c / r with exact r.
std::optional<int> sign_of_simple_algebraic(const Expression& x) {
    if (x.terms.size() != 1) {
        return std::nullopt;
    }
    const Real& coefficient = x.terms.front().coefficient;
    const Atom& atom = *x.terms.front().atom;
    if (!is_exact(atom.operand())) {
        return std::nullopt;
    }
    const int constant_sign = x.constant.sign();
    const int term_sign = coefficient.sign();
    if (atom.kind() == AtomKind::root) {
        if (constant_sign == 0 || constant_sign == term_sign) {
            return term_sign;
        }
        // Opposite signs: the larger square wins.
        const Real difference =
            coefficient * coefficient * atom.operand() - x.constant * x.constant;
        return difference.sign() * term_sign;
    }
    if (atom.kind() == AtomKind::reciprocal) {
        return (x.constant * atom.operand() + coefficient).sign() * atom.operand().sign();
    }
    return std::nullopt;
}

std::optional<int> sign_of_atom(const Expression::Term& term) {
    if (term.atom->lower_bound().has_value() && term.atom->lower_bound()->sign() >= 0) {
        return term.coefficient.sign();
    }
    if (term.atom->upper_bound().has_value() && term.atom->upper_bound()->sign() <= 0) {
        return -term.coefficient.sign();
    }
    return std::nullopt;
}

Real from_int128(Int128 value) {
    constexpr int low_bits = 62;
    const Int128 unit = Int128{1} << low_bits;
    return Real::dyadic(static_cast<std::int64_t>(value / unit), low_bits) +
           Real(static_cast<std::int64_t>(value % unit));
}

// The sign of a number if it is known or quick to find.
std::optional<int> quick_sign(const Real& x) {
    const Expression* expression = Node::expression(x);
    if (expression == nullptr) {
        return x.sign();
    }
    if (const Expression::Term* term = pure_term(x)) {
        if (const std::optional<int> sign = sign_of_atom(*term)) {
            return sign;
        }
    }
    if (const std::optional<int> sign = expression->enclose(first_precision).sign()) {
        return sign;
    }
    return sign_from_bounds(*expression);
}

} // namespace

Atom::Atom(AtomKind kind, Real operand, Real second)
    : kind_(kind),
      algebraic_(kind != AtomKind::exponential && kind != AtomKind::logarithm &&
                 kind != AtomKind::logistic && operand.is_algebraic() && second.is_algebraic()),
      operand_(std::move(operand)),
      second_(std::move(second)) {
    switch (kind_) {
    case AtomKind::exponential:
    case AtomKind::root:
        lower_bound_ = Real(0);
        break;
    case AtomKind::logistic:
        lower_bound_ = Real(0);
        // Below 1/2 for a negative operand, the usual form.
        upper_bound_ = quick_sign(operand_) == -1 ? Real::ratio(1, 2) : Real(1);
        break;
    case AtomKind::logarithm:
    case AtomKind::reciprocal:
    case AtomKind::product: {
        std::optional<int> sign;
        if (kind_ == AtomKind::logarithm) {
            sign = quick_sign(operand_ - Real(1));
        } else if (kind_ == AtomKind::reciprocal) {
            sign = quick_sign(operand_);
        } else {
            const std::optional<int> first_sign = quick_sign(operand_);
            const std::optional<int> second_sign = quick_sign(second_);
            if (first_sign.has_value() && second_sign.has_value()) {
                sign = *first_sign * *second_sign;
            }
        }
        if (sign == 1) {
            lower_bound_ = Real(0);
        } else if (sign == -1) {
            upper_bound_ = Real(0);
        }
        break;
    }
    }
}

bool Atom::same_as(const Atom& other, int depth) const {
    if (this == &other) {
        return true;
    }
    if (kind_ != other.kind_) {
        return false;
    }
    const auto same = [depth](const Real& a, const Real& b) { return same_operand(a, b, depth); };
    if (kind_ != AtomKind::product) {
        return same(operand_, other.operand_);
    }
    return (same(operand_, other.operand_) && same(second_, other.second_)) ||
           (same(operand_, other.second_) && same(second_, other.operand_));
}

Interval Atom::enclose(mpfr_prec_t precision) const {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (cache_.has_value() && cache_->precision() >= precision) {
            return *cache_;
        }
    }
    // Computed without the lock: two threads may do the same work, neither waits.
    Interval result = compute(precision);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!cache_.has_value() || cache_->precision() < precision) {
        cache_ = result;
    }
    return result;
}

Interval Atom::compute(mpfr_prec_t precision) const {
    const Interval argument = detail::enclose(operand_, precision);
    switch (kind_) {
    case AtomKind::exponential:
        return exponential(argument);
    case AtomKind::logarithm:
        return logarithm(argument);
    case AtomKind::logistic:
        return logistic(argument);
    case AtomKind::root:
        return detail::square_root(argument);
    case AtomKind::reciprocal:
        return reciprocal(argument);
    case AtomKind::product:
        return multiply(argument, detail::enclose(second_, precision));
    }
    throw std::logic_error("unknown atom");
}

Interval Expression::enclose(mpfr_prec_t precision) const {
    Interval sum = detail::enclose(constant, precision);
    for (const Term& term : terms) {
        const Interval atom = term.atom->enclose(precision);
        sum = add(sum, term.coefficient == Real(1)
                           ? atom
                           : multiply(detail::enclose(term.coefficient, precision), atom));
    }
    return sum;
}

bool Expression::is_algebraic() const {
    return std::all_of(terms.begin(), terms.end(),
                       [](const Term& term) { return term.atom->is_algebraic(); });
}

int Expression::sign() const {
    if (const std::optional<int> sign = enclose(first_precision).sign()) {
        return *sign;
    }
    if (const std::optional<int> sign = sign_from_bounds(*this)) {
        return *sign;
    }
    if (const std::optional<int> sign = sign_of_simple_algebraic(*this)) {
        return *sign;
    }
    for (mpfr_prec_t precision = 2 * first_precision; precision <= last_precision; precision *= 2) {
        if (const std::optional<int> sign = enclose(precision).sign()) {
            return *sign;
        }
    }
    throw Undecided("a number could not be told from zero at 16384 bits");
}

Interval enclose(const Real& x, mpfr_prec_t precision) {
    if (Node::is_small(x)) {
        const Real::DyadicParts parts = Node::small_parts(x);
        return enclose(parts.mantissa, parts.exponent, precision);
    }
    if (const RootSum* sum = Node::root_sum(x)) {
        return sum->enclose(precision);
    }
    return Node::expression(x)->enclose(precision);
}

Real add_expressions(const Real& a, const Real& b) {
    Expression sum = as_expression(a);
    const Expression addend = as_expression(b);
    sum.constant += addend.constant;
    for (const Expression::Term& term : addend.terms) {
        add_term(sum, term);
    }
    return Node::wrap(std::move(sum));
}

Real multiply_expressions(const Real& a, const Real& b) {
    if (is_exact(a) || is_exact(b)) {
        const Real& factor = is_exact(a) ? a : b;
        if (factor.sign() == 0) {
            return {};
        }
        Expression product = as_expression(is_exact(a) ? b : a);
        scale(product, factor);
        return Node::wrap(std::move(product));
    }
    if (const std::optional<Real> cancelled = cancel_reciprocal(a, b)) {
        return *cancelled;
    }
    if (const std::optional<Real> cancelled = cancel_reciprocal(b, a)) {
        return *cancelled;
    }
    const Expression::Term* x = pure_term(a);
    const Expression::Term* y = pure_term(b);
    if (x != nullptr && y != nullptr) {
        const Real coefficient = x->coefficient * y->coefficient;
        if (const std::optional<Real> folded = fold_product(*x->atom, *y->atom)) {
            return coefficient * *folded;
        }
        const Real left = Node::wrap(Expression{Real(), {{Real(1), x->atom}}});
        const Real right = Node::wrap(Expression{Real(), {{Real(1), y->atom}}});
        return coefficient * from_atom(AtomKind::product, left, right);
    }
    return from_atom(AtomKind::product, a, b);
}

Real reciprocal_expression(const Real& x) {
    if (const Expression::Term* term = pure_term(x)) {
        const Real factor = Real(1) / term->coefficient;
        if (term->atom->kind() == AtomKind::exponential) {
            return factor * exp(-term->atom->operand());
        }
        if (term->atom->kind() == AtomKind::reciprocal) {
            return factor * term->atom->operand();
        }
    }
    return from_atom(AtomKind::reciprocal, x);
}

Real root_expression(const Real& x) {
    if (const Atom* atom = pure_atom(x, AtomKind::exponential)) {
        return sqrt(pure_term(x)->coefficient) * exp(atom->operand() * Real::dyadic(1, -1));
    }
    return from_atom(AtomKind::root, x);
}

Real exponential_expression(const Real& x) {
    if (const Atom* atom = bare_atom(x, AtomKind::logarithm)) {
        return atom->operand();
    }
    return from_atom(AtomKind::exponential, x);
}

Real logarithm_expression(const Real& x) {
    if (const Atom* atom = bare_atom(x, AtomKind::exponential)) {
        return atom->operand();
    }
    return from_atom(AtomKind::logarithm, x);
}

Real logistic_expression(const Real& x) {
    if (quick_sign(x) == 1) {
        return Real(1) - from_atom(AtomKind::logistic, -x);
    }
    return from_atom(AtomKind::logistic, x);
}

HalfFloor floor_of_twice(const Expression& x) {
    constexpr mpfr_exp_t limit = 70;
    for (mpfr_prec_t precision = first_precision; precision <= last_precision; precision *= 2) {
        Interval twice = x.enclose(precision);
        twice.twice();
        if (mpfr_cmp_si_2exp(twice.lower(), 1, limit) > 0 ||
            mpfr_cmp_si_2exp(twice.upper(), -1, limit) < 0) {
            throw std::range_error("real number too large to round to an integer");
        }
        if (mpfr_cmp_si_2exp(twice.lower(), -1, limit) < 0 ||
            mpfr_cmp_si_2exp(twice.upper(), 1, limit) > 0) {
            continue;
        }
        const Int128 low = floor_to_int128(twice.lower());
        const Int128 high = floor_to_int128(twice.upper());
        const bool touches_low = mpfr_integer_p(twice.lower()) != 0;
        if (low == high && !touches_low) {
            return {low, false};
        }
        if (high - low > (touches_low ? 0 : 1)) {
            continue;
        }
        // A single integer in the interval: ask on which side of it the number lies.
        Expression difference = x;
        scale(difference, Real(2));
        difference.constant += -from_int128(high);
        const int sign = difference.sign();
        if (sign == 0) {
            return {high, true};
        }
        return {sign > 0 ? high : high - 1, false};
    }
    throw Undecided("a number could not be enclosed between half integers at 16384 bits");
}

} // namespace millrace::detail
