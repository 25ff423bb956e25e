// SPDX-License-Identifier: Apache-2.0
//
// Emitted projects as sets of files, and the one writer that puts them on disk.
#pragma once

#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace millrace::backends {

/// Relative path -> contents (text or bytes). Paths ending in ".sh" become executable.
using ProjectFiles = std::map<std::string, std::string>;

/// The files and the cycles that they state.
struct EmittedProject {
    ProjectFiles files;
    CyclePrediction cycles;
};

/// Whether write_project() may write there: `folder` does not exist or is an empty directory, and
/// where it is to lie can be written. Reports bad_output_directory when not. For commands that want
/// to know before they begin to work.
bool check_output_folder(const std::filesystem::path& folder, Diagnostics& diagnostics);

/// Writes the files below `folder`, atomically: everything goes to a fresh folder beside it, which
/// is then renamed. `folder` must not exist or be an empty directory. Reports bad_output_directory
/// and returns false, with nothing left behind, when that is not so or writing fails. Throws Defect
/// for a path that leaves the project.
bool write_project(const ProjectFiles& files, const std::filesystem::path& folder,
                   Diagnostics& diagnostics);

/// Writes one file atomically (beside it, then renamed), replacing what is there. Reports `code`
/// and returns false, with nothing changed, when that fails.
bool write_file(const std::filesystem::path& file, std::string_view contents, Code code,
                Diagnostics& diagnostics);

} // namespace millrace::backends
