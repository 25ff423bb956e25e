// SPDX-License-Identifier: Apache-2.0
//
// Integer-level graphs with windows, as text.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <string>

namespace millrace::tests {

/// A window as the integer lowering writes it, of [images, height, width, channels].
struct WindowOf {
    std::int64_t images, height, width, channels;
    std::int64_t rows, columns;
    std::int64_t row_stride, column_stride;
    std::int64_t row_dilation, column_dilation;

    [[nodiscard]] std::int64_t out_rows() const;
    [[nodiscard]] std::int64_t out_columns() const;
    [[nodiscard]] std::int64_t taps() const { return rows * columns; }
    /// The rearrangement of a value, "%x", for a depthwise product or a reduction.
    [[nodiscard]] std::string blocks(const std::string& from) const;
    /// The same for a matrix product.
    [[nodiscard]] std::string columns_of(const std::string& from) const;
};

/// "%name : integer [...]": a value of integers lo to hi, by one of them.
std::string value_text(const std::string& name, const Shape& shape, std::int64_t lo,
                       std::int64_t hi);

/// Parsed and verified.
Graph body_of(const std::string& text);

} // namespace millrace::tests
