// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/window_runs.hpp"

#include "ir/strided.hpp"

#include <algorithm>

namespace millrace::ops {

namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
    return a / b + (a % b > 0 ? 1 : 0); // b > 0
}

/// Advances a counter whose digits are below `sizes`; false when it is back at zero.
bool advance(std::vector<std::int64_t>& digits, const Shape& sizes) {
    for (std::size_t d = digits.size(); d-- > 0;) {
        if (++digits[d] < sizes[d]) {
            return true;
        }
        digits[d] = 0;
    }
    return false;
}

} // namespace

TapRange taps_within(std::int64_t start, std::int64_t dilation, std::int64_t kernel,
                     std::int64_t low, std::int64_t high) {
    const std::int64_t first = std::clamp<std::int64_t>(ceil_div(low - start, dilation), 0, kernel);
    const std::int64_t end =
        std::clamp<std::int64_t>(ceil_div(high - start, dilation), first, kernel);
    return {first, end};
}

std::vector<WindowRun> window_runs(const Window& window, const Shape& input_sizes,
                                   const Shape& output_sizes) {
    std::vector<WindowRun> runs;
    if (element_count(output_sizes) == 0 || element_count(input_sizes) == 0) {
        return runs;
    }
    const std::size_t last = window.axes() - 1;
    const std::vector<std::int64_t> strides = row_major_strides(input_sizes);
    const Shape outer_sizes(output_sizes.begin(), output_sizes.end() - 1);
    const Shape outer_kernel(window.kernel.begin(), window.kernel.end() - 1);
    const std::int64_t stride = window.strides[last];
    const std::int64_t size = input_sizes[last];
    std::vector<std::int64_t> position(outer_sizes.size(), 0);
    std::int64_t row = 0;
    do {
        std::vector<std::int64_t> tap(outer_kernel.size(), 0);
        std::int64_t tap_row = 0;
        do {
            std::int64_t base = 0;
            bool inside = true;
            for (std::size_t d = 0; d < tap.size(); ++d) {
                const std::int64_t at = position[d] * window.strides[d] +
                                        tap[d] * window.dilations[d] - window.pads_begin[d];
                inside = inside && at >= 0 && at < input_sizes[d];
                base += at * strides[d];
            }
            for (std::int64_t k = 0; inside && k < window.kernel[last]; ++k) {
                // Output o of the row meets input o * stride + offset.
                const std::int64_t offset = k * window.dilations[last] - window.pads_begin[last];
                const TapRange outputs = taps_within(offset, stride, output_sizes[last], 0, size);
                if (outputs.first < outputs.end) {
                    runs.push_back({tap_row * window.kernel[last] + k,
                                    row * output_sizes[last] + outputs.first,
                                    base + outputs.first * stride + offset,
                                    outputs.end - outputs.first, stride});
                }
            }
            ++tap_row;
        } while (advance(tap, outer_kernel));
        ++row;
    } while (advance(position, outer_sizes));
    return runs;
}

} // namespace millrace::ops
