// SPDX-License-Identifier: Apache-2.0
//
// Real numbers for the samples that BoundedReal leaves undecided: rationals exactly, everything
// else (square roots, exponentials) enclosed between two dyadic numbers of `precision` bits, with
// the expression it came from. Rationals decide every tie; intervals decide everything that is not
// exactly equal, given enough bits, and numbers from equal expressions are equal.
//
// e^a is transcendental for every algebraic a other than 0, so an exponential never equals a
// rational decision point; what remains undecided are coincidences of several roots or
// exponentials.
#pragma once

#include "runtime/host/bounded_real.hpp"
#include "runtime/host/rational.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace millrace::runtime::host {

class ExactReal {
  public:
    ExactReal() = default;
    explicit ExactReal(Rational value) : rational_(std::move(value)) {}
    explicit ExactReal(double value) : rational_(Dyadic(value)) {}
    static ExactReal integer(std::int64_t value) {
        return ExactReal(Rational(Dyadic(BigInteger(value), 0)));
    }
    /// Any number of an interval, from nowhere: equal to nothing.
    static ExactReal within(const Dyadic& low, const Dyadic& high);

    [[nodiscard]] const Rational* rational() const { return origin_ ? nullptr : &rational_; }
    /// Bounds of at most `precision` bits.
    [[nodiscard]] Dyadic low(int precision) const;
    [[nodiscard]] Dyadic high(int precision) const;

  private:
    friend class ExactArithmetic;
    enum class Operation { nowhere, negate, add, multiply, divide, root, exponential };
    struct Origin;
    /// Whether the numbers are equal by rationals or expressions; false where that is not known.
    static bool same(const ExactReal& x, const ExactReal& y, int& budget);

    Rational rational_;                    ///< meaningless with an origin
    std::shared_ptr<const Origin> origin_; ///< of numbers that are not known to be rational
};

/// The operations on exact reals at a precision. Decisions raise Undecided where it does not
/// suffice.
class ExactArithmetic {
  public:
    using Number = ExactReal;
    explicit ExactArithmetic(int precision) : precision_(precision) {}

    [[nodiscard]] ExactReal negate(const ExactReal& x) const;
    [[nodiscard]] ExactReal add(const ExactReal& x, const ExactReal& y) const;
    [[nodiscard]] ExactReal subtract(const ExactReal& x, const ExactReal& y) const;
    [[nodiscard]] ExactReal multiply(const ExactReal& x, const ExactReal& y) const;
    /// sum + x * y.
    [[nodiscard]] ExactReal add_product(const ExactReal& sum, const ExactReal& x,
                                        const ExactReal& y) const {
        return add(sum, multiply(x, y));
    }
    /// y is not zero.
    [[nodiscard]] ExactReal divide(const ExactReal& x, const ExactReal& y) const;
    /// x >= 0.
    [[nodiscard]] ExactReal root(const ExactReal& x) const;
    [[nodiscard]] ExactReal exponential(const ExactReal& x) const;

    /// Whether x is larger as far as it is easy to see; for choices that do not matter.
    [[nodiscard]] bool seems_larger(const ExactReal& x, const ExactReal& y) const {
        return host::compare(x.low(precision_), y.low(precision_)) > 0;
    }
    [[nodiscard]] int sign(const ExactReal& x) const;
    [[nodiscard]] int compare(const ExactReal& x, const ExactReal& y) const;
    [[nodiscard]] std::int64_t round(const ExactReal& x, Rounding mode) const;
    [[nodiscard]] bool is_integer(const ExactReal& x) const;
    [[nodiscard]] std::int64_t nearest_integer(const ExactReal& x) const;
    [[nodiscard]] double to_double(const ExactReal& x) const;
    [[nodiscard]] float to_float(const ExactReal& x) const;
    [[nodiscard]] std::uint16_t to_half(const ExactReal& x, int mantissa_bits) const;

  private:
    struct Interval {
        Dyadic low;
        Dyadic high;
    };
    [[nodiscard]] Interval interval(const ExactReal& x) const;
    [[nodiscard]] ExactReal made(Interval interval, ExactReal::Operation operation,
                                 const ExactReal& x, const ExactReal& y) const;
    [[nodiscard]] Interval product(const Interval& x, const Interval& y) const;
    [[nodiscard]] Interval exponential_of(const Dyadic& x) const;
    template <class F> auto decided(const ExactReal& x, F&& f) const;

    int precision_;
};

/// The number as value and radius.
BoundedReal bounded(const ExactReal& x);

} // namespace millrace::runtime::host
