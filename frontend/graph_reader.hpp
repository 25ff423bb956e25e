// SPDX-License-Identifier: Apache-2.0
//
// The walk over an ONNX graph: what the names mean, the nodes in order, each through its importer,
// and the outputs. A node that cannot be imported leaves its outputs unknown; nodes that read them
// are checked as far as that goes and add no errors of their own.
#pragma once

#include "frontend/import.hpp"
#include "frontend/reporter.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace onnx {
class ModelProto;
}

namespace millrace::frontend {

/// Operator sets of the default domain that are understood. Nodes of older ones are only looked up
/// by name, those of newer ones are read like the newest's.
inline constexpr std::int64_t oldest_opset = 7;
inline constexpr std::int64_t newest_opset = 24;

struct GraphReaderInput {
    onnx::ModelProto& model; ///< its tensors are freed as they are read
    /// Version of a (normalised) domain.
    std::function<std::int64_t(std::string_view)> opset_of;
    const std::filesystem::path& data_folder;
    const ImportOptions& options;
};

struct GraphReaderResult {
    Graph graph; ///< meaningless when errors were reported
    bool symbolic_batch = false;
    std::map<std::string, LayerWork> transposed; ///< as in ImportedModel
};

GraphReaderResult read_graph(const GraphReaderInput& input, const Reporter& reporter);

} // namespace millrace::frontend
