// SPDX-License-Identifier: Apache-2.0
//
// Reductions over axes: ReduceMean, ReduceSum, ReduceMax, ReduceMin and, as sums of them, ReduceL1
// and ReduceSumSquare. A sum is the mean times the number of elements, exactly; a maximum is
// MaxPool with a window over the whole axes.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace millrace::frontend::ops_import {

namespace {

struct Reduction {
    std::vector<std::int64_t> axes; ///< ascending
    std::int64_t count = 1;         ///< elements that become one
    Shape kept;                     ///< the result's shape with the reduced axes as 1
    Shape result;
    bool none = false; ///< the operator passes its input on
};

/// `input_since`: the first operator set in which the axes are an input and not an attribute.
Reduction reduction(NodeContext& node, std::int64_t input_since) {
    const bool keep = node.attributes.flag("keepdims", true);
    std::optional<std::vector<std::int64_t>> wanted;
    bool noop = false;
    if (node.opset() < input_since) {
        wanted = node.attributes.integers("axes");
        if (node.has_input(1)) {
            node.fail(Code::wrong_arity,
                      fmt::format("the axes are an input, which operator set {} began to allow",
                                  input_since),
                      "export the model with a newer operator set");
        }
    } else {
        noop = node.attributes.flag("noop_with_empty_axes", false);
        if (node.has_input(1)) {
            wanted = node.integers(1, "the list of axes");
        }
    }
    Reduction result;
    const Shape& shape = node.shape(0);
    const auto rank = static_cast<std::int64_t>(shape.size());
    result.none = noop && (!wanted || wanted->empty());
    if (!wanted || wanted->empty()) {
        result.axes.resize(result.none ? 0 : shape.size());
        std::iota(result.axes.begin(), result.axes.end(), 0);
    } else {
        for (const std::int64_t axis : *wanted) {
            result.axes.push_back(node.axis(axis, rank));
        }
        std::sort(result.axes.begin(), result.axes.end());
        if (std::adjacent_find(result.axes.begin(), result.axes.end()) != result.axes.end()) {
            node.fail(Code::bad_attribute, "an axis is listed twice", "list every axis once");
        }
    }
    for (std::int64_t axis = 0; axis < rank; ++axis) {
        const std::int64_t size = shape[static_cast<std::size_t>(axis)];
        if (!std::binary_search(result.axes.begin(), result.axes.end(), axis)) {
            result.kept.push_back(size);
            result.result.push_back(size);
            continue;
        }
        if (size == 0) {
            node.fail(Code::shape_mismatch,
                      fmt::format("axis {} of shape {} is empty", axis, to_string(shape)),
                      "check the shapes where the model is made");
        }
        result.count *= size;
        result.kept.push_back(1);
        if (keep) {
            result.result.push_back(1);
        }
    }
    return result;
}

/// The sum of x over the axes.
ValueId summed(NodeContext& node, ValueId x, const Reduction& wanted) {
    const DataType element = node.type(x).element;
    const ValueId mean = node.emit(ops::ReduceMean{wanted.axes}, {x});
    const ValueId count = node.add_constant(Tensor::scalar(Real(wanted.count)), element);
    return node.reshape(node.emit(ops::Mul{}, {mean, count}), wanted.result);
}

ops::Window whole(const Shape& sizes) {
    const Shape ones(sizes.size(), 1);
    const Shape zeros(sizes.size(), 0);
    return {sizes, ones, ones, zeros, zeros};
}

/// The largest element of x over the axes. Axes behind the channels are a window of their own;
/// others are brought to the end first.
ValueId largest(NodeContext& node, ValueId x, const Reduction& wanted) {
    const Shape shape = node.type(x).shape;
    if (wanted.axes.empty()) {
        return x;
    }
    if (shape.size() >= 3 && wanted.axes.front() >= 2) {
        Shape kernel(shape.size() - 2, 1);
        for (const std::int64_t axis : wanted.axes) {
            const auto i = static_cast<std::size_t>(axis);
            kernel[i - 2] = shape[i];
        }
        return node.reshape(node.emit(ops::MaxPool{whole(kernel)}, {x}), wanted.result);
    }
    std::vector<std::int64_t> perm;
    for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(shape.size()); ++axis) {
        if (!std::binary_search(wanted.axes.begin(), wanted.axes.end(), axis)) {
            perm.push_back(axis);
        }
    }
    perm.insert(perm.end(), wanted.axes.begin(), wanted.axes.end());
    if (!std::is_sorted(perm.begin(), perm.end())) {
        x = node.emit(ops::Transpose{perm}, {x});
    }
    x = node.reshape(x, {1, element_count(wanted.result), wanted.count});
    return node.reshape(node.emit(ops::MaxPool{whole({wanted.count})}, {x}), wanted.result);
}

} // namespace

void reduce_mean(NodeContext& node) {
    const Reduction wanted = reduction(node, 18);
    const ValueId x = node.input(0);
    node.set_output(
        0, wanted.axes.empty()
               ? x
               : node.reshape(node.emit(ops::ReduceMean{wanted.axes}, {x}), wanted.result));
}

void reduce_sum(NodeContext& node) {
    const Reduction wanted = reduction(node, 13);
    const ValueId x = node.input(0);
    node.set_output(0, wanted.axes.empty() ? x : summed(node, x, wanted));
}

void reduce_max(NodeContext& node) {
    const Reduction wanted = reduction(node, 18);
    node.set_output(0, largest(node, node.input(0), wanted));
}

void reduce_min(NodeContext& node) {
    const Reduction wanted = reduction(node, 18);
    const ValueId x = node.input(0);
    node.set_output(
        0, wanted.axes.empty()
               ? x
               : node.emit(ops::Neg{}, {largest(node, node.emit(ops::Neg{}, {x}), wanted)}));
}

/// Without axes, each element is a sum of its own.
void reduce_l1(NodeContext& node) {
    const Reduction wanted = reduction(node, 18);
    const ValueId magnitude = node.emit(ops::LeakyRelu{Real(-1)}, {node.input(0)});
    node.set_output(0, wanted.axes.empty() ? magnitude : summed(node, magnitude, wanted));
}

void reduce_sum_square(NodeContext& node) {
    const Reduction wanted = reduction(node, 18);
    const ValueId square = node.emit(ops::Mul{}, {node.input(0), node.input(0)});
    node.set_output(0, wanted.axes.empty() ? square : summed(node, square, wanted));
}

} // namespace millrace::frontend::ops_import
