// SPDX-License-Identifier: Apache-2.0
//
// A folder of a session's own, removed with all it holds when the session ends. A process that is
// killed by SIGKILL leaves its folder to the next one: the owner holds a lock on a file in it,
// which goes with the process, whatever namespace that is in.
#pragma once

#include "runtime/devices/process.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>

namespace millrace::runtime {

/// Where XRT's emulation has the folder of its socket, named by $USER, whatever $TMPDIR says.
inline constexpr const char* emulation_folder = "/tmp";

class TemporaryFolder {
  public:
    /// A new folder PREFIX-PROCESS-XXXXXX in emulation_folder that only this user can enter, named
    /// after this process or another one. Throws Error(ErrorKind::file).
    explicit TemporaryFolder(const std::string& prefix, pid_t process = getpid());
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Removes this user's folders of the prefix whose owners are gone.
    static void remove_abandoned(const std::string& prefix);

  private:
    std::filesystem::path path_;
    Descriptor lock_;
};

} // namespace millrace::runtime
