// SPDX-License-Identifier: Apache-2.0
//
// Comparing results: of our own levels element for element, and with someone else's outputs.
#pragma once

#include "cli/sample_arrays.hpp"
#include "passes/explain.hpp"

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
    std::int64_t explained = 0;   ///< elements of samples with an explanation
    std::int64_t unexplained = 0; ///< elements of all others
    double max_abs_difference = 0;
    std::int64_t explained_samples = 0;
    std::int64_t unexplained_samples = 0;
    std::int64_t unsearched_samples = 0; ///< of these, not looked into: enough had failed before
    std::int64_t decisions = 0;          ///< taken otherwise, in all explained samples

    /// A sample that could not be explained, and what the search found.
    struct Failure {
        std::int64_t sample;
        bool searched; ///< false where an expected element is infinite or not a number
        passes::Explanation search;
    };
    /// The first few decisions, failures and unexplained elements.
    struct Decision {
        std::int64_t sample;
        passes::CloseDecision decision;
    };
    struct Example {
        std::size_t output;
        std::int64_t sample;
        std::int64_t element;
        double ours;
        double theirs;
    };
    std::vector<Decision> first_decisions;
    std::vector<Failure> failures;
    std::vector<Example> examples;
};

/// The network's exact outputs against expected ones. Float-valued outputs are equal within 1e-5 of
/// the output's largest expected magnitude, others when identical. The differing elements of a
/// sample are explained together: when passes::Explainer finds decisions of that sample that
/// float32 may take otherwise and that give all of its expected outputs. After some failures the
/// remaining differing samples count as unexplained without a search.
ExpectResult compare_expected(const Graph& network, const std::vector<HostArray>& inputs,
                              const std::vector<HostArray>& outputs,
                              const std::vector<HostArray>& expected, std::int64_t samples);

} // namespace millrace::cli
