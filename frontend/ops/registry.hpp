// SPDX-License-Identifier: Apache-2.0
//
// The one table of ONNX operators that Millrace imports.
#pragma once

#include "frontend/context.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace onnx {
class NodeProto;
}

namespace millrace::frontend {

enum class Family : std::uint8_t {
    standard,      ///< the default domain
    quantizer,     ///< qonnx.custom_op.general, onnx.brevitas, finn.custom_op.general
    channels_last, ///< qonnx.custom_op.channels_last
    microsoft,     ///< com.microsoft
};

/// Element types that an operator takes.
enum class Accepts : std::uint8_t {
    anything,
    numbers,    ///< all but boolean
    arithmetic, ///< floats and integers of at least 32 bits: narrow ones would wrap around
    floats,
};

struct OperatorEntry {
    std::string_view name;
    Family family;
    int since; ///< first version of the domain that has it
    std::size_t min_inputs;
    std::size_t max_inputs;
    std::size_t max_outputs;
    Accepts accepts;          ///< for the first `typed_inputs` inputs
    std::size_t typed_inputs; ///< these must also have one element type
    void (*import)(NodeContext&);
};

std::span<const OperatorEntry> operator_table();

/// The entry for a node; null when the operator is not supported.
const OperatorEntry* find_operator(const onnx::NodeProto& node);

/// The operators of a (normalised) domain; nothing when none of them is known.
std::optional<Family> family_of_domain(std::string_view domain);

/// What a user can do about an operator that is not supported.
std::string unsupported_help(const onnx::NodeProto& node);

} // namespace millrace::frontend
