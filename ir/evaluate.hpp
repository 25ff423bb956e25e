// SPDX-License-Identifier: Apache-2.0
//
// The reference interpreter of the network level: exact reals, op by op, exactly as the comment
// above each op struct says. It is also what folds constants, so both agree.
#pragma once

#include "ir/graph.hpp"

#include <functional>

namespace millrace {

/// The op's results for constant inputs. Throws Defect for an op of another level,
/// std::domain_error where the mathematics has no result (division by zero, logarithm of zero).
std::vector<Tensor> evaluate(const Op& op, const TensorList& inputs);

/// Evaluates a network-level graph for one sample. inputs[i] has the shape of graph.inputs[i].
/// Returns the tensors of graph.outputs. `observe`, when given, sees every computed value.
using ValueObserver = std::function<void(ValueId, const Tensor&)>;
std::vector<Tensor> evaluate_network(const Graph& graph, const std::vector<Tensor>& inputs,
                                     const ValueObserver& observe = {});

} // namespace millrace
