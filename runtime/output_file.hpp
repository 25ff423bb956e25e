// SPDX-License-Identifier: Apache-2.0
//
// Writing a file of results without harm to what is there.
#pragma once

#include <filesystem>
#include <string_view>

namespace millrace::runtime {

/// Writes `bytes` to `file`. A regular file is replaced in one step, with its permissions kept, or
/// stays as it was; a symbolic link stays, and what it leads to is written. What is no regular file
/// (a device, a pipe) is written to, never replaced. Any number of threads and processes may write
/// to one name at once: the file is then one of theirs, whole. Throws Error(ErrorKind::file) with
/// the reason, and leaves no other file behind.
void write_output_file(const std::filesystem::path& file, std::string_view bytes);

} // namespace millrace::runtime
