// SPDX-License-Identifier: Apache-2.0
//
// The frontend: an ONNX file becomes a graph of the network level.
//
// Whatever the bytes are, the result is either a graph that means exactly what ONNX says, over
// real numbers, or nothing and a list of everything found wrong: never an exception, never memory
// by a size that the file merely claims.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::frontend {

struct ImportOptions {
    /// Largest number of elements of any tensor, stored or computed.
    std::int64_t max_elements = std::int64_t{1} << 31;
    /// Largest number of elements that are computed from constants, all tensors together, and the
    /// largest number of products for one of them.
    std::int64_t max_folded_elements = std::int64_t{1} << 27;
    std::int64_t max_folded_products = std::int64_t{1} << 33;
    /// Largest size of one number of such a tensor: exact arithmetic on constants doubles the
    /// digits with each product, so a short chain could ask for any amount of memory.
    std::int64_t max_constant_bits = std::int64_t{1} << 16;
    /// Ask the installed ONNX checker for its opinion; what it says is reported as notes.
    bool run_checker = false;
    /// When given, receives what ImportedModel::operators would hold, also where the import fails.
    std::map<std::string, int>* operators = nullptr;
};

/// What a layer of the model computes a sample.
struct LayerWork {
    std::int64_t macs = 0;    ///< products
    std::int64_t weights = 0; ///< numbers
};

struct ImportedModel {
    Graph graph; ///< network level; names are the ONNX names, any bytes
    std::int64_t ir_version = 0;
    /// Domain and version as the file lists them; the default domain is "".
    std::vector<std::pair<std::string, std::int64_t>> opsets;
    /// How often each ONNX operator occurs: "MatMul", "onnx.brevitas::Quant".
    std::map<std::string, int> operators;
    std::string producer; ///< name and version of the tool that wrote the file; may be empty
    /// Of the ConvTranspose nodes, by the name of their Conv: its kernel is larger than theirs, by
    /// zeros that fill it up.
    std::map<std::string, LayerWork> transposed;
    /// The first dimension of an input was symbolic and became 1.
    bool symbolic_batch = false;
};

/// Reads a model. Everything found wrong goes to `diagnostics`; with errors there is no result.
/// External data is read from the file's folder and never from outside of it.
std::optional<ImportedModel> import_onnx(const std::filesystem::path& file,
                                         Diagnostics& diagnostics,
                                         const ImportOptions& options = {});

/// The same for a model in memory. `data_folder` is where external data may lie; empty: nowhere.
std::optional<ImportedModel> import_onnx_bytes(std::string_view bytes,
                                               const std::string& display_name,
                                               const std::filesystem::path& data_folder,
                                               Diagnostics& diagnostics,
                                               const ImportOptions& options = {});

} // namespace millrace::frontend
