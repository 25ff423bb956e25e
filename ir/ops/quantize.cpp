// SPDX-License-Identifier: Apache-2.0
//
// Quantize and MultiThreshold. quantize() is the definition, in exact reals. Tensors whose
// parameters run along at most one axis (which is all of them in practice) become scaled integers:
// double precision decides nearly every element (see quantize_decision.hpp), quantize()'s
// arithmetic the rest.
#include "ir/ops/quantize.hpp"

#include "ir/diagnostics.hpp"
#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"
#include "ir/ops/quantize_decision.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace millrace::ops {

namespace {

using Bounds = std::optional<std::pair<Real, Real>>;

// Bounds stay within the 63 bits of Real::round(); no ONNX type and no hardware word goes that far.
constexpr std::int64_t max_bits = 62;

Real clamp(const Real& x, const std::pair<Real, Real>& bounds) {
    const Real& raised = x < bounds.first ? bounds.first : x;
    return raised > bounds.second ? bounds.second : raised;
}

/// The quantizer's q - zero_point.
Real offset_level(const Real& x, const Real& scale, const Real& zero_point, const Bounds& bounds,
                  Rounding rounding, bool zero_point_last, bool binary) {
    const Real v = x / scale;
    if (binary) {
        return Real((v + zero_point).sign() >= 0 ? 1 : -1) - zero_point;
    }
    if (!zero_point_last) {
        const Real shifted = v + zero_point;
        return Real((bounds ? clamp(shifted, *bounds) : shifted).round(rounding)) - zero_point;
    }
    if (!bounds) {
        return Real(v.round(rounding));
    }
    // Everything beyond an integer outside the bounds rounds to that integer or beyond, so it can
    // be held there; then the rounding cannot overflow.
    const Real low(Real(bounds->first - zero_point).round(Rounding::floor) - 1);
    const Real high(Real(bounds->second - zero_point).round(Rounding::ceil) + 1);
    const Real rounded(clamp(v, {low, high}).round(rounding));
    return clamp(rounded + zero_point, *bounds) - zero_point;
}

/// One entry of the parameter tensors.
struct Parameters {
    Real scale;
    Real zero_point;
    Bounds bounds;
    bool binary = false;

    [[nodiscard]] Real offset_level_of(const Real& x, const Quantize& op) const {
        return offset_level(x, scale, zero_point, bounds, op.rounding, op.zero_point_last, binary);
    }
};

Parameters parameters_of(const Quantize& op, const Real& scale, const Real& zero_point,
                         const Real* bits) {
    Parameters result{scale, zero_point, std::nullopt, false};
    if (bits != nullptr) {
        result.binary = op.is_signed && *bits == Real(1);
        result.bounds = quantizer_bounds(*bits, op.is_signed, op.narrow);
    }
    return result;
}

/// The parameters along the one axis they depend on.
struct ParameterTable {
    std::vector<Parameters> entries; ///< common.count() of them
    std::vector<Real> scale;         ///< one or common.count()
    CommonAxis common;
};

std::optional<ParameterTable> parameters_along_axis(const Quantize& op, const Shape& shape) {
    const auto scale = along_one_axis(*op.scale, shape);
    const auto zero_point = along_one_axis(*op.zero_point, shape);
    const auto bits = op.bits ? along_one_axis(*op.bits, shape) : AxisValues{{Real(0)}, 0};
    ParameterTable table;
    if (!scale || !zero_point || !bits || !table.common.add(scale->values.size(), scale->axis) ||
        !table.common.add(zero_point->values.size(), zero_point->axis) ||
        !table.common.add(bits->values.size(), bits->axis)) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < table.common.count(); ++i) {
        table.entries.push_back(parameters_of(op, value_at(scale->values, i),
                                              value_at(zero_point->values, i),
                                              op.bits ? &value_at(bits->values, i) : nullptr));
    }
    table.scale = scale->values;
    return table;
}

/// Elements of x as doubles; exact() may be asked for the rare ones that are not decided at once.
class FloatElements {
  public:
    explicit FloatElements(const std::vector<float>& values) : values_(values.data()) {}
    static constexpr bool always_exact = true;
    [[nodiscard]] double value(std::int64_t i) const { return static_cast<double>(values_[i]); }
    [[nodiscard]] static bool exact(std::int64_t /*i*/) { return true; }
    [[nodiscard]] const float* data() const { return values_; }

  private:
    const float* values_;
};

class ScaledElements {
  public:
    /// For scaled integers with one scale.
    explicit ScaledElements(const ScaledIntegers& q)
        : values_(q.values.data()),
          scale_(q.scale[0].to_double()),
          scale_exact_(q.scale[0].is_dyadic() && std::isfinite(scale_) &&
                       Real::from_double(scale_) == q.scale[0] && std::abs(scale_) > 0x1p-900) {}
    static constexpr bool always_exact = false;
    [[nodiscard]] double value(std::int64_t i) const { return values_[i] * scale_; }
    [[nodiscard]] bool exact(std::int64_t i) const {
        return scale_exact_ && std::fma(values_[i], scale_, -value(i)) == 0;
    }

  private:
    const std::int32_t* values_;
    double scale_;
    bool scale_exact_;
};

class AnyElements {
  public:
    explicit AnyElements(const Tensor& tensor) : tensor_(&tensor) {}
    static constexpr bool always_exact = false;
    [[nodiscard]] double value(std::int64_t i) const { return tensor_->at(i).to_double(); }
    [[nodiscard]] bool exact(std::int64_t i) const {
        const Real x = tensor_->at(i);
        const double rounded = x.to_double();
        return x.is_dyadic() && std::isfinite(rounded) && Real::from_double(rounded) == x;
    }

  private:
    const Tensor* tensor_;
};

/// q - zero_point of every element; nothing when one of them does not fit 32 bits.
template <class Elements>
std::optional<std::vector<std::int32_t>>
offset_levels(const Quantize& op, const Tensor& x, const Elements& elements,
              const ParameterTable& table, const std::vector<QuantizerDecision>& by) {
    constexpr auto block = static_cast<std::int64_t>(QuantizerDecision::block);
    std::vector<std::int32_t> result(static_cast<std::size_t>(x.size()));
    bool fits = true;
    // The element is on a decision point or its double is not exact.
    const auto settle = [&](std::size_t index, std::int64_t i) {
        std::optional<std::int64_t> level;
        if (!Elements::always_exact && elements.exact(i)) {
            level = by[index](elements.value(i), true);
        }
        return level ? level : table.entries[index].offset_level_of(x.at(i), op).as_int64();
    };
    const auto decide_run = [&](std::size_t index, std::int64_t begin, std::int64_t end) {
        const QuantizerDecision& decide = by[index];
        for (std::int64_t i = begin; i < end && fits;) {
            if constexpr (Elements::always_exact) {
                if (end - i >= block &&
                    decide.decide_block(elements.data() + i, result.data() + i)) {
                    i += block;
                    continue;
                }
            }
            for (const std::int64_t stop = std::min(end, i + block); i < stop; ++i) {
                std::optional<std::int64_t> level =
                    decide(elements.value(i), Elements::always_exact);
                if (!level) [[unlikely]] {
                    level = settle(index, i);
                }
                fits = fits && level && fits_int32(*level);
                result[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(level.value_or(0));
            }
        }
    };
    for_each_run(x.shape(), x.size(), table.common, decide_run);
    return fits ? std::optional(std::move(result)) : std::nullopt;
}

/// The whole tensor as scaled integers, where it is one.
std::optional<Tensor> quantized_integers(const Quantize& op, const Tensor& x,
                                         const ParameterTable& table) {
    std::vector<QuantizerDecision> decisions;
    for (const Parameters& entry : table.entries) {
        auto decision = QuantizerDecision::make(entry.scale, entry.zero_point, entry.bounds,
                                                op.rounding, op.zero_point_last, entry.binary);
        if (!decision) {
            return std::nullopt;
        }
        decisions.push_back(*decision);
    }
    std::optional<std::vector<std::int32_t>> levels;
    const auto* q = x.scaled();
    if (const auto* floats = x.floats()) {
        levels = offset_levels(op, x, FloatElements(*floats), table, decisions);
    } else if (q != nullptr && q->scale.size() == 1) {
        levels = offset_levels(op, x, ScaledElements(*q), table, decisions);
    } else {
        levels = offset_levels(op, x, AnyElements(x), table, decisions);
    }
    if (!levels) {
        return std::nullopt;
    }
    return Tensor(x.shape(), ScaledIntegers{std::move(*levels), table.scale,
                                            table.scale.size() == 1 ? 0 : table.common.axis()});
}

/// Parameters per element: each entry of the bits is worked out once.
Tensor quantized_elements(const Quantize& op, const Tensor& x) {
    const BroadcastIndex in_scale(op.scale->shape(), x.shape());
    const BroadcastIndex in_zero_point(op.zero_point->shape(), x.shape());
    const Tensor no_bits;
    const Tensor& bits = op.bits ? *op.bits : no_bits;
    const BroadcastIndex in_bits(bits.shape(), x.shape());
    std::vector<Parameters> by_bits;
    for (std::int64_t i = 0; i < bits.size(); ++i) {
        const Real value = bits.at(i);
        by_bits.push_back(parameters_of(op, Real(1), Real(0), op.bits ? &value : nullptr));
    }
    std::vector<Real> result;
    result.reserve(static_cast<std::size_t>(x.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        Parameters& entry = by_bits[static_cast<std::size_t>(in_bits(i))];
        entry.scale = op.scale->at(in_scale(i));
        entry.zero_point = op.zero_point->at(in_zero_point(i));
        result.push_back(entry.offset_level_of(x.at(i), op) * entry.scale);
    }
    return {x.shape(), std::move(result)};
}

/// Rows of the thresholds as reals.
std::vector<std::vector<Real>> threshold_rows(const Tensor& thresholds) {
    const std::vector<Real> all = thresholds.to_reals();
    const auto rows = static_cast<std::size_t>(thresholds.shape().at(0));
    const auto steps = static_cast<std::ptrdiff_t>(thresholds.shape().at(1));
    std::vector<std::vector<Real>> result;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row) * steps;
        result.emplace_back(begin, begin + steps);
    }
    return result;
}

} // namespace

Real quantize(const Real& x, const Real& scale, const Real& zero_point, const Bounds& bounds,
              Rounding rounding, bool zero_point_last, bool binary) {
    return offset_level(x, scale, zero_point, bounds, rounding, zero_point_last, binary) * scale;
}

std::pair<Real, Real> quantizer_bounds(const Real& bits, bool is_signed, bool narrow) {
    const Real removed(narrow ? 1 : 0);
    if (is_signed) {
        const Real half = pow(Real(2), bits - Real(1));
        return {removed - half, half - Real(1)};
    }
    return {Real(0), pow(Real(2), bits) - Real(1) - removed};
}

std::vector<ValueType> infer(const Quantize& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Quantize::name);
    const RealType& x = inputs.real(0);
    if (!op.scale || !op.zero_point) {
        throw Defect("quantize without scale or zero point");
    }
    require_broadcast_to(op.scale->shape(), x.shape, "the quantizer's scale");
    require_broadcast_to(op.zero_point->shape(), x.shape, "the quantizer's zero point");
    for (std::int64_t i = 0; i < op.scale->size(); ++i) {
        if (op.scale->at(i).sign() == 0) {
            throw TypeError("the quantizer's scale is zero");
        }
    }
    if (op.bits) {
        require_broadcast_to(op.bits->shape(), x.shape, "the quantizer's bit width");
        for (std::int64_t i = 0; i < op.bits->size(); ++i) {
            const Real bits = op.bits->at(i);
            if (bits.sign() <= 0 || bits > Real(max_bits)) {
                throw TypeError(fmt::format("the quantizer's bit width {} is not in (0, {}]",
                                            bits.to_string(), max_bits));
            }
        }
    }
    return {x};
}

std::vector<Tensor> evaluate(const Quantize& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    if (x.size() == 0) {
        return {x};
    }
    if (const auto table = parameters_along_axis(op, x.shape())) {
        if (std::optional<Tensor> result = quantized_integers(op, x, *table)) {
            return {std::move(*result)};
        }
    }
    return {quantized_elements(op, x)};
}

std::vector<ValueType> infer(const MultiThreshold& op, const TypeList& inputs) {
    require_inputs(inputs, 1, MultiThreshold::name);
    const RealType& x = inputs.real(0);
    if (!op.thresholds) {
        throw Defect("multi_threshold without thresholds");
    }
    const Shape& shape = op.thresholds->shape();
    if (shape.size() != 2 || shape[0] < 1) {
        throw TypeError(fmt::format("thresholds of shape {} are not a matrix of a row per channel",
                                    to_string(shape)));
    }
    if (shape[0] > 1) {
        require_axis(op.channel_axis, x.shape, MultiThreshold::name);
        const std::int64_t channels = x.shape[static_cast<std::size_t>(op.channel_axis)];
        if (channels != shape[0]) {
            throw TypeError(
                fmt::format("{} rows of thresholds for {} channels", shape[0], channels));
        }
    }
    for (const std::vector<Real>& row : threshold_rows(*op.thresholds)) {
        if (!std::is_sorted(row.begin(), row.end())) {
            throw TypeError("a row of thresholds does not ascend");
        }
    }
    return {x};
}

std::vector<Tensor> evaluate(const MultiThreshold& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const std::vector<std::vector<Real>> rows = threshold_rows(*op.thresholds);
    CommonAxis common;
    common.add(rows.size(), op.channel_axis);
    std::vector<std::int64_t> counts(static_cast<std::size_t>(x.size()));
    for_each_run(x.shape(), x.size(), common,
                 [&](std::size_t channel, std::int64_t begin, std::int64_t end) {
                     const std::vector<Real>& row = rows[channel];
                     for (std::int64_t i = begin; i < end; ++i) {
                         // Rows ascend, so the thresholds that x reaches are a prefix.
                         counts[static_cast<std::size_t>(i)] =
                             std::upper_bound(row.begin(), row.end(), x.at(i)) - row.begin();
                     }
                 });
    // out_scale * (count + out_bias / out_scale) are scaled integers when the quotient is one.
    if (op.out_scale.sign() != 0) {
        const std::optional<std::int64_t> shift = sure_integer(op.out_bias / op.out_scale);
        if (shift && fits_int32(*shift) &&
            std::all_of(counts.begin(), counts.end(),
                        [&](std::int64_t count) { return fits_int32(count + *shift); })) {
            ScaledIntegers q{{}, {op.out_scale}, 0};
            q.values.reserve(counts.size());
            for (const std::int64_t count : counts) {
                q.values.push_back(static_cast<std::int32_t>(count + *shift));
            }
            return {Tensor(x.shape(), std::move(q))};
        }
    }
    std::vector<Real> result;
    result.reserve(counts.size());
    for (const std::int64_t count : counts) {
        result.push_back(op.out_scale * Real(count) + op.out_bias);
    }
    return {Tensor(x.shape(), std::move(result))};
}

} // namespace millrace::ops
