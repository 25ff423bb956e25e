// SPDX-License-Identifier: Apache-2.0
//
// Row-major tensors of the host program's numbers, and walks over them.
#pragma once

#include "runtime/array.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace::runtime::host {

template <class Number> struct Tensor {
    Shape shape;
    std::vector<Number> values;

    Tensor() = default;
    explicit Tensor(Shape dimensions)
        : shape(std::move(dimensions)),
          values(static_cast<std::size_t>(element_count(shape))) {}
    [[nodiscard]] std::size_t size() const { return values.size(); }
};

/// Tensors that do not fit an operation: the manifest contradicts itself.
[[noreturn]] inline void misfit(const std::string& what) { throw Error(ErrorKind::manifest, what); }

/// An axis number as an index; throws where the shape does not have it.
inline std::size_t checked_axis(std::int64_t axis, const Shape& shape) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size())) {
        misfit("axis " + std::to_string(axis) + " of shape " + to_string(shape));
    }
    return static_cast<std::size_t>(axis);
}

/// Elements between neighbours along each axis.
inline std::vector<std::int64_t> strides_of(const Shape& shape) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = strides.size(); i-- > 1;) {
        strides[i - 1] = strides[i] * shape[i];
    }
    return strides;
}

/// Calls f(offset + sum of index_i * strides[i]) for all indices within the shape in row-major
/// order.
template <class F>
void for_each_offset(const Shape& shape, const std::vector<std::int64_t>& strides,
                     std::int64_t offset, F&& f) {
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
        return;
    }
    std::vector<std::int64_t> index(shape.size(), 0);
    while (true) {
        f(static_cast<std::size_t>(offset));
        std::size_t axis = shape.size();
        while (true) {
            if (axis == 0) {
                return;
            }
            --axis;
            offset += strides[axis];
            if (++index[axis] < shape[axis]) {
                break;
            }
            offset -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
}

/// NumPy's broadcasting of two shapes.
inline Shape broadcast(const Shape& a, const Shape& b) {
    Shape result(std::max(a.size(), b.size()), 1);
    for (std::size_t i = 0; i < result.size(); ++i) { // from the end
        const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
        const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
        if (x != y && x != 1 && y != 1) {
            misfit("shapes " + to_string(a) + " and " + to_string(b) + " do not fit");
        }
        result[result.size() - 1 - i] = x == 1 ? y : x;
    }
    return result;
}

/// Strides of an operand seen under a shape that it is broadcast to.
inline std::vector<std::int64_t> broadcast_strides(const Shape& operand, const Shape& shape) {
    if (operand.size() > shape.size()) {
        misfit("shape " + to_string(operand) + " does not fit " + to_string(shape));
    }
    const std::vector<std::int64_t> own = strides_of(operand);
    std::vector<std::int64_t> result(shape.size(), 0);
    for (std::size_t i = 0; i < operand.size(); ++i) {
        const std::size_t at = shape.size() - operand.size() + i;
        if (operand[i] != 1 && operand[i] != shape[at]) {
            misfit("shape " + to_string(operand) + " does not fit " + to_string(shape));
        }
        result[at] = operand[i] == 1 ? 0 : own[i];
    }
    return result;
}

/// Flat indices of an operand's elements for a broadcast result.
inline std::vector<std::size_t> broadcast_indices(const Shape& operand, const Shape& shape) {
    std::vector<std::size_t> result;
    result.reserve(static_cast<std::size_t>(element_count(shape)));
    for_each_offset(shape, broadcast_strides(operand, shape), 0,
                    [&](std::size_t index) { result.push_back(index); });
    return result;
}

} // namespace millrace::runtime::host
