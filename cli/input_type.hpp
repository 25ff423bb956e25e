// SPDX-License-Identifier: Apache-2.0
//
// The argument of --input-type: NAME=TYPE[:scale=S][:zero_point=Z], for example
// x=uint8:scale=1/255.
#pragma once

#include "passes/declare_inputs.hpp"

#include <string>
#include <utility>

namespace millrace::cli {

/// Name and declaration, exactly: numbers are integers, fractions 1/255 or decimals 0.5e-2 and mean
/// what is written. Throws std::invalid_argument with a message for the user.
std::pair<std::string, passes::InputDeclaration> parse_input_type(const std::string& argument);

} // namespace millrace::cli
