// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files (format versions 1.0, 2.0 and 3.0).
//
// Any bytes are either read for what they are or refused with Error(ErrorKind::file), whose message
// leaves the file's name to the caller; memory is taken only for data that is there.
#pragma once

#include "runtime/array.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::runtime {

/// Element types b1, i1 to i8, u1 to u8, f2, f4, f8 in either byte order; C or Fortran order (the
/// result is row-major).
Array parse_npy(std::string_view bytes);
Array read_npy(const std::filesystem::path& file);

/// The array as a file of version 1.0. NumPy has no bfloat16 and no 4-bit types: they become
/// float32 and 8-bit integers.
std::string npy_bytes(const Array& array);

} // namespace millrace::runtime
