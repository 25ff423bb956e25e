// SPDX-License-Identifier: Apache-2.0
//
// What the importers of Gemm and its quantized form share.
#pragma once

#include "frontend/context.hpp"

namespace millrace::frontend {

/// A' * B' of two matrices.
ValueId matrix_product(NodeContext& node, ValueId a, bool transpose_a, ValueId b, bool transpose_b);

/// x + c, c broadcast to x.
ValueId with_row(NodeContext& node, ValueId x, ValueId c);

} // namespace millrace::frontend
