// SPDX-License-Identifier: Apache-2.0
#include "runtime/predictions.hpp"

#include "runtime/elements.hpp"

#include <algorithm>

namespace millrace::runtime {

std::vector<std::int64_t> predictions(const ConstArray& output, bool selection) {
    const std::int64_t count = element_count(output.shape);
    // An ArgMax that dropped its axis has one element a sample.
    const std::int64_t row =
        output.shape.size() < 2 ? 1 : std::max<std::int64_t>(output.shape.back(), 1);
    std::vector<std::int64_t> result;
    result.reserve(static_cast<std::size_t>(count / row));
    for (std::int64_t first = 0; first + row <= count; first += row) {
        if (selection) {
            result.push_back(static_cast<std::int64_t>(element_at(output, first)));
            continue;
        }
        std::int64_t best = 0;
        for (std::int64_t i = 1; i < row; ++i) {
            if (element_at(output, first + i) > element_at(output, first + best)) {
                best = i;
            }
        }
        result.push_back(best);
    }
    return result;
}

std::int64_t count_correct(const std::vector<std::int64_t>& predicted,
                           const std::vector<std::int64_t>& labels) {
    std::int64_t correct = 0;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        correct += predicted[i] == labels.at(i) ? 1 : 0;
    }
    return correct;
}

} // namespace millrace::runtime
