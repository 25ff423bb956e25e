// SPDX-License-Identifier: Apache-2.0
//
// Type inference as text in, text out.
#pragma once

#include "ir/graph.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

/// A type as the text form prints it.
std::string type_text(const ValueType& type);

/// The type that the text means.
ValueType parse_type(std::string_view text);

/// What infer() gives for `op`, like "relu {}" or "fifo {depth = 2}", on one input of type `input`:
/// the types of the results joined by " & ", or "error: " and the TypeError's message.
std::string infer_text(std::string_view input, std::string_view op);

/// The same on any number of inputs.
std::string infer_text(const std::vector<std::string_view>& inputs, std::string_view op);

} // namespace millrace::tests
