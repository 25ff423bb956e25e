// SPDX-License-Identifier: Apache-2.0
//
// The manifest's part that no backend decides: host steps and the model's inputs and outputs
// (docs/manifest.md).
#pragma once

#include "ir/program.hpp"

#include <nlohmann/json.hpp>

namespace millrace::backends {

/// A network-level graph as JSON: inputs, constants, steps in order, outputs. Exact numbers are
/// strings (Real's text form) beside the nearest double and what that leaves, rounded to a double.
nlohmann::ordered_json host_graph_json(const Graph& graph);

/// {"inputs": [...], "outputs": [...]} of the model, with element types and shapes.
nlohmann::ordered_json model_interface_json(const Graph& network, const Program& program);

/// The float thresholds of a hardware input where its head is one monotone function (null else).
nlohmann::ordered_json input_quantizer_json(const Program& program, std::size_t body_input);

/// By output of the model: its table of the kernel's integers, or null (docs/manifest.md).
nlohmann::ordered_json decoders_json(const Program& program);

/// A grid: {"scale": [...], "zero_point": [...]}, each number as {"exact", "value", "rest"}.
nlohmann::ordered_json grid_json(const Grid& grid);

} // namespace millrace::backends
