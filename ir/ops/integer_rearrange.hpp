// SPDX-License-Identifier: Apache-2.0
//
// Nested loops over the elements of a tensor: what ops::IntegerRearrange and ops::Rearrange share.
#pragma once

#include "ir/ops/integer.hpp"

#include <optional>

namespace millrace::ops {

/// Calls f(element of the input) for each element of the result in its order. Inlined for the
/// executors' inner loops.
template <class F>
void for_each_rearranged(const std::vector<std::int64_t>& counts,
                         const std::vector<std::int64_t>& strides, std::int64_t offset, F&& f) {
    if (counts.empty()) {
        f(offset);
        return;
    }
    const std::size_t inner = counts.size() - 1;
    for (const std::int64_t count : counts) {
        if (count == 0) {
            return;
        }
    }
    std::vector<std::int64_t> index(counts.size(), 0);
    std::int64_t address = offset;
    while (true) {
        for (std::int64_t i = 0; i < counts[inner]; ++i) {
            f(address + i * strides[inner]);
        }
        std::size_t loop = inner;
        while (true) {
            if (loop == 0) {
                return;
            }
            --loop;
            address += strides[loop];
            if (++index[loop] < counts[loop]) {
                break;
            }
            address -= counts[loop] * strides[loop];
            index[loop] = 0;
        }
    }
}

/// The input's channel (index along its last axis of `channels`) of each index along the result's
/// last axis, where that is one; nothing when a channel's elements spread over several.
std::optional<std::vector<std::int64_t>> rearranged_channels(const IntegerRearrange& op,
                                                             std::int64_t channels);

/// Loops without those of one iteration and with neighbours that continue each other merged.
void simplify_loops(std::vector<std::int64_t>& counts, std::vector<std::int64_t>& strides);

/// The grid of what for_each_rearranged() makes of x, for a result whose last axis has `wanted`
/// elements. Throws TypeError, in the name of `op`, where one index along that axis gets elements
/// of different grids. A channel that only has zeros suits every scale.
Grid rearranged_grid(const IntegerType& x, std::int64_t wanted,
                     const std::vector<std::int64_t>& counts,
                     const std::vector<std::int64_t>& strides, std::int64_t offset,
                     std::string_view op);

} // namespace millrace::ops
