// SPDX-License-Identifier: Apache-2.0
//
// A folder of a session's own, removed with all it holds when the session ends.
#pragma once

#include <filesystem>

namespace millrace::runtime {

/// Where XRT's emulation has the folder of its socket, named by $USER, whatever $TMPDIR says.
inline constexpr const char* emulation_folder = "/tmp";

class TemporaryFolder {
  public:
    /// A new folder PREFIX-PROCESS-XXXXXX in emulation_folder that only this user can enter. Throws
    /// Error(ErrorKind::file).
    explicit TemporaryFolder(const char* prefix);
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace millrace::runtime
