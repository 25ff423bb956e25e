// SPDX-License-Identifier: Apache-2.0
//
// DepthToSpace and SpaceToDepth: blocks of channels become blocks of pixels and the other way
// round, by Reshape, Transpose and Reshape.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

namespace {

/// The input [N, C, H, W] and the block size, checked against each other.
struct Blocks {
    Shape shape;
    std::int64_t size = 1;
};

Blocks blocks(NodeContext& node, bool of_channels) {
    Blocks result{node.shape(0), node.attributes.required_integer("blocksize")};
    const std::int64_t b = result.size;
    if (b < 1 || b > 1 << 15) {
        node.attributes.reject("blocksize", fmt::format("is {}", b));
    }
    node.stop_on_errors();
    const bool fits = result.shape.size() == 4 &&
                      (of_channels ? result.shape[1] % (b * b) == 0
                                   : result.shape[2] % b == 0 && result.shape[3] % b == 0);
    if (!fits) {
        node.fail(Code::shape_mismatch,
                  fmt::format("an input of shape {} does not divide into blocks of {}",
                              to_string(result.shape), b),
                  of_channels ? "give [batch, channels, height, width] with a number of channels "
                                "that the square of the block size divides"
                              : "give [batch, channels, height, width] with sizes that the block "
                                "size divides");
    }
    return result;
}

void set_moved(NodeContext& node, const Shape& split, const std::vector<std::int64_t>& perm,
               const Shape& result) {
    const ValueId moved = node.emit(ops::Transpose{perm}, {node.reshape(node.input(0), split)});
    node.set_output(0, node.reshape(moved, result));
}

} // namespace

/// DCR: channel = (row * b + column) * C + c; CRD: channel = (c * b + row) * b + column.
void depth_to_space(NodeContext& node) {
    bool depth_first = true;
    if (node.opset() >= 11) {
        const std::string mode = node.attributes.text("mode").value_or("DCR");
        depth_first = mode != "CRD";
        if (mode != "CRD" && mode != "DCR") {
            node.attributes.reject("mode",
                                   fmt::format("is '{}'; known are DCR, CRD", escaped(mode)));
        }
    }
    const auto [shape, b] = blocks(node, true);
    const std::int64_t channels = shape[1] / (b * b);
    const Shape result{shape[0], channels, shape[2] * b, shape[3] * b};
    if (depth_first) {
        set_moved(node, {shape[0], b, b, channels, shape[2], shape[3]}, {0, 3, 4, 1, 5, 2}, result);
    } else {
        set_moved(node, {shape[0], channels, b, b, shape[2], shape[3]}, {0, 1, 4, 2, 5, 3}, result);
    }
}

/// The inverse of DepthToSpace in mode DCR.
void space_to_depth(NodeContext& node) {
    const auto [shape, b] = blocks(node, false);
    set_moved(node, {shape[0], shape[1], shape[2] / b, b, shape[3] / b, b}, {0, 3, 5, 1, 2, 4},
              {shape[0], shape[1] * b * b, shape[2] / b, shape[3] / b});
}

} // namespace millrace::frontend::ops_import
