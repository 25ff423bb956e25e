// SPDX-License-Identifier: Apache-2.0
//
// Operators that compute shapes: Shape, Size, Range. All shapes are known, so these are constants.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <algorithm>

namespace millrace::frontend::ops_import {

/// The dimensions [start, end), counted from the end when negative and clamped (ONNX Shape-15).
void shape(NodeContext& node) {
    std::int64_t start = 0;
    std::optional<std::int64_t> end;
    if (node.opset() >= 15) {
        start = node.attributes.integer("start", 0);
        end = node.attributes.integer("end");
    }
    const Shape& dimensions = node.shape(0);
    const auto rank = static_cast<std::int64_t>(dimensions.size());
    const auto position = [&](std::int64_t value) {
        return std::clamp<std::int64_t>(value < 0 ? std::max(value, -rank) + rank : value, 0, rank);
    };
    const std::int64_t first = position(start);
    const std::int64_t last = std::max(first, position(end.value_or(rank)));
    const std::vector<std::int64_t> wanted(dimensions.begin() + first, dimensions.begin() + last);
    node.set_output(0, node.add_constant(Tensor::integers(wanted), DataType::int64));
}

void size(NodeContext& node) {
    const Real count(element_count(node.shape(0)));
    node.set_output(0, node.add_constant(Tensor::scalar(count), DataType::int64));
}

/// start, start + delta, ... before limit.
void range(NodeContext& node) {
    const Real start = node.scalar(0, "start");
    const Real limit = node.scalar(1, "limit");
    const Real delta = node.scalar(2, "delta");
    if (delta.sign() == 0) {
        node.fail(Code::bad_attribute, "delta is 0", "correct the constant");
    }
    const Real steps = (limit - start) / delta;
    const std::int64_t most = node.builder().options().max_elements;
    const std::int64_t count = steps.sign() <= 0     ? 0
                               : steps >= Real(most) ? most
                                                     : steps.round(Rounding::ceil);
    node.builder().reserve_folded({count}, node.report());
    std::vector<Real> values;
    for (std::int64_t i = 0; i < count; ++i) {
        values.push_back(start + Real(i) * delta);
    }
    node.set_output(0, node.add_constant(Tensor({count}, std::move(values)), node.element(0)));
}

} // namespace millrace::frontend::ops_import
