// SPDX-License-Identifier: Apache-2.0
//
// Where `--output` puts the results.
#pragma once

#include "runtime/array.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace millrace::runtime {

/// "y.npy", or "y_0.npy", "y_1.npy"... for several outputs. Throws Error(ErrorKind::file) for what
/// cannot be written, as far as that is known before there is something to write: before a run.
std::vector<std::filesystem::path> result_files(const std::string& wanted, std::size_t outputs);

/// Writes all of them or none (output_file.hpp). Throws Error(ErrorKind::file).
void write_results(const std::vector<std::filesystem::path>& files,
                   const std::vector<Array>& outputs);

} // namespace millrace::runtime
