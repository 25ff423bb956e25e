// SPDX-License-Identifier: Apache-2.0
//
// Random networks as planners see them.
#pragma once

#include "ir/graph.hpp"
#include "passes/pipeline.hpp"

#include <cstdint>
#include <functional>

namespace millrace::tests {

/// Compiles tests::random_cnn(seed) as far as the plan, and calls f(request). False: it is refused.
bool with_random_body(std::uint32_t seed, ActorLibrary library,
                      const std::function<void(const passes::PlanRequest& request)>& f);

} // namespace millrace::tests
