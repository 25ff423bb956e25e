// SPDX-License-Identifier: Apache-2.0
//
// The runtime reads and writes .npy files, for it has to do so without the compiler; here its
// arrays become the compiler's and its errors diagnostics.
#include "cli/npy.hpp"

#include "backends/project.hpp"
#include "cli/elements.hpp"
#include "runtime/error.hpp"
#include "runtime/npy.hpp"

#include <utility>

namespace millrace::cli {

namespace {

/// Type names are the same on both sides, and so are the elements in memory.
HostArray to_host(runtime::Array array) {
    HostArray result;
    result.type = static_cast<DataType>(array.type);
    result.shape = std::move(array.shape);
    result.data = std::move(array.bytes);
    return result;
}

template <class Read>
std::optional<HostArray> reading(const std::string& file, Diagnostics& diagnostics,
                                 std::string help, Read&& read) {
    try {
        return to_host(read());
    } catch (const runtime::Error& problem) {
        diagnostics.add(
            {Code::bad_array_file, Severity::error, file, "", "", problem.what(), std::move(help)});
        return std::nullopt;
    }
}

} // namespace

std::optional<HostArray> parse_npy(std::string_view bytes, const std::string& file,
                                   Diagnostics& diagnostics) {
    return reading(file, diagnostics, "write it with numpy.save() from an array of numbers",
                   [&] { return runtime::parse_npy(bytes); });
}

std::optional<HostArray> read_npy(const std::filesystem::path& file, Diagnostics& diagnostics) {
    return reading(file.string(), diagnostics,
                   "check the path and its permissions; arrays are written with numpy.save()",
                   [&] { return runtime::read_npy(file); });
}

std::string npy_bytes(const HostArray& array) {
    runtime::Array copy;
    copy.type = element_type(array.type);
    copy.shape = array.shape;
    copy.bytes = array.data;
    return runtime::npy_bytes(copy);
}

bool write_npy(const HostArray& array, const std::filesystem::path& file,
               Diagnostics& diagnostics) {
    return backends::write_file(file, npy_bytes(array), Code::bad_array_file, diagnostics);
}

} // namespace millrace::cli
