// SPDX-License-Identifier: Apache-2.0
//
// The TOML form of a plan: what `compile` writes as plan.toml and reads with --plan.
//
//   [fifo]
//   default_depth = 2
//   layer_fifo = 16          # one FIFO by its name
//
//   [actor.layer]            # by its name in reports
//   pe = 16                  # matrix_vector, function: output lanes
//   simd = 49                # matrix_vector, topk: input lanes
//   memory = "auto"          # matrix_vector, function: "auto", "lut", "bram" or "uram"
//   multiplier = "auto"      # matrix_vector: "auto", "lut" or "dsp"
//   form = "auto"            # function: "auto" or the name of a form
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"
#include "ir/plan.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::planner {

/// The plan with comments that tell each actor's kind, size, cycles and legal values. Equal plans
/// of equal graphs give equal text, and read_plan() gives the plan back.
std::string write_plan(const Plan& plan, const Graph& body, const Graph& dataflow = {});

/// A plan from TOML text. Actors and keys that it does not mention have what the default folding
/// gives them. Unknown tables, keys and actors, values of the wrong type and illegal values are
/// bad_plan diagnostics with the line and the nearest legal name or value; with any there is no
/// plan. Names of FIFOs are checked where FIFOs are made (passes/lower_to_dataflow).
std::optional<Plan> read_plan(std::string_view toml, const std::string& file, const Graph& body,
                              Diagnostics& diagnostics);

/// "1 or 2", "4": the legal values around `value`, which is not among them (ascending, not empty).
std::string nearest_values(std::span<const std::int64_t> legal, std::int64_t value);

/// "auto", "lut", "bram", "uram".
std::string_view to_string(ops::MemoryStyle style);
/// "auto", "lut", "dsp".
std::string_view to_string(ops::MultiplierStyle style);
std::optional<ops::MemoryStyle> memory_style(std::string_view name);
std::optional<ops::MultiplierStyle> multiplier_style(std::string_view name);

} // namespace millrace::planner
