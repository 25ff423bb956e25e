// SPDX-License-Identifier: Apache-2.0
//
// Random networks as planners see them.
#pragma once

#include "ir/graph.hpp"
#include "ir/memory_pace.hpp"
#include "passes/pipeline.hpp"
#include "tests/support/random_mlp.hpp"

#include <cstdint>
#include <functional>

namespace millrace::tests {

/// Compiles tests::random_cnn(seed) as far as the plan, and calls f(request). False: it is refused.
bool with_random_body(std::uint32_t seed, ActorLibrary library,
                      const std::function<void(const passes::PlanRequest& request)>& f);
/// The same of a RandomMlp's network.
bool with_random_mlp(std::uint32_t seed, const RandomMlp::Limits& limits, ActorLibrary library,
                     const std::function<void(const passes::PlanRequest& request)>& f);

/// Memory that takes so many quarters of a cycle for each element of an input or output.
MemoryCycles paced_ports(const Graph& body, std::int64_t quarters);

} // namespace millrace::tests
