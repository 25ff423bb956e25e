// SPDX-License-Identifier: Apache-2.0
//
// Walks over tensors in another order than the stored one. A walk is a result shape, the offset of
// its first element in the source and a source stride per result dimension; strides may be zero
// (broadcast) or negative (reversal). Transpose, Slice and operand blocks are walks.
#pragma once

#include "ir/tensor.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace millrace {

/// Elements between neighbours along each dimension of a row-major tensor.
inline std::vector<std::int64_t> row_major_strides(const Shape& shape) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) {
        strides[i - 1] = strides[i] * shape[i];
    }
    return strides;
}

struct Walk {
    Shape shape;
    std::int64_t offset = 0;
    std::vector<std::int64_t> strides; ///< one per dimension of shape
};

/// The source elements in the walk's order.
template <class T> std::vector<T> gathered(const std::vector<T>& source, const Walk& walk) {
    std::vector<T> result;
    const auto count = static_cast<std::size_t>(element_count(walk.shape));
    if (count == 0) {
        return result;
    }
    const std::size_t rank = walk.shape.size();
    if (rank == 2 && walk.strides[0] == 1 && walk.strides[1] != 1) {
        // A matrix transposition: square blocks keep both sides in the cache.
        constexpr std::int64_t block = 32;
        result.resize(count);
        const std::int64_t rows = walk.shape[0];
        const std::int64_t columns = walk.shape[1];
        for (std::int64_t r0 = 0; r0 < rows; r0 += block) {
            for (std::int64_t c0 = 0; c0 < columns; c0 += block) {
                for (std::int64_t r = r0; r < std::min(r0 + block, rows); ++r) {
                    for (std::int64_t c = c0; c < std::min(c0 + block, columns); ++c) {
                        result[static_cast<std::size_t>(r * columns + c)] =
                            source[static_cast<std::size_t>(walk.offset + r + c * walk.strides[1])];
                    }
                }
            }
        }
        return result;
    }
    result.reserve(count);
    std::vector<std::int64_t> index(rank, 0);
    std::int64_t position = walk.offset;
    const std::int64_t inner = rank == 0 ? 1 : walk.shape.back();
    const std::int64_t inner_stride = rank == 0 ? 0 : walk.strides.back();
    while (true) {
        for (std::int64_t i = 0; i < inner; ++i) {
            result.push_back(source[static_cast<std::size_t>(position + i * inner_stride)]);
        }
        if (rank < 2) {
            return result;
        }
        // Advance the outer dimensions like the digits of a counter.
        std::size_t d = rank - 1;
        while (d-- > 0) {
            position += walk.strides[d];
            if (++index[d] < walk.shape[d]) {
                break;
            }
            position -= walk.strides[d] * walk.shape[d];
            index[d] = 0;
            if (d == 0) {
                return result;
            }
        }
    }
}

} // namespace millrace
