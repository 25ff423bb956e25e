// SPDX-License-Identifier: Apache-2.0
//
// The two arithmetics that the host program's operations are written for, by one interface:
// QuickArithmetic over BoundedReal and ExactArithmetic over ExactReal.
#pragma once

#include "runtime/host/bounded_real.hpp"
#include "runtime/host/exact_real.hpp"
#include "runtime/host/tensor.hpp"
#include "runtime/json_field.hpp"

#include <map>

namespace millrace::runtime::host {

class QuickArithmetic {
  public:
    using Number = BoundedReal;

    [[nodiscard]] static Number negate(const Number& x) { return -x; }
    [[nodiscard]] static Number add(const Number& x, const Number& y) { return x + y; }
    [[nodiscard]] static Number subtract(const Number& x, const Number& y) { return x - y; }
    [[nodiscard]] static Number multiply(const Number& x, const Number& y) { return x * y; }
    [[nodiscard]] static Number add_product(const Number& sum, const Number& x, const Number& y) {
        return host::add_product(sum, x, y);
    }
    [[nodiscard]] static Number divide(const Number& x, const Number& y) { return x / y; }
    [[nodiscard]] static Number root(const Number& x) { return sqrt(x); }
    [[nodiscard]] static Number exponential(const Number& x) { return exp(x); }
    [[nodiscard]] static bool seems_larger(const Number& x, const Number& y) { return x.hi > y.hi; }
    [[nodiscard]] static int sign(const Number& x) { return host::sign(x); }
    [[nodiscard]] static int compare(const Number& x, const Number& y) {
        return host::compare(x, y);
    }
    [[nodiscard]] static std::int64_t round(const Number& x, Rounding mode) {
        return host::round(x, mode);
    }
    [[nodiscard]] static bool is_integer(const Number& x) { return host::is_integer(x); }
    [[nodiscard]] static std::int64_t nearest_integer(const Number& x) {
        return host::nearest_integer(x);
    }
    [[nodiscard]] static double to_double(const Number& x) { return host::to_double(x); }
    [[nodiscard]] static float to_float(const Number& x) { return host::to_float(x); }
    [[nodiscard]] static std::uint16_t to_half(const Number& x, int mantissa_bits) {
        return host::to_half(x, mantissa_bits);
    }
};

/// A number of the manifest: a JSON number, which is a double or an integer exactly, or an object
/// of `exact` (text), `value` and `rest`.
ExactReal number_of(const JsonField& field);

/// A tensor of the manifest, {"shape", "values"}, for both arithmetics.
class Constant {
  public:
    explicit Constant(const JsonField& field);
    /// A single number.
    explicit Constant(const ExactReal& value);

    [[nodiscard]] const Shape& shape() const { return quick_.shape; }
    [[nodiscard]] std::size_t size() const { return quick_.size(); }
    [[nodiscard]] const Tensor<BoundedReal>& tensor(const QuickArithmetic& /*a*/) const {
        return quick_;
    }
    [[nodiscard]] Tensor<ExactReal> tensor(const ExactArithmetic& a) const;
    [[nodiscard]] const BoundedReal& at(const QuickArithmetic& /*a*/, std::size_t i) const {
        return quick_.values[i];
    }
    [[nodiscard]] ExactReal at(const ExactArithmetic& a, std::size_t i) const;
    /// All elements as integers; throws Error(ErrorKind::manifest) where one is none.
    [[nodiscard]] std::vector<std::int64_t> integers() const;

  private:
    Tensor<BoundedReal> quick_;
    std::map<std::size_t, ExactReal> others_; ///< those that two doubles do not hold
};

} // namespace millrace::runtime::host
