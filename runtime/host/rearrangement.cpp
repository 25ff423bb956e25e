// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/rearrangement.hpp"

#include "runtime/host/tensor.hpp"

namespace millrace::runtime::host {

std::vector<std::size_t> transposed_sources(const JsonField& json, std::size_t elements) {
    const Shape shape = json["shape"].shape();
    const JsonField perm = json["perm"];
    if (element_count(shape) != static_cast<std::int64_t>(elements)) {
        json["shape"].fail(std::to_string(elements) + " elements are expected");
    }
    const std::vector<std::int64_t> strides = strides_of(shape);
    std::vector<bool> used(shape.size(), false);
    Shape counts;
    std::vector<std::int64_t> steps;
    for (const JsonField& field : perm.elements()) {
        const auto axis =
            static_cast<std::size_t>(field.integer(0, static_cast<std::int64_t>(shape.size()) - 1));
        if (used[axis]) {
            perm.fail("axis " + std::to_string(axis) + " stands twice");
        }
        used[axis] = true;
        counts.push_back(shape[axis]);
        steps.push_back(strides[axis]);
    }
    if (counts.size() != shape.size()) {
        perm.fail("one number for each axis is expected");
    }
    std::vector<std::size_t> result;
    result.reserve(elements);
    bool moves = false;
    for_each_offset(counts, steps, 0, [&](std::size_t from) {
        moves = moves || from != result.size();
        result.push_back(from);
    });
    return moves ? result : std::vector<std::size_t>();
}

} // namespace millrace::runtime::host
