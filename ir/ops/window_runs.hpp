// SPDX-License-Identifier: Apache-2.0
//
// The pairs of input and output elements that a sliding window brings together, as runs along the
// last spatial axis. Pairs whose input position lies outside the input are left out, so sums start
// from zeros and maxima from nothing.
#pragma once

#include "ir/ops/window.hpp"

#include <cstdint>
#include <vector>

namespace millrace::ops {

/// `count` pairs: output element output + i meets input element input + i * step under window
/// element `tap`. All are flat indices: within the spatial axes of one channel, and in the window.
struct WindowRun {
    std::int64_t tap;
    std::int64_t output;
    std::int64_t input;
    std::int64_t count;
    std::int64_t step;
};

/// All runs, ascending in `output` but for the last axis: runs of the same output row are
/// neighbours.
std::vector<WindowRun> window_runs(const Window& window, const Shape& input_sizes,
                                   const Shape& output_sizes);

/// The window elements [first, end) of an axis whose positions start + k * dilation lie in
/// [low, high); start is that of element 0.
struct TapRange {
    std::int64_t first;
    std::int64_t end;
};
TapRange taps_within(std::int64_t start, std::int64_t dilation, std::int64_t kernel,
                     std::int64_t low, std::int64_t high);

} // namespace millrace::ops
