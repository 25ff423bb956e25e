// SPDX-License-Identifier: Apache-2.0
//
// The text form of all levels: prints every field exactly and parses back to an equal graph.
//
//   network "tfc" {
//     input %x : real float32 [1,64]
//     const %w : real float32 [2,2] = floats [1,2,3,4]
//     %y : real float32 [1,2] = matmul(%x, %w) from "MatMul" "node name"
//     %z : real float32 [1,2] = leaky_relu(%y) from "LeakyRelu" "act" {alpha = 1/8}
//     output %z
//   }
//
// Value names that are not [A-Za-z0-9_.]+ are quoted: %"a b". Strings escape quotes, backslashes
// and control characters. Nodes with several outputs list them: %a : T, %b : T = topk(%x) {...}.
// `from "Op" "name"`, the ONNX operator and node that a node came from, stands before `{fields}`;
// it is left out where both are empty, as braces are where an op has no fields.
#pragma once

#include "ir/graph.hpp"

#include <string>
#include <string_view>

namespace millrace {

std::string print(const Graph& graph);

/// The text is not a graph; the message names the line.
class TextError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
Graph parse_graph(std::string_view text);

/// One op with its fields as print() writes them: `leaky_relu {alpha = 1/8}`.
std::string print(const Op& op);

} // namespace millrace
