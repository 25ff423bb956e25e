// SPDX-License-Identifier: Apache-2.0
//
// What the importers of all operators with a convolution share: Conv, its channels-last and its
// integer forms.
#pragma once

#include "frontend/ops/window_attributes.hpp"

namespace millrace::frontend {

struct ConvAttributes {
    WindowAttributes window;
    std::int64_t group = 1;
};
ConvAttributes conv_attributes(NodeContext& node);

/// ops::Conv of x [N, C, spatial...] with w [M, C / group, kernel...].
ValueId convolution(NodeContext& node, const ConvAttributes& attributes, ValueId x, ValueId w);

/// x + bias, the bias [M] along axis 1 of x.
ValueId with_bias(NodeContext& node, ValueId x, ValueId bias);

/// The value with its last axis as axis 1 and the other way round; values of fewer than three
/// dimensions as they are.
ValueId channels_first(NodeContext& node, ValueId value);
ValueId channels_last(NodeContext& node, ValueId value);

} // namespace millrace::frontend
