// SPDX-License-Identifier: Apache-2.0
//
// See onnx_import.hpp.
#include "tests/support/onnx_import.hpp"

#include "ir/evaluate.hpp"
#include "ir/verify.hpp"
#include "tests/support/infer_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdexcept>

namespace millrace::tests {

namespace {

std::string lines(const Diagnostics& diagnostics, bool has_result) {
    CHECK(has_result != diagnostics.has_errors());
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        CHECK(!diagnostic.help.empty());
        CHECK(!diagnostic.file.empty());
        if (!text.empty()) {
            text += '\n';
        }
        if (diagnostic.severity != Severity::error) {
            text += fmt::format("{} ", to_string(diagnostic.severity));
        }
        text += info(diagnostic.code).id;
        if (!diagnostic.node.empty()) {
            text += fmt::format(" {} ({})", escaped(diagnostic.node), diagnostic.op);
        }
        text += ": " + diagnostic.message;
    }
    return text;
}

} // namespace

frontend::ImportedModel import_ok(const OnnxBuilder& model) {
    Diagnostics diagnostics;
    auto result = frontend::import_onnx_bytes(model.bytes(), "model.onnx", {}, diagnostics);
    if (!result) {
        throw std::runtime_error("import failed:\n" + lines(diagnostics, false));
    }
    verify(result->graph, "import");
    return std::move(*result);
}

std::string findings_of_bytes(std::string_view bytes, const frontend::ImportOptions& options) {
    Diagnostics diagnostics;
    const auto result = frontend::import_onnx_bytes(bytes, "model.onnx", {}, diagnostics, options);
    return lines(diagnostics, result.has_value());
}

std::string findings(const OnnxBuilder& model, const frontend::ImportOptions& options) {
    return findings_of_bytes(model.bytes(), options);
}

std::string findings_of_file(const std::filesystem::path& file) {
    Diagnostics diagnostics;
    const auto result = frontend::import_onnx(file, diagnostics);
    return lines(diagnostics, result.has_value());
}

std::string id(Code code) { return std::string(info(code).id); }

std::vector<double> run(const OnnxBuilder& model, const std::vector<std::vector<double>>& inputs) {
    const frontend::ImportedModel imported = import_ok(model);
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        std::vector<Real> values;
        for (const double value : inputs[i]) {
            values.push_back(Real::from_double(value));
        }
        tensors.emplace_back(shape_of(imported.graph.value(imported.graph.inputs.at(i)).type),
                             std::move(values));
    }
    const Tensor output = evaluate_network(imported.graph, tensors).front();
    std::vector<double> result;
    for (std::int64_t i = 0; i < output.size(); ++i) {
        result.push_back(output.at(i).to_double());
    }
    return result;
}

std::string outputs_text(const OnnxBuilder& model) {
    const frontend::ImportedModel imported = import_ok(model);
    std::string text;
    for (const ValueId output : imported.graph.outputs) {
        const Value& value = imported.graph.value(output);
        text +=
            fmt::format("{}{} : {}", text.empty() ? "" : ", ", value.name, type_text(value.type));
    }
    return text;
}

} // namespace millrace::tests
