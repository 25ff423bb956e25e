// SPDX-License-Identifier: Apache-2.0
//
// Rounding to integers: Floor, Ceil, Round, as quantizers with scale 1 and without bounds.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/quantizer_parameters.hpp"

namespace millrace::frontend::ops_import {

namespace {

void rounded(NodeContext& node, Rounding rounding) {
    ops::Quantize op;
    op.scale = scalar_parameter(Real(1));
    op.zero_point = scalar_parameter(Real(0));
    op.rounding = rounding;
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

} // namespace

void floor(NodeContext& node) { rounded(node, Rounding::floor); }

void ceil(NodeContext& node) { rounded(node, Rounding::ceil); }

/// Halves to even.
void round(NodeContext& node) { rounded(node, Rounding::half_even); }

} // namespace millrace::frontend::ops_import
