// SPDX-License-Identifier: Apache-2.0
#include "frontend/ops/axis_indices.hpp"

namespace millrace::frontend {

ValueId taken_along(NodeContext& node, ValueId value, std::int64_t axis,
                    const std::vector<std::int64_t>& indices) {
    const std::int64_t size = node.type(value).shape.at(static_cast<std::size_t>(axis));
    bool identity = static_cast<std::int64_t>(indices.size()) == size;
    for (std::size_t i = 0; identity && i < indices.size(); ++i) {
        identity = indices[i] == static_cast<std::int64_t>(i);
    }
    if (identity) {
        return value;
    }
    const ValueId list = node.add_constant(Tensor::integers(indices), DataType::int64);
    return node.emit(ops::Gather{axis}, {value, list});
}

} // namespace millrace::frontend
