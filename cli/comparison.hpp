// SPDX-License-Identifier: Apache-2.0
//
// Comparing results: of our own levels element for element, and with someone else's outputs.
#pragma once

#include "cli/sample_arrays.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace millrace::cli {

struct Equality {
    std::int64_t equal = 0;
    std::int64_t different = 0;
};

/// Elements of the same type and value, over all arrays. Arrays of other sizes differ altogether.
Equality compare(const std::vector<HostArray>& reference, const std::vector<HostArray>& other);

/// Whether elements of a network's output are values of a quantizer (or indices, or integers),
/// which float32 arithmetic computes exactly or wrongly; others are float-valued and carry its
/// rounding.
bool is_quantized_output(const Graph& network, ValueId output);

struct ExpectResult {
    std::int64_t equal = 0;
    std::int64_t explained = 0;
    std::int64_t unexplained = 0;
    double max_abs_difference = 0;
    /// The first few elements that are not explained.
    struct Example {
        std::size_t output;
        std::int64_t sample;
        std::int64_t element;
        double ours;
        double theirs;
    };
    std::vector<Example> examples;
};

/// The network's exact outputs against expected ones. Float-valued outputs are equal within 1e-5 of
/// the output's largest expected magnitude, others when identical. A difference is explained when,
/// in that sample, some quantizer upstream of that output decides about a number within float32's
/// rounding of a decision point.
ExpectResult compare_expected(const Graph& network, const std::vector<HostArray>& inputs,
                              const std::vector<HostArray>& outputs,
                              const std::vector<HostArray>& expected, std::int64_t samples);

} // namespace millrace::cli
