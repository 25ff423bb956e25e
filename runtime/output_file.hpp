// SPDX-License-Identifier: Apache-2.0
//
// Writing files of results without harm to what is there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

/// Writes `bytes` to `file`. A regular file is replaced in one step, with its permissions kept, or
/// stays as it was; a symbolic link stays, and what it leads to is written. What is no regular file
/// (a device, a pipe) is written to, never replaced, and so is a file in a folder that takes no new
/// ones, and a file that is open under the name of a descriptor (/dev/stdout, /dev/fd/3); this
/// process's descriptors are written where they stand. Any number of threads and processes may
/// write to one name at once: the file is then one of theirs, whole. Throws Error(ErrorKind::file)
/// with the reason. No other file is left behind, whatever ends the process, where the file system
/// has files without a name; elsewhere none unless a signal ends it.
void write_output_file(const std::filesystem::path& file, std::string_view bytes);

struct OutputFile {
    std::filesystem::path path;
    std::string bytes;
};
/// Several files: none of those that are replaced is, unless all could be written. An error's
/// message begins with the name of its file.
void write_output_files(const std::vector<OutputFile>& files);

/// Throws the Error that writing to `file` would throw now, as far as it can be told without
/// writing anything.
void check_output_file(const std::filesystem::path& file);

/// Whether something stands under the name that is no regular file, or that is the name of an open
/// descriptor: no part of another name then.
bool is_special_file(const std::filesystem::path& file);

} // namespace millrace::runtime
