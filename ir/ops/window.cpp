// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/window.hpp"

#include "ir/type.hpp"

#include <fmt/format.h>

namespace millrace::ops {

std::int64_t Window::taps() const { return element_count(kernel); }

Shape Window::output_sizes(const Shape& input_sizes, std::string_view op) const {
    const std::size_t count = input_sizes.size();
    for (const auto* list : {&kernel, &strides, &dilations, &pads_begin, &pads_end}) {
        if (list->size() != count) {
            throw TypeError(
                fmt::format("{}: {} entries for {} spatial axes", op, list->size(), count));
        }
    }
    // Far above any tensor, and small enough that nothing below overflows.
    constexpr std::int64_t limit = std::int64_t{1} << 30;
    Shape result;
    for (std::size_t i = 0; i < count; ++i) {
        for (const std::int64_t value : {kernel[i], strides[i], dilations[i]}) {
            if (value < 1 || value > limit) {
                throw TypeError(fmt::format("{}: {} as a kernel, stride or dilation", op, value));
            }
        }
        for (const std::int64_t pad : {pads_begin[i], pads_end[i]}) {
            if (pad < 0 || pad > limit) {
                throw TypeError(fmt::format("{}: a pad of {}", op, pad));
            }
        }
        const std::int64_t extent = (kernel[i] - 1) * dilations[i] + 1;
        const std::int64_t padded = input_sizes[i] + pads_begin[i] + pads_end[i];
        if (padded < extent) {
            throw TypeError(fmt::format("{}: a window of {} elements does not fit an axis of {} "
                                        "with its pads",
                                        op, extent, padded));
        }
        result.push_back((padded - extent) / strides[i] + 1);
    }
    return result;
}

} // namespace millrace::ops
