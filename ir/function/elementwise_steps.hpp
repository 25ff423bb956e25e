// SPDX-License-Identifier: Apache-2.0
//
// Elementwise network ops as steps of an exact function, and what a step does to the grid that the
// values lie on.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/function/step_function.hpp"
#include "ir/graph.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// The steps that the op applies to its one input that is not a constant; parameters vary with the
/// flat element index modulo `channels`. std::nullopt: the op is not elementwise in one variable,
/// or its parameters do not repeat with that period (`too_fine` is set then, and a larger number of
/// channels would do).
struct ElementwiseSteps {
    std::optional<std::vector<Step>> steps;
    bool too_fine = false;
};
ElementwiseSteps elementwise_steps(const Graph& graph, const Node& node, std::size_t variable_input,
                                   std::int64_t channels);

/// A parameter tensor that broadcasts to the variable's shape as one value for all elements, or one
/// for each channel, whatever the caller's channels are; std::nullopt: it is too fine for them.
using ParameterReader = std::function<std::optional<std::vector<Real>>(const Tensor&)>;
ElementwiseSteps elementwise_steps(const Graph& graph, const Node& node, std::size_t variable_input,
                                   const ParameterReader& reader);

/// The grid after a step over values on `grid`; std::nullopt when the results need not lie on one.
std::optional<Grid> grid_after(const std::optional<Grid>& grid, const Step& step);

/// real = scale * (q - zero_point), and its inverse.
Step decode_step(const Grid& grid);
Step encode_step(const Grid& grid);

/// What a quantizer, MultiThreshold or sign can give at all, as integers on grid_after()'s grid;
/// std::nullopt for other steps and quantizers without a clamp.
std::optional<OutputRange> quantizer_levels(const Step& step);

/// Repeats per-channel parameters so that they serve `channels` (a multiple of their number).
void repeat_parameters(std::vector<Step>& steps, std::size_t channels);
void repeat_parameters(Grid& grid, std::size_t channels);

} // namespace millrace
