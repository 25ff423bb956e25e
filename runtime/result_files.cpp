// SPDX-License-Identifier: Apache-2.0
#include "runtime/result_files.hpp"

#include "runtime/error.hpp"
#include "runtime/npy.hpp"
#include "runtime/output_file.hpp"

#include <system_error>

namespace millrace::runtime {

namespace fs = std::filesystem;

std::vector<fs::path> result_files(const std::string& wanted, std::size_t outputs) {
    const fs::path name = wanted;
    std::error_code error;
    const std::string last = name.filename().string();
    if (last.empty() || last == "." || last == ".." || fs::is_directory(name, error)) {
        throw Error(ErrorKind::file, wanted + ": the file cannot be written: Is a directory");
    }
    std::vector<fs::path> files{name};
    if (outputs != 1) {
        files.clear();
        const auto numbered = [&](std::size_t index) {
            fs::path file = name;
            file.replace_filename(name.stem().string() + "_" + std::to_string(index) +
                                  name.extension().string());
            return file;
        };
        if (is_special_file(name)) {
            throw Error(ErrorKind::file,
                        wanted + ": no regular file, which one output could be written to; the " +
                            std::to_string(outputs) + " outputs of this model are written to " +
                            "FILE_0.npy, FILE_1.npy...: give --output FILE.npy");
        }
        for (std::size_t i = 0; i < outputs; ++i) {
            files.push_back(numbered(i));
        }
    }
    for (const fs::path& file : files) {
        try {
            check_output_file(file);
        } catch (const Error& problem) {
            throw Error(problem.kind(), file.string() + ": " + problem.what());
        }
    }
    return files;
}

void write_results(const std::vector<fs::path>& files, const std::vector<Array>& outputs) {
    std::vector<OutputFile> contents;
    for (std::size_t i = 0; i < files.size(); ++i) {
        contents.push_back({files[i], npy_bytes(outputs.at(i))});
    }
    write_output_files(contents);
}

} // namespace millrace::runtime
