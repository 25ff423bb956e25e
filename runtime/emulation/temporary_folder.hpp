// SPDX-License-Identifier: Apache-2.0
//
// A folder of a session's own, removed with all it holds when the session ends.
#pragma once

#include <filesystem>

namespace millrace::runtime {

class TemporaryFolder {
  public:
    /// A new folder /tmp/PREFIX-PROCESS-XXXXXX that only this user can enter. In /tmp and nowhere else:
    /// XRT's emulation keeps its socket in /tmp/$USER. Throws Error(ErrorKind::file).
    explicit TemporaryFolder(const char* prefix);
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace millrace::runtime
