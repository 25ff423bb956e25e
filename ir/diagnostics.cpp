// SPDX-License-Identifier: Apache-2.0
//
// The diagnostics table and its printing. Ids never change their meaning: new ones are appended.
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace millrace {

namespace {

constexpr std::array table{
    DiagnosticInfo{Code::cannot_read_file, "MR101", "file cannot be read"},
    DiagnosticInfo{Code::not_onnx, "MR102", "file is not an ONNX model"},
    DiagnosticInfo{Code::unsupported_opset, "MR103", "operator set version outside 7 to 24"},
    DiagnosticInfo{Code::no_outputs, "MR104", "graph without outputs or inputs"},
    DiagnosticInfo{Code::cyclic_graph, "MR105", "graph has a cycle"},
    DiagnosticInfo{Code::undefined_value, "MR106", "value is used but never defined"},
    DiagnosticInfo{Code::duplicate_value, "MR107", "value is defined twice"},
    DiagnosticInfo{Code::external_data_outside, "MR108", "external data outside the model folder"},
    DiagnosticInfo{Code::external_data_unreadable, "MR109", "external data cannot be read"},
    DiagnosticInfo{Code::tensor_size_mismatch, "MR110", "tensor data does not match its shape"},
    DiagnosticInfo{Code::unsupported_data_type, "MR111", "unsupported tensor data type"},
    DiagnosticInfo{Code::bad_attribute, "MR112", "attribute is missing or has an illegal value"},
    DiagnosticInfo{Code::wrong_arity, "MR113", "wrong number of inputs or outputs"},
    DiagnosticInfo{Code::shape_mismatch, "MR114", "shapes do not fit"},
    DiagnosticInfo{Code::unsupported_operator, "MR115", "operator is not supported"},
    DiagnosticInfo{Code::dynamic_shape, "MR116", "shape is not known at compile time"},
    DiagnosticInfo{Code::parameter_not_constant, "MR117", "parameter must be a constant"},
    DiagnosticInfo{Code::checker_advice, "MR118", "remark of the ONNX checker"},
    DiagnosticInfo{Code::non_finite_constant, "MR119", "constant is infinite or not a number"},
    DiagnosticInfo{Code::no_quantizer, "MR201", "network has no quantized layer"},
    DiagnosticInfo{Code::weights_not_quantized, "MR202", "weights are not on a 16-bit grid"},
    DiagnosticInfo{Code::layer_input_not_quantized, "MR203", "layer input has no quantizer"},
    DiagnosticInfo{Code::accumulator_too_wide, "MR204", "accumulator needs too many bits"},
    DiagnosticInfo{Code::activation_too_wide, "MR205", "activation needs more than 16 bits"},
    DiagnosticInfo{Code::layer_on_host, "MR206", "layer stays on the host"},
    DiagnosticInfo{Code::unsupported_in_hardware, "MR207", "operator cannot be in hardware here"},
    DiagnosticInfo{Code::undecided_tie, "MR208", "rounding decision cannot be made"},
    DiagnosticInfo{Code::bad_input_type, "MR209", "input type does not fit the model"},
    DiagnosticInfo{Code::bad_plan, "MR301", "plan entry is unknown or illegal"},
    DiagnosticInfo{Code::bad_folding, "MR302", "folding entry is unknown or illegal"},
    DiagnosticInfo{Code::target_unreachable, "MR303", "target cannot be reached"},
    DiagnosticInfo{Code::bad_board, "MR304", "board is wrongly described or too small"},
    DiagnosticInfo{Code::bad_output_directory, "MR401", "output directory cannot be used"},
    DiagnosticInfo{Code::bad_array_file, "MR402", "array file cannot be used"},
    DiagnosticInfo{Code::input_mismatch, "MR403", "arrays do not fit the model"},
    DiagnosticInfo{Code::not_a_project, "MR404", "not a Millrace project"},
    DiagnosticInfo{Code::simulation_failed, "MR405", "simulation failed"},
    DiagnosticInfo{Code::synthesis_failed, "MR406", "synthesis failed"},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].code) != i) {
            return false;
        }
    }
    return static_cast<std::size_t>(Code::synthesis_failed) + 1 == table.size();
}
static_assert(in_order(), "the table must list every code in the order of the enumeration");

} // namespace

std::span<const DiagnosticInfo> diagnostic_table() { return table; }

const DiagnosticInfo& info(Code code) { return table[static_cast<std::size_t>(code)]; }

std::string_view to_string(Severity severity) {
    switch (severity) {
    case Severity::note:
        return "note";
    case Severity::warning:
        return "warning";
    case Severity::error:
        return "error";
    }
    throw Defect("unknown severity");
}

void Diagnostics::add(Diagnostic diagnostic) {
    if (diagnostic.severity == Severity::error) {
        ++errors_;
    }
    entries_.push_back(std::move(diagnostic));
}

bool Diagnostics::contains(Code code) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [code](const Diagnostic& d) { return d.code == code; });
}

std::string escaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            result += '\\';
            result += character;
        } else if (character == '\n') {
            result += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            result += fmt::format("\\x{:02x}", byte);
        } else {
            result += character;
        }
    }
    return result;
}

std::string format(const Diagnostic& diagnostic) {
    std::string text =
        fmt::format("{}[{}]: ", to_string(diagnostic.severity), info(diagnostic.code).id);
    if (!diagnostic.file.empty()) {
        text += escaped(diagnostic.file) + ": ";
    }
    if (!diagnostic.node.empty()) {
        text += fmt::format("node '{}'", escaped(diagnostic.node));
        if (!diagnostic.op.empty()) {
            text += fmt::format(" ({})", escaped(diagnostic.op));
        }
        text += ": ";
    } else if (!diagnostic.op.empty()) {
        text += escaped(diagnostic.op) + ": ";
    }
    text += diagnostic.message;
    if (!diagnostic.help.empty()) {
        text += "\n  help: " + diagnostic.help;
    }
    return text;
}

} // namespace millrace
