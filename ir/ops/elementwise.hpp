// SPDX-License-Identifier: Apache-2.0
//
// Elementwise evaluation over tensors: the general way through reals, and the view of a parameter
// tensor as values along one axis that lets scaled integers stay scaled integers.
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace millrace::ops {

/// f of every element.
template <class F> Tensor map_elements(const Tensor& x, F&& f) {
    std::vector<Real> result;
    result.reserve(static_cast<std::size_t>(x.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        result.push_back(f(x.at(i)));
    }
    return {x.shape(), std::move(result)};
}

/// f of every pair of elements of a and b, broadcast.
template <class F> Tensor map_pairs(const Tensor& a, const Tensor& b, const Shape& shape, F&& f) {
    const BroadcastIndex in_a(a.shape(), shape);
    const BroadcastIndex in_b(b.shape(), shape);
    const std::int64_t count = element_count(shape);
    std::vector<Real> result;
    result.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        result.push_back(f(a.at(in_a(i)), b.at(in_b(i))));
    }
    return {shape, std::move(result)};
}

/// One value for all elements of a shape, or one per index of an axis.
struct AxisValues {
    std::vector<Real> values;
    std::int64_t axis = 0; ///< meaningless with one value
};

/// A tensor, broadcast to `shape`, as values along one axis; nothing when it differs along several.
inline std::optional<AxisValues> along_one_axis(const Tensor& tensor, const Shape& shape) {
    std::optional<std::int64_t> axis;
    bool several = false;
    for (std::int64_t i = 0; i < tensor.rank(); ++i) {
        if (tensor.shape()[static_cast<std::size_t>(i)] != 1) {
            several = several || axis.has_value();
            axis = i + static_cast<std::int64_t>(shape.size()) - tensor.rank();
        }
    }
    if (several || tensor.size() == 0) {
        std::optional<Real> value = tensor.uniform_value();
        return value ? std::optional(AxisValues{{std::move(*value)}, 0}) : std::nullopt;
    }
    return AxisValues{tensor.to_reals(), axis.value_or(0)};
}

/// The axis along which several per-axis parameters run.
class CommonAxis {
  public:
    /// Takes in a parameter of `count` values; returns whether all so far fit together.
    bool add(std::size_t count, std::int64_t axis) {
        if (count != 1) {
            fits_ = fits_ && (count_ == 1 || axis_ == axis);
            count_ = count;
            axis_ = axis;
        }
        return fits_;
    }
    /// Number of different parameter sets: 1, or the size of the axis.
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::int64_t axis() const { return axis_; }

  private:
    bool fits_ = true;
    std::size_t count_ = 1;
    std::int64_t axis_ = 0;
};

/// Value of a parameter with one value for all or one per index.
template <class T> const T& value_at(const std::vector<T>& values, std::size_t index) {
    return values.size() == 1 ? values.front() : values[index];
}

/// Calls f(index along the axis, begin, end) for the runs of flat indices that share the index
/// along the axis, in ascending order; for all elements at once when `count` is 1. Inlined, because
/// a run along the last axis is a single element.
template <class F>
void for_each_run(const Shape& shape, std::int64_t size, const CommonAxis& common, F&& f) {
    if (common.count() == 1) {
        f(std::size_t{0}, std::int64_t{0}, size);
        return;
    }
    std::int64_t inner = 1;
    for (auto i = static_cast<std::size_t>(common.axis()) + 1; i < shape.size(); ++i) {
        inner *= shape[i];
    }
    for (std::int64_t begin = 0; begin < size;) {
        for (std::size_t index = 0; index < common.count(); ++index, begin += inner) {
            f(index, begin, begin + inner);
        }
    }
}

/// The value when it is surely an integer of 63 bits: no answer where that cannot be decided.
inline std::optional<std::int64_t> sure_integer(const Real& x) {
    try {
        return x.is_algebraic() ? x.as_int64() : std::nullopt;
    } catch (const Undecided&) {
        return std::nullopt;
    }
}

/// Whether both lists are surely equal.
inline bool surely_equal(const std::vector<Real>& a, const std::vector<Real>& b) {
    try {
        return a == b;
    } catch (const Undecided&) {
        return false;
    }
}

inline bool fits_int32(std::int64_t value) { return value == static_cast<std::int32_t>(value); }

} // namespace millrace::ops
