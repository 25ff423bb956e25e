// SPDX-License-Identifier: Apache-2.0
//
// The forms of all functions of a body, found once: the planner chooses among them, the dataflow
// lowering builds what was chosen.
#pragma once

#include "ir/function/realize.hpp"
#include "ir/graph.hpp"

#include <string>
#include <vector>

namespace millrace {

struct ProvedFunctions {
    /// By node of the body: what proved_forms() gives for a function, nothing for other nodes.
    std::vector<std::vector<FunctionForm>> forms;
};

/// Proofs are most of a compilation's work and independent of each other: on all cores.
ProvedFunctions prove_functions(const Graph& body);

/// The form of a function (a node of the body): the one of that name, or, for an empty name, the
/// cheapest for `pe` lanes. Null when the function has no form, or none of that name.
const FunctionForm* chosen_form(const ProvedFunctions& functions, const Graph& body,
                                std::size_t node, const std::string& name, std::int64_t pe);

} // namespace millrace
