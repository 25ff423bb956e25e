// SPDX-License-Identifier: Apache-2.0
//
// Arrays as they lie in a host's memory and in .npy files: typed bytes, row-major, little endian.
#pragma once

#include "ir/tensor.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace millrace {

struct HostArray {
    DataType type = DataType::float32;
    Shape shape;
    std::vector<std::byte> data; ///< element_count(shape) * bytes_per_element(type)

    /// A zero-filled array.
    HostArray() = default;
    HostArray(DataType element, Shape dimensions);

    /// The elements as T; the caller's T must have the type's size.
    template <class T> [[nodiscard]] std::span<const T> as() const {
        return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
    }
    template <class T> [[nodiscard]] std::span<T> as() {
        return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
    }
    /// Element at a flat index, exactly. Throws std::domain_error for infinities and NaN.
    [[nodiscard]] Real at(std::int64_t index) const;
    /// Stores a number: rounded once to a float type; an integer type must hold it exactly, else
    /// std::range_error.
    void set(std::int64_t index, const Real& value);
    /// `count` elements from a flat index on as a tensor.
    [[nodiscard]] Tensor tensor(std::int64_t first, Shape dimensions) const;
};

/// Bytes of one element in memory: 4-bit types and booleans take one, float16 and bfloat16 two.
std::size_t bytes_per_element(DataType type);

} // namespace millrace
