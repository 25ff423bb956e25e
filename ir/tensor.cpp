// SPDX-License-Identifier: Apache-2.0
//
// Storage of tensors. Every element of every tensor is a real number: sizes are checked and floats
// that are infinite or not a number are refused when a tensor is made, so nothing later has to ask.
// Scaled integers stay scaled integers under reshaping and transposition: their scale follows its
// axis, and becomes reals only where the axis is split or merged away.
#include "ir/tensor.hpp"

#include "ir/strided.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace millrace {

namespace {

void check_count(const Shape& shape, std::int64_t size, std::size_t values) {
    if (static_cast<std::uint64_t>(size) != values) {
        throw std::invalid_argument(
            fmt::format("a tensor of shape {} has {} values", to_string(shape), values));
    }
}

bool all_finite(const std::vector<float>& values) {
    // 0 * x is 0 for numbers and NaN for the rest; several sums run side by side.
    float sum[4] = {0, 0, 0, 0};
    std::size_t i = 0;
    for (; i + 4 <= values.size(); i += 4) {
        for (std::size_t k = 0; k < 4; ++k) {
            sum[k] += values[i + k] * 0.0F;
        }
    }
    for (; i < values.size(); ++i) {
        sum[0] += values[i] * 0.0F;
    }
    return !std::isnan(sum[0] + sum[1] + sum[2] + sum[3]);
}

/// Product of the dimensions after an axis.
std::int64_t inner_count(const Shape& shape, std::int64_t axis) {
    std::int64_t count = 1;
    for (auto i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) {
        count *= shape[i];
    }
    return count;
}

const Real& scale_at(const ScaledIntegers& q, const Shape& shape, std::int64_t index) {
    if (q.scale.size() == 1) {
        return q.scale.front();
    }
    const std::int64_t channel =
        index / inner_count(shape, q.axis) % static_cast<std::int64_t>(q.scale.size());
    return q.scale[static_cast<std::size_t>(channel)];
}

/// The axis of `to` whose index every element keeps when it moves from `from` to `to`.
std::optional<std::int64_t> surviving_axis(const Shape& from, std::int64_t axis, const Shape& to) {
    const std::int64_t dimension = from[static_cast<std::size_t>(axis)];
    const std::int64_t inner = inner_count(from, axis);
    std::int64_t count = 1;
    for (std::size_t i = to.size(); i-- > 0;) {
        if (count == inner && to[i] == dimension) {
            return static_cast<std::int64_t>(i);
        }
        count *= to[i];
    }
    return std::nullopt;
}

} // namespace

std::int64_t element_count(const Shape& shape) {
    std::int64_t count = 1;
    bool empty = false;
    for (const std::int64_t dimension : shape) {
        if (dimension < 0) {
            throw std::invalid_argument("negative dimension in shape " + to_string(shape));
        }
        empty = empty || dimension == 0;
    }
    if (empty) {
        return 0;
    }
    constexpr std::int64_t limit = std::int64_t{1} << 62;
    for (const std::int64_t dimension : shape) {
        if (count > limit / dimension) {
            throw std::overflow_error("shape " + to_string(shape) + " has too many elements");
        }
        count *= dimension;
    }
    return count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

Tensor::Tensor(Shape shape, std::vector<float> values)
    : shape_(std::move(shape)),
      size_(element_count(shape_)),
      storage_(std::move(values)) {
    check_count(shape_, size_, floats()->size());
    if (!all_finite(*floats())) {
        throw std::domain_error("a tensor has an element that is infinite or not a number");
    }
}

Tensor::Tensor(Shape shape, std::vector<Real> values)
    : shape_(std::move(shape)),
      size_(element_count(shape_)),
      storage_(std::move(values)) {
    check_count(shape_, size_, reals()->size());
}

Tensor::Tensor(Shape shape, ScaledIntegers values)
    : shape_(std::move(shape)),
      size_(element_count(shape_)),
      storage_(std::move(values)) {
    const ScaledIntegers& q = *scaled();
    check_count(shape_, size_, q.values.size());
    const bool per_axis =
        q.axis >= 0 && q.axis < rank() &&
        static_cast<std::uint64_t>(shape_[static_cast<std::size_t>(q.axis)]) == q.scale.size();
    if (q.scale.size() != 1 && !per_axis) {
        throw std::invalid_argument(fmt::format("{} scales do not fit axis {} of shape {}",
                                                q.scale.size(), q.axis, to_string(shape_)));
    }
}

Tensor Tensor::integers(const std::vector<std::int64_t>& values) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    const bool small = std::all_of(values.begin(), values.end(), [](std::int64_t value) {
        return value == static_cast<std::int32_t>(value);
    });
    if (!small) {
        return {shape, std::vector<Real>(values.begin(), values.end())};
    }
    ScaledIntegers q{{}, {Real(1)}, 0};
    q.values.reserve(values.size());
    for (const std::int64_t value : values) {
        q.values.push_back(static_cast<std::int32_t>(value));
    }
    return {shape, std::move(q)};
}

Real Tensor::at(std::int64_t index) const {
    if (index < 0 || index >= size_) {
        throw std::out_of_range(
            fmt::format("index {} in a tensor of shape {}", index, to_string(shape_)));
    }
    const auto i = static_cast<std::size_t>(index);
    if (const auto* values = floats()) {
        return Real::from_double(static_cast<double>((*values)[i]));
    }
    if (const auto* q = scaled()) {
        return Real(std::int64_t{q->values[i]}) * scale_at(*q, shape_, index);
    }
    return (*reals())[i];
}

std::vector<Real> Tensor::to_reals() const {
    if (const auto* values = reals()) {
        return *values;
    }
    std::vector<Real> result;
    result.reserve(static_cast<std::size_t>(size_));
    for (std::int64_t i = 0; i < size_; ++i) {
        result.push_back(at(i));
    }
    return result;
}

std::optional<std::vector<std::int64_t>> Tensor::to_int64() const {
    if (const auto* q = scaled(); q != nullptr && q->scale.size() == 1 && q->scale[0] == Real(1)) {
        return std::vector<std::int64_t>(q->values.begin(), q->values.end());
    }
    std::vector<std::int64_t> result;
    result.reserve(static_cast<std::size_t>(size_));
    for (std::int64_t i = 0; i < size_; ++i) {
        const std::optional<std::int64_t> value = at(i).as_int64();
        if (!value) {
            return std::nullopt;
        }
        result.push_back(*value);
    }
    return result;
}

std::optional<Real> Tensor::uniform_value() const {
    if (size_ == 0) {
        return std::nullopt;
    }
    const Real first = at(0);
    const auto* q = scaled();
    if (const auto* values = floats()) {
        const bool equal = std::all_of(values->begin(), values->end(),
                                       [&](float value) { return value == values->front(); });
        return equal ? std::optional(first) : std::nullopt;
    }
    if (q != nullptr && q->scale.size() == 1 && q->scale[0].sign() != 0) {
        const bool equal = std::all_of(q->values.begin(), q->values.end(),
                                       [&](std::int32_t value) { return value == q->values[0]; });
        return equal ? std::optional(first) : std::nullopt;
    }
    for (std::int64_t i = 1; i < size_; ++i) {
        if (at(i) != first) {
            return std::nullopt;
        }
    }
    return first;
}

Tensor Tensor::reshaped(Shape shape) const {
    if (element_count(shape) != size_) {
        throw std::invalid_argument(fmt::format("shape {} cannot become {}: other element count",
                                                to_string(shape_), to_string(shape)));
    }
    const auto* q = scaled();
    if (q == nullptr || q->scale.size() == 1) {
        return std::visit([&](const auto& values) { return Tensor(std::move(shape), values); },
                          storage_);
    }
    const std::optional<std::int64_t> axis = surviving_axis(shape_, q->axis, shape);
    if (!axis) {
        return {std::move(shape), to_reals()};
    }
    return {std::move(shape), ScaledIntegers{q->values, q->scale, *axis}};
}

Tensor Tensor::transposed(const std::vector<std::int64_t>& perm) const {
    const std::vector<std::int64_t> strides = row_major_strides(shape_);
    std::vector<bool> used(shape_.size(), false);
    if (perm.size() != shape_.size()) {
        throw std::invalid_argument("a permutation of another rank than the tensor's");
    }
    Walk walk;
    std::int64_t scale_axis = 0;
    for (std::size_t i = 0; i < perm.size(); ++i) {
        if (perm[i] < 0 || perm[i] >= rank() || used[static_cast<std::size_t>(perm[i])]) {
            throw std::invalid_argument("not a permutation of the tensor's axes");
        }
        const auto source = static_cast<std::size_t>(perm[i]);
        used[source] = true;
        walk.shape.push_back(shape_[source]);
        walk.strides.push_back(strides[source]);
        if (const auto* q = scaled(); q != nullptr && q->axis == perm[i]) {
            scale_axis = static_cast<std::int64_t>(i);
        }
    }
    return std::visit(
        [&](const auto& values) -> Tensor {
            if constexpr (std::is_same_v<decltype(values), const ScaledIntegers&>) {
                return {walk.shape,
                        ScaledIntegers{gathered(values.values, walk), values.scale, scale_axis}};
            } else {
                return {walk.shape, gathered(values, walk)};
            }
        },
        storage_);
}

bool operator==(const Tensor& a, const Tensor& b) {
    if (a.shape_ != b.shape_) {
        return false;
    }
    if (a.floats() != nullptr && b.floats() != nullptr) {
        return *a.floats() == *b.floats();
    }
    const auto* p = a.scaled();
    const auto* q = b.scaled();
    if (p != nullptr && q != nullptr && p->values == q->values && p->scale == q->scale &&
        (p->scale.size() == 1 || p->axis == q->axis)) {
        return true;
    }
    for (std::int64_t i = 0; i < a.size_; ++i) {
        if (a.at(i) != b.at(i)) {
            return false;
        }
    }
    return true;
}

} // namespace millrace
