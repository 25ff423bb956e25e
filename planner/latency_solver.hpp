// SPDX-License-Identifier: Apache-2.0
//
// The plan of the least resources that keeps to a latency. Every plan that is taken was followed
// word by word; what excludes plans, and what they take at least, is proved by the delays that the
// model knows (planner/design_model.hpp).
#pragma once

#include "planner/budgeted_plans.hpp"

#include <optional>

namespace millrace::planner {

/// For the objective of `plans`, which some choice fits. Nothing: a diagnostic says why, or a trial
/// ended the search. `glance`: a trial with FIFOs that are not sized and never fill.
std::optional<Solution> solve_latency(BudgetedPlans& plans, const TryPlan& try_plan,
                                      const TryPlan& glance, Diagnostics& diagnostics);

} // namespace millrace::planner
