// SPDX-License-Identifier: Apache-2.0
//
// Tensor data beside the model file. A location is followed only when, with every symbolic link
// resolved, it is a regular file below the model's folder, and nothing is read or allocated before
// offset and length have been held against the file's real size.
#pragma once

#include "frontend/reporter.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace onnx {
class TensorProto;
}

namespace millrace::frontend {

/// A checked piece of a file.
struct FileRange {
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// Where the external data of a tensor lies, or nothing after a report (external_data_outside,
/// external_data_unreadable). An empty folder allows none.
std::optional<FileRange> locate_external_data(const onnx::TensorProto& tensor,
                                              const std::filesystem::path& folder,
                                              const Reporter& reporter);

/// Fills `size` bytes at `target` from the start of the range; false when the file cannot be read.
bool read_range(const FileRange& range, void* target, std::size_t size);

} // namespace millrace::frontend
