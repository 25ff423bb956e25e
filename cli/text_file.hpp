// SPDX-License-Identifier: Apache-2.0
//
// Reading the text files that a user gives. A device or pipe may never end, and what is larger than
// any such file can be is not one: neither is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace millrace::cli {

/// More than any plan, folding or manifest has.
inline constexpr std::uintmax_t largest_text = std::uintmax_t{1} << 26;

/// The file's bytes; else `problem` says why not ("the file cannot be read").
std::optional<std::string> read_text_file(const std::filesystem::path& file, std::uintmax_t most,
                                          std::string& problem);

} // namespace millrace::cli
