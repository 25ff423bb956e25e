// SPDX-License-Identifier: Apache-2.0
//
// What actors are made of whatever their lanes: formats of constants, units of a pad. The dataflow
// lowering builds it, the planner counts what it takes.
#pragma once

#include "ir/ops/dataflow.hpp"
#include "ir/ops/integer.hpp"
#include "ir/type.hpp"

#include <vector>

namespace millrace {

/// The narrowest format of a layer's weights: bipolar where they are -1 and +1 only.
ElementFormat weight_format(const Tensor& weights);

/// Whether no weight is the lowest number of their format.
bool is_narrow(const Tensor& weights, const ElementFormat& format);

/// Whether all numbers of `part` can be written in `format` as they are.
bool format_holds(const ElementFormat& format, const ElementFormat& part);

/// One unit of a pad, which pads two neighbouring axes of what comes in this shape.
struct PadPart {
    Shape planes;
    ops::PadUnit unit;
};
/// The units of a pad one after the other, for inputs of a shape and results of a format.
std::vector<PadPart> pad_parts(const ops::IntegerPad& op, Shape shape, const ElementFormat& format);

} // namespace millrace
