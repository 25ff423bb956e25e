// SPDX-License-Identifier: Apache-2.0
//
// Emitted projects as they are read back: the compiled model in text form and the manifest.
#pragma once

#include "cli/json_output.hpp"
#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/program.hpp"

#include <filesystem>
#include <optional>

namespace millrace::cli {

// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library asserts where it moves
struct Project {
    std::filesystem::path folder;
    Graph network;
    Program program;
    Graph dataflow;
    Json manifest;

    /// The clock of the manifest; 100 where it has none.
    [[nodiscard]] double clock_mhz() const;
    /// Those of the manifest, which know what the depths of FIFOs leave; where it has none, those
    /// of the design's actors.
    [[nodiscard]] CyclePrediction cycles() const;
};

/// Reads a project. Reports not_a_project where it is none or was damaged.
std::optional<Project> open_project(const std::filesystem::path& folder, Diagnostics& diagnostics);

/// A folder for intermediate files, removed with all it holds when this goes.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace millrace::cli
