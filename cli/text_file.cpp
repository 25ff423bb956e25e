// SPDX-License-Identifier: Apache-2.0
#include "cli/text_file.hpp"

#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <system_error>

namespace millrace::cli {

std::optional<std::string> read_text_file(const std::filesystem::path& file, std::uintmax_t most,
                                          std::string& problem) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    problem = "the file cannot be read";
    if (error || !fs::exists(status)) {
        return std::nullopt;
    }
    if (!fs::is_regular_file(status)) {
        problem =
            fs::is_directory(status) ? "the path is a directory" : "the path is not a regular file";
        return std::nullopt;
    }
    const std::uintmax_t size = fs::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) {
        return std::nullopt;
    }
    if (size > most) {
        problem = fmt::format("the file has {} bytes, more than {}", size, most);
        return std::nullopt;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

} // namespace millrace::cli
