// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.hpp"

#include <string>
#include <vector>

namespace millrace::passes {

/// A quantizer whose decision float32 arithmetic may miss.
struct CloseDecision {
    std::string node;     ///< of the quantizer
    std::int64_t element; ///< flat index
    double distance;      ///< of the exact argument from the decision point, in levels
    double rounding;      ///< bound on the error that float32 arithmetic makes there, in levels
};

/// Why a float32 executor may differ from exact arithmetic on this sample: all quantizer (and sign,
/// threshold) arguments that lie within float32's rounding of a decision point, for each output of
/// the graph those upstream of it. The bound follows the rounding of every float32 operation up to
/// the quantizer: u = 2^-24 of each operand and result for elementwise ones, (K + 1) u times the
/// sum of magnitudes for a product over K.
std::vector<std::vector<CloseDecision>> close_decisions(const Graph& network,
                                                        const std::vector<Tensor>& inputs);

} // namespace millrace::passes
