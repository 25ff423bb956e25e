// SPDX-License-Identifier: Apache-2.0
//
// See external_data.hpp. The check is made on canonical paths: a location may use ".." and links
// as it likes as long as the file it ends at lies in the folder.
#include "frontend/external_data.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>

namespace millrace::frontend {

namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

bool is_below(const fs::path& file, const fs::path& folder) {
    const auto [in_folder, in_file] =
        std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return in_folder == folder.end() && in_file != file.end();
}

} // namespace

std::optional<FileRange> locate_external_data(const onnx::TensorProto& tensor,
                                              const fs::path& folder, const Reporter& reporter) {
    std::string location;
    std::string offset_text = "0";
    std::optional<std::string> length_text;
    for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
        if (entry.key() == "location") {
            location = entry.value();
        } else if (entry.key() == "offset") {
            offset_text = entry.value();
        } else if (entry.key() == "length") {
            length_text = entry.value();
        }
    }
    const std::string what = fmt::format("tensor '{}'", escaped(tensor.name()));
    const auto outside = [&](std::string_view why) {
        reporter.error(Code::external_data_outside,
                       fmt::format("{}: external data at '{}' {}", what, escaped(location), why),
                       "put the data file into the folder of the model and save the model with a "
                       "location relative to it");
    };
    const auto unreadable = [&](std::string_view why) {
        reporter.error(Code::external_data_unreadable,
                       fmt::format("{}: external data at '{}' {}", what, escaped(location), why),
                       "keep the data file that was saved with the model beside it, or save the "
                       "model with its data inside");
    };

    if (folder.empty()) {
        outside("cannot be used: the model has no folder");
        return std::nullopt;
    }
    if (location.empty()) {
        unreadable("has no location");
        return std::nullopt;
    }
    if (location.find('\0') != std::string::npos) {
        outside("is not a file name");
        return std::nullopt;
    }
    const fs::path relative(location);
    if (relative.is_absolute() || relative.has_root_path()) {
        outside("is an absolute path");
        return std::nullopt;
    }
    std::error_code error;
    const fs::path base = fs::canonical(folder, error);
    if (error) {
        unreadable("cannot be used: the folder of the model does not exist");
        return std::nullopt;
    }
    const fs::path file = fs::weakly_canonical(base / relative, error);
    if (error) {
        unreadable("cannot be resolved");
        return std::nullopt;
    }
    if (!is_below(file, base)) {
        outside("leads out of the folder of the model");
        return std::nullopt;
    }
    if (!fs::is_regular_file(file, error) || error) {
        unreadable("does not exist or is not a regular file");
        return std::nullopt;
    }
    const std::uintmax_t size = fs::file_size(file, error);
    if (error) {
        unreadable("cannot be read");
        return std::nullopt;
    }
    const auto offset = parse_count(offset_text);
    const auto length = length_text ? parse_count(*length_text) : std::uint64_t{0};
    if (!offset || !length) {
        unreadable("has an offset or length that is not a number");
        return std::nullopt;
    }
    if (*offset > size || (length_text && *length > size - *offset)) {
        unreadable(fmt::format("claims bytes beyond the end of the file, which has {}", size));
        return std::nullopt;
    }
    return FileRange{file, *offset, length_text ? *length : size - *offset};
}

bool read_range(const FileRange& range, void* target, std::size_t size) {
    std::ifstream stream(range.file, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(range.offset));
    stream.read(static_cast<char*>(target), static_cast<std::streamsize>(size));
    return stream.good() || (stream.eof() && static_cast<std::size_t>(stream.gcount()) == size);
}

} // namespace millrace::frontend
