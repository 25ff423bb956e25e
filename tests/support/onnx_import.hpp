// SPDX-License-Identifier: Apache-2.0
//
// Importing built models in tests: results as numbers, diagnostics as lines of text.
#pragma once

#include "frontend/import.hpp"
#include "tests/support/onnx_builder.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

/// The model, imported without errors; throws with the diagnostics otherwise. The graph has passed
/// the verifier.
frontend::ImportedModel import_ok(const OnnxBuilder& model);

/// What import says against the model: "MR114 gemm (Gemm): <message>" per error, warning or note
/// (the latter two with "warning " or "note " in front), joined by newlines. Checks that there is
/// a result exactly when there is no error, and that every diagnostic says what to do.
std::string findings(const OnnxBuilder& model, const frontend::ImportOptions& options = {});
std::string findings_of_bytes(std::string_view bytes, const frontend::ImportOptions& options = {});
/// The same for a file.
std::string findings_of_file(const std::filesystem::path& file);

/// "MR114", the stable id of a code.
std::string id(Code code);

/// The first output for inputs given as flat lists.
std::vector<double> run(const OnnxBuilder& model, const std::vector<std::vector<double>>& inputs);
/// The imported graph's outputs as the text form prints their types: "y : real float32 [1,2]".
std::string outputs_text(const OnnxBuilder& model);

} // namespace millrace::tests
