// SPDX-License-Identifier: Apache-2.0
//
// MultiThreshold of FINN and QONNX.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

/// Inputs x and thresholds [C or 1, N]. Channels are dimension 1 of matrices and of images in NCHW
/// layout, and the last dimension otherwise, as in QONNX's reference implementation.
void multi_threshold(NodeContext& node) {
    ops::MultiThreshold op;
    op.out_scale = node.attributes.real("out_scale", 1.0F);
    op.out_bias = node.attributes.real("out_bias", 0.0F);
    node.attributes.ignore({"out_dtype"}); // follows from the values
    const std::string layout = node.attributes.text("data_layout").value_or("NCHW");
    if (layout != "NCHW" && layout != "NHWC") {
        node.attributes.reject("data_layout",
                               fmt::format("is '{}' and must be NCHW or NHWC", escaped(layout)));
    }
    const TensorPtr thresholds = node.parameter(1, "the matrix of thresholds");
    const auto rank = static_cast<std::int64_t>(node.shape(0).size());
    op.channel_axis = rank == 4 && layout == "NCHW" ? 1 : std::max<std::int64_t>(rank - 1, 0);
    if (thresholds->rank() != 2) {
        node.fail(Code::shape_mismatch,
                  fmt::format("thresholds of shape {} are not a matrix of a row per channel",
                              to_string(thresholds->shape())),
                  "give the thresholds the shape [channels, steps]");
    }
    const std::int64_t steps = thresholds->shape()[1];
    for (std::int64_t i = 0; i + 1 < thresholds->size(); ++i) {
        if ((i + 1) % steps != 0 && thresholds->at(i) > thresholds->at(i + 1)) {
            node.fail(
                Code::bad_attribute,
                fmt::format("the thresholds of channel {} do not ascend", i / steps),
                "sort the thresholds of each channel; the count of those reached is the same");
        }
    }
    op.thresholds = thresholds;
    node.set_output(0, node.emit(std::move(op), {node.input(0)}));
}

} // namespace millrace::frontend::ops_import
