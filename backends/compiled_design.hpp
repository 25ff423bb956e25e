// SPDX-License-Identifier: Apache-2.0
//
// What every backend starts from.
#pragma once

#include "ir/cycle_prediction.hpp"
#include "ir/plan.hpp"
#include "ir/program.hpp"

#include <optional>

namespace millrace::backends {

struct CompiledDesign {
    const Graph& network;
    const Program& program;
    const Graph& dataflow;
    const Plan& plan;
    std::optional<CyclePrediction> cycles; ///< predict_cycles()'s, where they are known already
};

} // namespace millrace::backends
