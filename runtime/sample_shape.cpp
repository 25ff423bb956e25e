// SPDX-License-Identifier: Apache-2.0
#include "runtime/sample_shape.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::runtime {

namespace {

Shape tail_of(const Shape& shape) { return {shape.begin() + (shape.empty() ? 0 : 1), shape.end()}; }

Shape without_ones(const Shape& shape) {
    Shape result;
    std::copy_if(shape.begin(), shape.end(), std::back_inserter(result),
                 [](std::int64_t size) { return size != 1; });
    return result;
}

} // namespace

std::optional<std::int64_t> sample_count(const Shape& array, const Shape& sample) {
    if (array == sample) {
        return 1;
    }
    if (!array.empty() && tail_of(array) == sample) {
        return array.front();
    }
    if (!array.empty() && array.size() == sample.size() && tail_of(array) == tail_of(sample) &&
        (sample.size() > 1 || sample.front() == 1) && sample.front() > 0 &&
        array.front() % sample.front() == 0) {
        return array.front() / sample.front();
    }
    const Shape wanted = without_ones(sample);
    if (!array.empty() && without_ones(tail_of(array)) == wanted) {
        return array.front();
    }
    if (without_ones(array) == wanted) {
        return 1;
    }
    return std::nullopt;
}

std::string expected_shapes(const Shape& sample) {
    const auto with_samples = [](const Shape& shape) {
        const std::string inner = to_string(shape);
        return inner.size() > 2 ? "[N, " + inner.substr(1) : std::string("[N]");
    };
    return sample.empty() || sample.front() != 1
               ? with_samples(sample)
               : with_samples(sample) + " or " + with_samples(tail_of(sample));
}

} // namespace millrace::runtime
