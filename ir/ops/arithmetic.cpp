// SPDX-License-Identifier: Apache-2.0
//
// Add, Sub, Mul, Div, Pow. The general way is one exact real operation per element; three kinds of
// operands, which are those that millions of weights come with, keep their compact storage:
//  - scaled integers plus a multiple of their scale (constant, or constant per index of the scale's
//    axis): only the integers move. Two tensors of one equal scale add likewise;
//  - scaled integers times or divided by a constant (or constants along their scale's axis): only
//    the scales move. A factor of zero makes zeros with the scale 1, so that scales made here are
//    never zero;
//  - floats whose results are all floats: sums and products are formed in doubles together with
//    their rounding errors, and kept where no error is left.
#include "ir/ops/arithmetic.hpp"

#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace millrace::ops {

namespace {

std::vector<ValueType> infer_binary(const TypeList& inputs, std::string_view op) {
    require_inputs(inputs, 2, op);
    return {RealType{broadcast_inputs(inputs.shape(0), inputs.shape(1), op),
                     (static_cast<void>(inputs.real(1)), inputs.real(0).element)}};
}

/// The scaled integers of an operand that has all of the result's elements.
const ScaledIntegers* full_integers(const Tensor& tensor, const Shape& shape) {
    return tensor.size() == element_count(shape) ? tensor.scaled() : nullptr;
}

/// Where the scale's axis of a full operand lies in the result.
std::int64_t result_axis(const ScaledIntegers& q, const Tensor& tensor, const Shape& shape) {
    return q.axis + static_cast<std::int64_t>(shape.size()) - tensor.rank();
}

/// sign * q + other_sign * other, where other is a multiple of q's scale.
std::optional<Tensor> add_multiple(const Tensor& tensor, int sign, const Tensor& other,
                                   int other_sign, const Shape& shape) {
    const ScaledIntegers* q = full_integers(tensor, shape);
    if (q == nullptr) {
        return std::nullopt;
    }
    const auto addend = along_one_axis(other, shape);
    const std::int64_t axis = result_axis(*q, tensor, shape);
    CommonAxis common;
    if (!addend || !common.add(q->scale.size(), axis) ||
        !common.add(addend->values.size(), addend->axis)) {
        return std::nullopt;
    }
    std::vector<std::int64_t> steps;
    for (std::size_t i = 0; i < common.count(); ++i) {
        const Real& scale = value_at(q->scale, i);
        const auto step =
            scale.sign() == 0 ? std::nullopt : sure_integer(value_at(addend->values, i) / scale);
        if (!step || *step > std::int64_t{1} << 40 || *step < -(std::int64_t{1} << 40)) {
            return std::nullopt;
        }
        steps.push_back(*step * other_sign);
    }
    ScaledIntegers result{std::vector<std::int32_t>(q->values.size()), q->scale,
                          q->scale.size() == 1 ? 0 : axis};
    bool fits = true;
    for_each_run(
        shape, tensor.size(), common, [&](std::size_t index, std::int64_t begin, std::int64_t end) {
            for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                const std::int64_t value = sign * std::int64_t{q->values[i]} + steps[index];
                fits = fits && fits_int32(value);
                result.values[i] = static_cast<std::int32_t>(value);
            }
        });
    return fits ? std::optional(Tensor(shape, std::move(result))) : std::nullopt;
}

/// a + sign * b for two tensors of scaled integers of one equal scale.
std::optional<Tensor> add_equal_scales(const Tensor& a, const Tensor& b, int sign,
                                       const Shape& shape) {
    const ScaledIntegers* p = a.scaled();
    const ScaledIntegers* q = b.scaled();
    if (p == nullptr || q == nullptr || p->scale.size() != 1 || q->scale.size() != 1 ||
        !surely_equal(p->scale, q->scale)) {
        return std::nullopt;
    }
    const BroadcastIndex in_a(a.shape(), shape);
    const BroadcastIndex in_b(b.shape(), shape);
    const std::int64_t count = element_count(shape);
    ScaledIntegers result{{}, p->scale, 0};
    result.values.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t value =
            p->values[static_cast<std::size_t>(in_a(i))] +
            sign * std::int64_t{q->values[static_cast<std::size_t>(in_b(i))]};
        if (!fits_int32(value)) {
            return std::nullopt;
        }
        result.values.push_back(static_cast<std::int32_t>(value));
    }
    return Tensor(shape, std::move(result));
}

/// f of the floats of a and b where every result is a float exactly; f gives the result and its
/// rounding error.
struct DoubleWithError {
    double value;
    double error;
};
template <class F>
std::optional<Tensor> exact_floats(const Tensor& a, const Tensor& b, const Shape& shape, F&& f) {
    if (a.floats() == nullptr || b.floats() == nullptr) {
        return std::nullopt;
    }
    const BroadcastIndex in_a(a.shape(), shape);
    const BroadcastIndex in_b(b.shape(), shape);
    const std::int64_t count = element_count(shape);
    std::vector<float> result;
    result.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const DoubleWithError exact =
            f(static_cast<double>((*a.floats())[static_cast<std::size_t>(in_a(i))]),
              static_cast<double>((*b.floats())[static_cast<std::size_t>(in_b(i))]));
        const auto rounded = static_cast<float>(exact.value);
        // Overflow to infinity differs from the finite double, so it ends here, too.
        if (exact.error != 0 || static_cast<double>(rounded) != exact.value) {
            return std::nullopt;
        }
        result.push_back(rounded);
    }
    return Tensor(shape, std::move(result));
}

DoubleWithError sum(double a, double b) {
    const double value = a + b;
    const double b_part = value - a;
    return {value, (a - (value - b_part)) + (b - b_part)};
}

/// a + sign * b.
Tensor add(const Tensor& a, const Tensor& b, int sign) {
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    if (auto result = add_multiple(a, 1, b, sign, shape)) {
        return std::move(*result);
    }
    if (auto result = add_multiple(b, sign, a, 1, shape)) {
        return std::move(*result);
    }
    if (auto result = add_equal_scales(a, b, sign, shape)) {
        return std::move(*result);
    }
    if (auto result =
            exact_floats(a, b, shape, [sign](double x, double y) { return sum(x, sign * y); })) {
        return std::move(*result);
    }
    return map_pairs(a, b, shape,
                     [sign](const Real& x, const Real& y) { return sign > 0 ? x + y : x - y; });
}

/// Scaled integers with their scales changed by `change` and a parameter along one axis.
template <class F>
std::optional<Tensor> change_scales(const Tensor& tensor, const Tensor& other, const Shape& shape,
                                    F&& change) {
    const ScaledIntegers* q = full_integers(tensor, shape);
    if (q == nullptr) {
        return std::nullopt;
    }
    const auto factor = along_one_axis(other, shape);
    CommonAxis common;
    if (!factor || !common.add(q->scale.size(), result_axis(*q, tensor, shape)) ||
        !common.add(factor->values.size(), factor->axis)) {
        return std::nullopt;
    }
    ScaledIntegers result{q->values, {}, common.axis()};
    std::vector<bool> vanishes;
    for (std::size_t i = 0; i < common.count(); ++i) {
        const Real scale = change(value_at(q->scale, i), value_at(factor->values, i));
        vanishes.push_back(scale.sign() == 0);
        result.scale.push_back(vanishes.back() ? Real(1) : scale);
    }
    if (std::find(vanishes.begin(), vanishes.end(), true) != vanishes.end()) {
        for_each_run(shape, tensor.size(), common,
                     [&](std::size_t index, std::int64_t begin, std::int64_t end) {
                         if (vanishes[index]) {
                             std::fill(result.values.begin() + begin, result.values.begin() + end,
                                       0);
                         }
                     });
    }
    return Tensor(shape, std::move(result));
}

Real product(const Real& a, const Real& b) { return a * b; }

Real quotient(const Real& a, const Real& b) { return a / b; }

} // namespace

std::vector<ValueType> infer(const Add& /*op*/, const TypeList& inputs) {
    return infer_binary(inputs, Add::name);
}
std::vector<ValueType> infer(const Sub& /*op*/, const TypeList& inputs) {
    return infer_binary(inputs, Sub::name);
}
std::vector<ValueType> infer(const Mul& /*op*/, const TypeList& inputs) {
    return infer_binary(inputs, Mul::name);
}
std::vector<ValueType> infer(const Div& /*op*/, const TypeList& inputs) {
    return infer_binary(inputs, Div::name);
}
std::vector<ValueType> infer(const Pow& /*op*/, const TypeList& inputs) {
    return infer_binary(inputs, Pow::name);
}

std::vector<Tensor> evaluate(const Add& /*op*/, const TensorList& inputs) {
    return {add(*inputs.at(0), *inputs.at(1), 1)};
}

std::vector<Tensor> evaluate(const Sub& /*op*/, const TensorList& inputs) {
    return {add(*inputs.at(0), *inputs.at(1), -1)};
}

std::vector<Tensor> evaluate(const Mul& /*op*/, const TensorList& inputs) {
    const Tensor& a = *inputs.at(0);
    const Tensor& b = *inputs.at(1);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    if (auto result = change_scales(a, b, shape, product)) {
        return {std::move(*result)};
    }
    if (auto result = change_scales(b, a, shape, product)) {
        return {std::move(*result)};
    }
    // A product of two floats has 48 bits, which a double holds.
    if (auto result = exact_floats(a, b, shape, [](double x, double y) {
            return DoubleWithError{x * y, 0};
        })) {
        return {std::move(*result)};
    }
    return {map_pairs(a, b, shape, product)};
}

std::vector<Tensor> evaluate(const Div& op, const TensorList& inputs) {
    const Tensor& a = *inputs.at(0);
    const Tensor& b = *inputs.at(1);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    if (op.truncate) {
        return {map_pairs(a, b, shape, [](const Real& x, const Real& y) {
            return Real((x / y).round(Rounding::down));
        })};
    }
    if (auto result = change_scales(a, b, shape, quotient)) {
        return {std::move(*result)};
    }
    return {map_pairs(a, b, shape, quotient)};
}

std::vector<Tensor> evaluate(const Pow& /*op*/, const TensorList& inputs) {
    const Tensor& a = *inputs.at(0);
    const Tensor& b = *inputs.at(1);
    return {map_pairs(a, b, broadcast_shape(a.shape(), b.shape()),
                      [](const Real& x, const Real& y) { return pow(x, y); })};
}

} // namespace millrace::ops
