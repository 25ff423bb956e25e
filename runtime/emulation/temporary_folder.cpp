// SPDX-License-Identifier: Apache-2.0
//
// mkdtemp makes the name and the folder in one step, so nobody else can have it. The lock's file
// gets its name when it is locked: whoever finds it unlocked knows that its owner is gone. A folder
// without it, of an owner that was killed within its first moment, stays.
#include "runtime/emulation/temporary_folder.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".millrace-lock";

} // namespace

TemporaryFolder::TemporaryFolder(const std::string& prefix, pid_t process) {
    const std::string pattern = prefix + "-" + std::to_string(process) + "-XXXXXX";
    std::string name = fs::path(emulation_folder) / pattern;
    if (mkdtemp(name.data()) == nullptr) {
        throw Error(ErrorKind::file, "cannot make a temporary folder " + name + ": " +
                                         std::generic_category().message(errno));
    }
    path_ = name;
    const fs::path unlocked = path_ / ".millrace-lock-new";
    lock_ = Descriptor(
        open(unlocked.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!lock_ || flock(lock_.get(), LOCK_EX) != 0 ||
        rename(unlocked.c_str(), (path_ / lock_name).c_str()) != 0) {
        const int reason = errno;
        std::error_code error;
        fs::remove_all(path_, error);
        throw Error(ErrorKind::file, "cannot write to the temporary folder " + name + ": " +
                                         std::generic_category().message(reason));
    }
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code error; // a folder that cannot be removed must not end the program
    fs::remove_all(path_, error);
}

void TemporaryFolder::remove_abandoned(const std::string& prefix) {
    std::error_code error;
    fs::directory_iterator entries(emulation_folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const fs::path folder = entries->path();
        struct ::stat status = {};
        if (!folder.filename().string().starts_with(prefix + "-") ||
            lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
            status.st_uid != geteuid()) {
            continue;
        }
        const Descriptor lock(
            open((folder / lock_name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
            std::error_code ignored;
            fs::remove_all(folder, ignored);
        }
    }
}

} // namespace millrace::runtime
