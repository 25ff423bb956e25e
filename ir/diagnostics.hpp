// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics: what a user is told about his own input. A diagnostic has a stable code, the file,
// the ONNX node and operator where it applies, what is wrong and what to do. All that can be found
// are collected; the command reports them together and exits with 1. A broken invariant of ours is
// a Defect, a different type, and exits with 70.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class Severity : std::uint8_t { note, warning, error };

/// One entry per kind of diagnostic; the table in diagnostics.cpp gives each its stable id.
enum class Code : std::uint8_t {
    // Reading the model.
    cannot_read_file,
    not_onnx,
    unsupported_opset,
    no_outputs,
    cyclic_graph,
    undefined_value,
    duplicate_value,
    external_data_outside,
    external_data_unreadable,
    tensor_size_mismatch,
    unsupported_data_type,
    bad_attribute,
    wrong_arity,
    shape_mismatch,
    unsupported_operator,
    dynamic_shape,
    parameter_not_constant,
    checker_advice,
    non_finite_constant,
    // Mapping it to hardware.
    no_quantizer,
    weights_not_quantized,
    layer_input_not_quantized,
    accumulator_too_wide,
    activation_too_wide,
    layer_on_host,
    unsupported_in_hardware,
    undecided_tie,
    bad_input_type,
    // Plans and targets.
    bad_plan,
    bad_folding,
    target_unreachable,
    bad_board,
    // Files and simulation.
    bad_output_directory,
    bad_array_file,
    input_mismatch,
    not_a_project,
    simulation_failed,
    synthesis_failed,
};

struct DiagnosticInfo {
    Code code;
    std::string_view id; ///< stable, e.g. "MR115"
    std::string_view title;
};

/// The whole table, in the order of Code.
std::span<const DiagnosticInfo> diagnostic_table();
const DiagnosticInfo& info(Code code);
std::string_view to_string(Severity severity);

struct Diagnostic {
    Code code;
    Severity severity = Severity::error;
    std::string file; ///< path as the user gave it; may be empty
    std::string node; ///< ONNX node name (or its first output when unnamed); may be empty
    std::string op;   ///< ONNX operator, with its domain when not the default one; may be empty
    std::string message;
    std::string help; ///< what to do
};

/// Collects diagnostics of one compilation.
class Diagnostics {
  public:
    void add(Diagnostic diagnostic);
    [[nodiscard]] bool has_errors() const { return errors_ != 0; }
    [[nodiscard]] std::size_t error_count() const { return errors_; }
    [[nodiscard]] const std::vector<Diagnostic>& all() const { return entries_; }
    [[nodiscard]] bool contains(Code code) const;

  private:
    std::vector<Diagnostic> entries_;
    std::size_t errors_ = 0;
};

/// "error[MR115]: model.onnx: node 'n' (Op): message\n  help: ..." without colour. Control
/// characters of names are escaped.
std::string format(const Diagnostic& diagnostic);

/// Text with control characters, quotes and backslashes escaped, safe to print on one line.
std::string escaped(std::string_view text);

/// An invariant of ours is broken: exit code 70.
class Defect : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

} // namespace millrace
