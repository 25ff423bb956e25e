// SPDX-License-Identifier: Apache-2.0
//
// The proof of an explanation: exact arithmetic with the decisions taken as float32 may take them.
#pragma once

#include "passes/explain.hpp"
#include "passes/explain/sparse_state.hpp"

#include <optional>
#include <vector>

namespace millrace::passes::explain {

/// Evaluates the network on a sample in exact arithmetic, with each flip's decision taken as it
/// says and all others as exact arithmetic takes them. Gives the decisions that had to be taken
/// otherwise when
///
///  - every one of them lies within float32's rounding of its decision point there, behind the
///    other decisions as they were taken, and its result is one level away from the exact one; and
///  - the outputs are the expected ones: identical, or within what is allowed.
///
/// Nothing otherwise.
std::optional<std::vector<CloseDecision>>
certificate(const NetworkMap& network, const std::vector<std::optional<DecisionTable>>& decisions,
            const std::vector<Tensor>& inputs, const std::vector<Flip>& flips,
            const std::vector<ExpectedOutput>& expected);

/// What exact arithmetic makes of a sample with the flips' decisions taken as they say, close or
/// not; nothing when a result is none of the decision's levels.
std::optional<std::vector<Tensor>>
outputs_with(const NetworkMap& network, const std::vector<std::optional<DecisionTable>>& decisions,
             const std::vector<Tensor>& inputs, const std::vector<Flip>& flips);

} // namespace millrace::passes::explain
