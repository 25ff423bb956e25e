// SPDX-License-Identifier: Apache-2.0
//
// rename(2) would replace anything but a folder: a device's node and a link as well. So the path is
// followed to its end first, and only a regular file, or nothing, is renamed over. The new file is
// made beside it under a name that O_EXCL says nobody has.
#include "runtime/output_file.hpp"

#include "runtime/devices/process.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int reason) {
    throw Error(ErrorKind::file,
                "the file cannot be written: " + std::generic_category().message(reason));
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) {
            fail(errno);
        }
        bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
}

/// Closes the file: only then some file systems tell that there was no room.
void finish(Descriptor& file) {
    const int descriptor = ::dup(file.get());
    file.reset();
    if (descriptor >= 0 && ::close(descriptor) != 0) {
        fail(errno);
    }
}

/// Where the symbolic links of a path lead to, whether there is something or not.
fs::path followed(fs::path path) {
    constexpr int most_links = 40; // as the system has it
    std::error_code error;
    for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
        const fs::path target = fs::read_symlink(path, error);
        if (error || links == most_links) {
            fail(error ? error.value() : ELOOP);
        }
        path = target.is_absolute() ? target : path.parent_path() / target;
    }
    return path;
}

bool same_file(const struct ::stat& a, const struct ::stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Writes to what is there.
void write_through(const fs::path& file, std::string_view bytes) {
    Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY));
    if (!descriptor) {
        fail(errno);
    }
    write_all(descriptor.get(), bytes);
    finish(descriptor);
}

/// A new file in a folder, which is removed unless it is kept.
class FreshFile {
  public:
    explicit FreshFile(const fs::path& folder) {
        for (int number = 0; !descriptor_; ++number) {
            // Not of the target's name, which may be as long as names can be.
            path_ = folder / (".millrace-" + std::to_string(::getpid()) + "-" +
                              std::to_string(number) + ".part");
            descriptor_ =
                Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                  S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH));
            if (!descriptor_ && errno != EEXIST) {
                fail(errno);
            }
        }
    }
    FreshFile(const FreshFile&) = delete;
    FreshFile& operator=(const FreshFile&) = delete;
    ~FreshFile() {
        if (!kept_) {
            ::unlink(path_.c_str());
        }
    }
    [[nodiscard]] int get() const { return descriptor_.get(); }
    void replace(const fs::path& target) {
        finish(descriptor_);
        if (::rename(path_.c_str(), target.c_str()) != 0) {
            fail(errno);
        }
        kept_ = true;
    }

  private:
    fs::path path_;
    Descriptor descriptor_;
    bool kept_ = false;
};

} // namespace

void write_output_file(const fs::path& file, std::string_view bytes) {
    struct ::stat there = {};
    bool exists = false;
    fs::path target;
    // What another writer renames between two looks is looked at again; a link below /proc may lead
    // for good to a file that has no name any more, or another one.
    constexpr int most_looks = 100;
    for (int look = 0;; ++look) {
        exists = ::stat(file.c_str(), &there) == 0;
        if (!exists && errno != ENOENT) {
            fail(errno);
        }
        if (exists && !S_ISREG(there.st_mode)) {
            return write_through(file, bytes);
        }
        target = followed(file);
        struct ::stat found = {};
        if (!exists || (::lstat(target.c_str(), &found) == 0 && same_file(there, found))) {
            break;
        }
        if (look == most_looks) {
            return write_through(file, bytes);
        }
    }
    if (exists && ::access(target.c_str(), W_OK) != 0) {
        fail(errno);
    }
    FreshFile fresh(target.has_parent_path() ? target.parent_path() : fs::path("."));
    if (exists) {
        // A file that belongs to somebody else may get our owner, but not wider permissions.
        static_cast<void>(::fchmod(fresh.get(), there.st_mode & 0777));
    }
    write_all(fresh.get(), bytes);
    fresh.replace(target);
}

} // namespace millrace::runtime
