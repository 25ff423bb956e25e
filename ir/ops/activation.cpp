// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions. Those that choose between numbers (Relu, Clip, Neg, Cast) keep floats and
// scaled integers as they are; comparisons of scaled integers with a bound are comparisons of the
// integers with bound / scale, in the other direction where the scale is negative.
#include "ir/ops/activation.hpp"

#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace millrace::ops {

namespace {

constexpr std::int32_t lowest_int32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest_int32 = std::numeric_limits<std::int32_t>::max();

/// f(index of the scale, integer) for every scaled integer.
template <class F>
std::vector<std::int32_t> map_integers(const Tensor& x, const ScaledIntegers& q, F&& f) {
    CommonAxis common;
    common.add(q.scale.size(), q.axis);
    std::vector<std::int32_t> result(q.values.size());
    for_each_run(
        x.shape(), x.size(), common, [&](std::size_t index, std::int64_t begin, std::int64_t end) {
            for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                result[i] = f(index, q.values[i]);
            }
        });
    return result;
}

std::vector<int> scale_signs(const ScaledIntegers& q) {
    std::vector<int> signs;
    signs.reserve(q.scale.size());
    for (const Real& scale : q.scale) {
        signs.push_back(scale.sign());
    }
    return signs;
}

/// f of every float, where f gives a float.
template <class F> Tensor map_floats(const Tensor& x, const std::vector<float>& values, F&& f) {
    std::vector<float> result(values.size());
    std::transform(values.begin(), values.end(), result.begin(), f);
    return {x.shape(), std::move(result)};
}

Real clipped(const Clip& op, const Real& x) {
    const Real& raised = op.low && x < *op.low ? *op.low : x;
    return op.high && raised > *op.high ? *op.high : raised;
}

/// The bound as a float that equals it; a missing one is infinite.
std::optional<float> float_bound(const std::optional<Real>& bound, float missing) {
    if (!bound) {
        return missing;
    }
    if (!bound->is_dyadic()) {
        return std::nullopt;
    }
    const float value = bound->to_float();
    if (!std::isfinite(value) || Real::from_double(static_cast<double>(value)) != *bound) {
        return std::nullopt;
    }
    return value;
}

/// The bound in units of a scale, where that is an integer of 32 bits.
std::optional<std::int32_t> integer_bound(const std::optional<Real>& bound, const Real& scale,
                                          bool lower_end) {
    if (!bound) {
        return lower_end ? lowest_int32 : highest_int32;
    }
    if (scale.sign() == 0) {
        return std::nullopt;
    }
    const std::optional<std::int64_t> units = sure_integer(*bound / scale);
    if (!units || !fits_int32(*units)) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(*units);
}

std::optional<Tensor> clip_integers(const Clip& op, const Tensor& x, const ScaledIntegers& q) {
    struct Limits {
        bool negative;
        std::int32_t low;
        std::int32_t high;
    };
    std::vector<Limits> limits;
    for (const Real& scale : q.scale) {
        // A negative scale turns the order round: low becomes the upper limit of the integers.
        const bool negative = scale.sign() < 0;
        const auto low = integer_bound(op.low, scale, !negative);
        const auto high = integer_bound(op.high, scale, negative);
        if (!low || !high) {
            return std::nullopt;
        }
        limits.push_back({negative, *low, *high});
    }
    std::vector<std::int32_t> values =
        map_integers(x, q, [&](std::size_t index, std::int32_t value) {
            const Limits& limit = limits[index];
            return limit.negative ? std::max(std::min(value, limit.low), limit.high)
                                  : std::min(std::max(value, limit.low), limit.high);
        });
    return Tensor(x.shape(), ScaledIntegers{std::move(values), q.scale, q.axis});
}

/// Integers as a tensor in the most compact storage.
Tensor integer_tensor(const Shape& shape, const std::vector<std::int64_t>& values) {
    return Tensor::integers(values).reshaped(shape);
}

Real cast_to_integer(const Real& x, DataType type, const IntegerLimits& limits) {
    if (x >= limits.highest + Real(1) || x <= limits.lowest - Real(1)) {
        throw std::domain_error(
            fmt::format("cast of {} to {}: out of range", x.to_string(), to_string(type)));
    }
    // round() gives 63 bits and a sign; uint64 has twice that.
    const Real half = Real::dyadic(1, 63);
    const Real base = x >= half ? half : Real(0);
    return base + Real((x - base).round(Rounding::down));
}

} // namespace

std::vector<ValueType> infer(const Relu& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Relu::name);
}
std::vector<ValueType> infer(const LeakyRelu& /*op*/, const TypeList& inputs) {
    return same_type(inputs, LeakyRelu::name);
}
std::vector<ValueType> infer(const PRelu& /*op*/, const TypeList& inputs) {
    require_inputs(inputs, 2, PRelu::name);
    require_broadcast_to(inputs.real(1).shape, inputs.real(0).shape, "the slope of prelu");
    return {inputs.real(0)};
}
std::vector<ValueType> infer(const Clip& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Clip::name);
}
std::vector<ValueType> infer(const Sigmoid& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Sigmoid::name);
}
std::vector<ValueType> infer(const Tanh& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Tanh::name);
}
std::vector<ValueType> infer(const HardSigmoid& /*op*/, const TypeList& inputs) {
    return same_type(inputs, HardSigmoid::name);
}
std::vector<ValueType> infer(const Sign& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Sign::name);
}
std::vector<ValueType> infer(const Neg& /*op*/, const TypeList& inputs) {
    return same_type(inputs, Neg::name);
}
std::vector<ValueType> infer(const Cast& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Cast::name);
    return {RealType{inputs.real(0).shape, op.to}};
}

std::vector<Tensor> evaluate(const Relu& /*op*/, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    if (const auto* values = x.floats()) {
        return {map_floats(x, *values, [](float v) { return v > 0 ? v : 0.0F; })};
    }
    if (const auto* q = x.scaled()) {
        const std::vector<int> signs = scale_signs(*q);
        std::vector<std::int32_t> values =
            map_integers(x, *q, [&](std::size_t index, std::int32_t v) {
                return (v > 0) == (signs[index] > 0) ? v : 0;
            });
        return {Tensor(x.shape(), ScaledIntegers{std::move(values), q->scale, q->axis})};
    }
    return {map_elements(x, [](const Real& v) { return v.sign() > 0 ? v : Real(0); })};
}

std::vector<Tensor> evaluate(const LeakyRelu& op, const TensorList& inputs) {
    return {map_elements(*inputs.at(0),
                         [&](const Real& v) { return v.sign() >= 0 ? v : op.alpha * v; })};
}

std::vector<Tensor> evaluate(const PRelu& /*op*/, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    return {map_pairs(x, *inputs.at(1), x.shape(), [](const Real& v, const Real& slope) {
        return v.sign() >= 0 ? v : slope * v;
    })};
}

std::vector<Tensor> evaluate(const Clip& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    if (const auto* values = x.floats()) {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        const auto low = float_bound(op.low, -infinity);
        const auto high = float_bound(op.high, infinity);
        if (low && high) {
            return {map_floats(x, *values, [low = *low, high = *high](float v) {
                return std::min(std::max(v, low), high);
            })};
        }
    }
    if (const auto* q = x.scaled()) {
        if (std::optional<Tensor> result = clip_integers(op, x, *q)) {
            return {std::move(*result)};
        }
    }
    return {map_elements(x, [&](const Real& v) { return clipped(op, v); })};
}

std::vector<Tensor> evaluate(const Sigmoid& /*op*/, const TensorList& inputs) {
    return {map_elements(*inputs.at(0), [](const Real& v) { return sigmoid(v); })};
}

std::vector<Tensor> evaluate(const Tanh& /*op*/, const TensorList& inputs) {
    return {map_elements(*inputs.at(0), [](const Real& v) { return tanh(v); })};
}

std::vector<Tensor> evaluate(const HardSigmoid& op, const TensorList& inputs) {
    const Clip unit{Real(0), Real(1)};
    return {map_elements(*inputs.at(0),
                         [&](const Real& v) { return clipped(unit, op.alpha * v + op.beta); })};
}

std::vector<Tensor> evaluate(const Sign& /*op*/, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    std::vector<std::int32_t> signs;
    const auto sign_of = [](auto v) { return static_cast<std::int32_t>(v > 0) - (v < 0); };
    if (const auto* values = x.floats()) {
        signs.reserve(values->size());
        std::transform(values->begin(), values->end(), std::back_inserter(signs), sign_of);
    } else if (const auto* q = x.scaled()) {
        const std::vector<int> scales = scale_signs(*q);
        signs = map_integers(
            x, *q, [&](std::size_t index, std::int32_t v) { return sign_of(v) * scales[index]; });
    } else {
        for (const Real& v : *x.reals()) {
            signs.push_back(v.sign());
        }
    }
    return {Tensor(x.shape(), ScaledIntegers{std::move(signs), {Real(1)}, 0})};
}

std::vector<Tensor> evaluate(const Neg& /*op*/, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    if (const auto* values = x.floats()) {
        return {map_floats(x, *values, [](float v) { return -v; })};
    }
    if (const auto* q = x.scaled()) {
        ScaledIntegers result = *q;
        if (std::find(q->values.begin(), q->values.end(), lowest_int32) == q->values.end()) {
            for (std::int32_t& value : result.values) {
                value = -value;
            }
        } else {
            for (Real& scale : result.scale) {
                scale = -scale;
            }
        }
        return {Tensor(x.shape(), std::move(result))};
    }
    return {map_elements(x, [](const Real& v) { return -v; })};
}

std::vector<Tensor> evaluate(const Cast& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    if (!is_integer(op.to)) {
        return {x};
    }
    const auto* q = x.scaled();
    if (op.to == DataType::boolean) {
        std::vector<std::int64_t> truths;
        for (std::int64_t i = 0; i < x.size(); ++i) {
            truths.push_back(x.at(i).sign() != 0 ? 1 : 0);
        }
        return {integer_tensor(x.shape(), truths)};
    }
    const IntegerLimits limits = integer_limits(op.to);
    if (q != nullptr && q->scale.size() == 1 && q->scale[0] == Real(1) && !q->values.empty()) {
        const auto [low, high] = std::minmax_element(q->values.begin(), q->values.end());
        if (Real(std::int64_t{*low}) >= limits.lowest &&
            Real(std::int64_t{*high}) <= limits.highest) {
            return {x};
        }
    }
    std::vector<Real> cast;
    cast.reserve(static_cast<std::size_t>(x.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        cast.push_back(cast_to_integer(x.at(i), op.to, limits));
    }
    Tensor result(x.shape(), std::move(cast));
    if (const auto integers = result.to_int64()) {
        return {integer_tensor(x.shape(), *integers)};
    }
    return {std::move(result)};
}

} // namespace millrace::ops
