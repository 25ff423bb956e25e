// SPDX-License-Identifier: Apache-2.0
//
// Operators that pass their input on: Identity, Dropout (inference), Cast.
#include "frontend/context.hpp"
#include "frontend/ops/importers.hpp"

#include <fmt/format.h>

namespace millrace::frontend::ops_import {

void identity(NodeContext& node) { node.set_output(0, node.input(0)); }

/// The ratio is an attribute before operator set 12; since then it is an input, and a third one
/// says whether the network is being trained.
void dropout(NodeContext& node) {
    node.attributes.ignore({"ratio", "seed"});
    if (node.has_input(2)) {
        if (node.scalar(2, "training_mode").sign() != 0) {
            node.fail(Code::bad_attribute, "training_mode is true",
                      "export the model for inference");
        }
    }
    if (node.output_used(1)) {
        node.fail(Code::unsupported_operator, "the mask (output 1) is used",
                  "export the model for inference");
    }
    node.set_output(0, node.input(0));
}

void cast(NodeContext& node) {
    const std::int64_t number = node.attributes.required_integer("to");
    node.attributes.ignore({"saturate", "round_mode"}); // these concern 8-bit floats only
    node.stop_on_errors();
    const auto element = data_type_from_onnx(number);
    if (!element) {
        node.fail(Code::unsupported_data_type,
                  fmt::format("Cast to type {}", onnx_data_type_name(number)),
                  "use a float, integer or boolean type");
    }
    node.set_output(0, node.cast(node.input(0), *element));
}

} // namespace millrace::frontend::ops_import
