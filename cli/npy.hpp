// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files (format versions 1.0, 2.0 and 3.0).
//
// Any bytes are either read for what they are or refused with a bad_array_file diagnostic; memory
// is taken only for data that is there.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/host_array.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::cli {

/// Element types b1, i1 to i8, u1 to u8, f2, f4, f8 in either byte order; C or Fortran order (the
/// result is row-major).
std::optional<HostArray> parse_npy(std::string_view bytes, const std::string& file,
                                   Diagnostics& diagnostics);
std::optional<HostArray> read_npy(const std::filesystem::path& file, Diagnostics& diagnostics);

/// The array as a file of version 1.0. NumPy has no bfloat16 and no 4-bit types: they become
/// float32 and 8-bit integers.
std::string npy_bytes(const HostArray& array);
bool write_npy(const HostArray& array, const std::filesystem::path& file, Diagnostics& diagnostics);

} // namespace millrace::cli
