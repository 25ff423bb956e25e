// SPDX-License-Identifier: Apache-2.0
//
// What the importers of the quantizer operators share: reading and checking their parameters.
#pragma once

#include "frontend/context.hpp"
#include "ir/rounding.hpp"

#include <string_view>

namespace millrace::frontend {

/// A constant parameter that is not zero or negative anywhere; a tensor of one element loses its
/// dimensions. Reports bad_attribute and leaves the node.
TensorPtr positive_parameter(NodeContext& node, std::size_t index, std::string_view what);
/// A constant parameter; a tensor of one element loses its dimensions.
TensorPtr any_parameter(NodeContext& node, std::size_t index, std::string_view what);
/// Bit widths from 1 to 64. Reports bad_attribute and leaves the node.
TensorPtr bit_width_parameter(NodeContext& node, std::size_t index, std::string_view what);

/// The attribute rounding_mode; reports an unknown mode and returns the fallback.
Rounding rounding_attribute(NodeContext& node, Rounding fallback);

/// A single integer as parameter tensor.
TensorPtr scalar_parameter(const Real& value);

} // namespace millrace::frontend
