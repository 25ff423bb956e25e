// SPDX-License-Identifier: Apache-2.0
//
// What the importers of pools share with their channels-last and integer forms.
#pragma once

#include "frontend/ops/window_attributes.hpp"

namespace millrace::frontend {

/// MaxPool's and AveragePool's attributes.
struct PoolAttributes {
    WindowAttributes window;
    bool count_include_pad = false;
};

/// Reports a missing kernel_shape.
PoolAttributes pool_attributes(NodeContext& node, WindowAttributeNames names, bool average);
ValueId max_pooled(NodeContext& node, const PoolAttributes& attributes, ValueId x);
ValueId average_pooled(NodeContext& node, const PoolAttributes& attributes, ValueId x);
/// The mean over all axes behind the channels.
ValueId spatial_mean(NodeContext& node, ValueId x);

} // namespace millrace::frontend
