// SPDX-License-Identifier: Apache-2.0
#include "ir/actor_parts.hpp"

#include "ir/diagnostics.hpp"
#include "ir/tensor.hpp"

#include <algorithm>

namespace millrace {

ElementFormat weight_format(const Tensor& weights) {
    const ScaledIntegers* scaled = weights.scaled();
    if (scaled == nullptr) {
        throw Defect("weights are not integers");
    }
    const auto [lo, hi] = std::minmax_element(scaled->values.begin(), scaled->values.end());
    const bool bipolar =
        *lo == -1 && *hi == 1 &&
        std::find(scaled->values.begin(), scaled->values.end(), 0) == scaled->values.end();
    return bipolar ? ElementFormat{1, Encoding::bipolar} : format_for(*lo, *hi);
}

bool is_narrow(const Tensor& weights, const ElementFormat& format) {
    const std::vector<std::int32_t>& numbers = weights.scaled()->values;
    const std::int64_t lowest = lowest_value(format);
    return std::none_of(numbers.begin(), numbers.end(),
                        [&](std::int32_t weight) { return weight == lowest; });
}

bool format_holds(const ElementFormat& format, const ElementFormat& part) {
    // A bipolar part whose values are all +1 may join an unsigned result.
    return lowest_value(part) >= lowest_value(format) &&
           highest_value(part) <= highest_value(format) &&
           (format.encoding != Encoding::bipolar || part == format);
}

std::vector<PadPart> pad_parts(const ops::IntegerPad& op, Shape shape,
                               const ElementFormat& format) {
    const std::int64_t channels = shape.back();
    const std::size_t rank = shape.size();
    const auto elements = [&](std::size_t from, std::size_t to) {
        std::int64_t count = 1;
        for (std::size_t i = from; i < to; ++i) {
            count *= shape[i];
        }
        return count;
    };
    std::vector<PadPart> parts;
    for (std::size_t axis = 0; axis + 1 < rank; ++axis) {
        const bool pair = axis + 3 == rank;
        const std::size_t second = pair ? axis + 1 : axis;
        if (op.begin[axis] + op.end[axis] + op.begin[second] + op.end[second] == 0) {
            continue;
        }
        PadPart& part = parts.emplace_back();
        part.planes = {elements(0, axis), shape[axis], elements(axis + 1, rank - 1), channels};
        part.unit.top = op.begin[axis];
        part.unit.bottom = op.end[axis];
        part.unit.left = pair ? op.begin[second] : 0;
        part.unit.right = pair ? op.end[second] : 0;
        part.unit.values = op.values;
        part.unit.output = format;
        shape[axis] += op.begin[axis] + op.end[axis];
        if (pair) {
            shape[second] += op.begin[second] + op.end[second];
            break;
        }
    }
    return parts;
}

} // namespace millrace
