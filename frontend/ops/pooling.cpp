// SPDX-License-Identifier: Apache-2.0
//
// Pools over the spatial axes: MaxPool, AveragePool and the global ones.
#include "frontend/ops/pooling.hpp"

#include "frontend/ops/convolution.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

#include <numeric>

namespace millrace::frontend {

PoolAttributes pool_attributes(NodeContext& node, WindowAttributeNames names, bool average) {
    PoolAttributes result;
    result.window = window_attributes(node, names);
    if (average) {
        result.count_include_pad = node.attributes.flag("count_include_pad", false);
    }
    if (!result.window.kernel) {
        node.attributes.reject("kernel_shape", "is missing");
    }
    return result;
}

ValueId max_pooled(NodeContext& node, const PoolAttributes& attributes, ValueId x) {
    node.stop_on_errors();
    const Shape sizes = spatial_sizes(node, node.type(x).shape);
    return node.emit(
        ops::MaxPool{
            resolved_window(node, attributes.window, sizes, *attributes.window.kernel).window},
        {x});
}

ValueId average_pooled(NodeContext& node, const PoolAttributes& attributes, ValueId x) {
    node.stop_on_errors();
    const Shape sizes = spatial_sizes(node, node.type(x).shape);
    ResolvedWindow resolved =
        resolved_window(node, attributes.window, sizes, *attributes.window.kernel);
    return node.emit(ops::AveragePool{std::move(resolved.window), std::move(resolved.added_end),
                                      attributes.count_include_pad},
                     {x});
}

ValueId spatial_mean(NodeContext& node, ValueId x) {
    const Shape sizes = spatial_sizes(node, node.type(x).shape);
    std::vector<std::int64_t> axes(sizes.size());
    std::iota(axes.begin(), axes.end(), 2);
    return node.emit(ops::ReduceMean{std::move(axes)}, {x});
}

namespace ops_import {

namespace {

void refuse_indices(NodeContext& node) {
    if (node.output_used(1)) {
        node.fail(Code::unsupported_operator, "the indices (output 1) are used",
                  "unpooling with them is not supported: use Resize (nearest) or ConvTranspose");
    }
}

PoolAttributes max_pool_attributes(NodeContext& node) {
    const bool newer = node.opset() >= 10;
    PoolAttributes attributes =
        pool_attributes(node, {.dilations = newer, .ceil_mode = newer}, false);
    node.attributes.ignore({"storage_order"}); // concerns the indices only
    refuse_indices(node);
    return attributes;
}

} // namespace

void max_pool(NodeContext& node) {
    const PoolAttributes attributes = max_pool_attributes(node);
    node.set_output(0, max_pooled(node, attributes, node.input(0)));
}

/// The domains with channels last have all attributes in version 1.
void channels_last_max_pool(NodeContext& node) {
    const PoolAttributes attributes =
        pool_attributes(node, {.dilations = true, .ceil_mode = true}, false);
    node.attributes.ignore({"storage_order"});
    refuse_indices(node);
    const ValueId x = channels_first(node, node.input(0));
    node.set_output(0, channels_last(node, max_pooled(node, attributes, x)));
}

void average_pool(NodeContext& node) {
    const PoolAttributes attributes = pool_attributes(
        node, {.dilations = node.opset() >= 19, .ceil_mode = node.opset() >= 10}, true);
    node.set_output(0, average_pooled(node, attributes, node.input(0)));
}

void channels_last_average_pool(NodeContext& node) {
    const PoolAttributes attributes =
        pool_attributes(node, {.dilations = true, .ceil_mode = true}, true);
    const ValueId x = channels_first(node, node.input(0));
    node.set_output(0, channels_last(node, average_pooled(node, attributes, x)));
}

void global_average_pool(NodeContext& node) {
    node.set_output(0, spatial_mean(node, node.input(0)));
}

void global_max_pool(NodeContext& node) {
    PoolAttributes attributes;
    attributes.window.kernel = spatial_sizes(node, node.shape(0));
    node.set_output(0, max_pooled(node, attributes, node.input(0)));
}

} // namespace ops_import

} // namespace millrace::frontend
