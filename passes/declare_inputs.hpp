// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"

#include <map>
#include <string>

namespace millrace::passes {

/// An integer type that the user declares for a real input: real = scale * (q - zero_point), q any
/// value of the type.
struct InputDeclaration {
    DataType type = DataType::uint8;
    Real scale = 1;
    Real zero_point;
};
using InputDeclarations = std::map<std::string, InputDeclaration>; ///< by input name

/// Makes each declared input an integer input: its type becomes the declared one and the real value
/// that the network goes on with is computed from it by Sub and Mul. From here on the model's input
/// *is* q; nothing else changes. Unknown names and types that are not integers of at most 16 bits
/// are bad_input_type diagnostics. Returns whether anything changed.
bool declare_inputs(Graph& network, const InputDeclarations& declarations, const std::string& file,
                    Diagnostics& diagnostics);

} // namespace millrace::passes
