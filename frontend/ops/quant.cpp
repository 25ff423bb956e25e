// SPDX-License-Identifier: Apache-2.0
//
// Quant, IntQuant and BipolarQuant of the QONNX, Brevitas and FINN domains (QONNX specification,
// version 1): one Quantize each.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"
#include "frontend/ops/quantizer_parameters.hpp"

namespace millrace::frontend::ops_import {

/// Inputs x, scale, zero point, bit width. Clamps before it rounds.
void quant(NodeContext& node) {
    ops::Quantize op;
    op.is_signed = node.attributes.flag("signed", true);
    op.narrow = node.attributes.flag("narrow", false);
    op.rounding = rounding_attribute(node, Rounding::half_even);
    op.scale = positive_parameter(node, 1, "the scale");
    op.zero_point = any_parameter(node, 2, "the zero point");
    op.bits = bit_width_parameter(node, 3, "the bit width");
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

/// Inputs x and scale: +scale where x >= 0, -scale elsewhere.
void bipolar_quant(NodeContext& node) {
    ops::Quantize op;
    op.scale = positive_parameter(node, 1, "the scale");
    op.zero_point = scalar_parameter(Real(0));
    op.bits = scalar_parameter(Real(1));
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

} // namespace millrace::frontend::ops_import
