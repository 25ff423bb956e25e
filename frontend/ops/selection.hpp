// SPDX-License-Identifier: Apache-2.0
//
// What the importers of Softmax and its quantized form share.
#pragma once

#include "frontend/context.hpp"

namespace millrace::frontend {

/// Softmax along one axis; `flattens` (before operator set 13): over all dimensions from the axis
/// on, as if they were one.
ValueId softmax_along(NodeContext& node, ValueId x, std::int64_t wanted, bool flattens);

} // namespace millrace::frontend
