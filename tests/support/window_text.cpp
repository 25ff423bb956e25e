// SPDX-License-Identifier: Apache-2.0
#include "tests/support/window_text.hpp"

#include "ir/text.hpp"
#include "ir/verify.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace millrace::tests {

namespace {

std::string rearrangement(const WindowOf& w, const std::string& from, const Shape& shape) {
    const std::int64_t row = w.width * w.channels;
    return fmt::format("integer_rearrange({}) from \"W\" \"window\" {{shape = [{}], counts = "
                       "[{},{},{},1,{},{},{}], strides = [{},{},{},{},{},{},1], offset = 0}}",
                       from, fmt::join(shape, ","), w.images, w.out_rows(), w.out_columns(), w.rows,
                       w.columns, w.channels, w.height * row, w.row_stride * row,
                       w.column_stride * w.channels, w.channels, w.row_dilation * row,
                       w.column_dilation * w.channels);
}

} // namespace

std::int64_t WindowOf::out_rows() const {
    return (height - (rows - 1) * row_dilation - 1) / row_stride + 1;
}

std::int64_t WindowOf::out_columns() const {
    return (width - (columns - 1) * column_dilation - 1) / column_stride + 1;
}

std::string WindowOf::blocks(const std::string& from) const {
    return rearrangement(*this, from, {images, out_rows(), out_columns(), taps(), channels});
}

std::string WindowOf::columns_of(const std::string& from) const {
    return rearrangement(*this, from, {images, out_rows(), out_columns(), taps() * channels});
}

std::string value_text(const std::string& name, const Shape& shape, std::int64_t lo,
                       std::int64_t hi) {
    return fmt::format("%{} : integer [{}] lo [{}] hi [{}] grid scale [1] zero_point [0]", name,
                       fmt::join(shape, ","), lo, hi);
}

Graph body_of(const std::string& text) {
    Graph body = parse_graph(text);
    verify(body, "test");
    return body;
}

} // namespace millrace::tests
