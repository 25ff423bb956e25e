// SPDX-License-Identifier: Apache-2.0
//
// rename(2) would replace anything but a folder: a device's node and a link as well. So the path is
// followed to its end first, and only a regular file, or nothing, is renamed over. The new file has
// no name until it is whole; then it gets one beside the target that nobody has, and in the next
// call, with no signal in between, the target's.
#include "runtime/output_file.hpp"

#include "runtime/devices/process.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <optional>
#include <pthread.h>
#include <string>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40; // as the system has it

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

/// Only when a file is closed some file systems tell that there was no room.
void check_closing(int descriptor) {
    const int copy = ::dup(descriptor);
    if (copy >= 0 && ::close(copy) != 0) {
        fail(errno);
    }
}

bool is_link(const fs::path& path) {
    std::error_code error;
    return fs::is_symlink(fs::symlink_status(path, error));
}

/// What a link leads to, one step on.
fs::path next_of(const fs::path& link) {
    std::error_code error;
    const fs::path target = fs::read_symlink(link, error);
    if (error) {
        fail(error.value());
    }
    return target.is_absolute() ? target : link.parent_path() / target;
}

fs::path folder_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// The descriptor of this process that a path is a name of: /dev/stdout, /dev/fd/3, ...
std::optional<int> own_descriptor(fs::path path) {
    std::error_code error;
    for (int links = 0; links < most_links && is_link(path); ++links) {
        const std::string name = path.filename().string();
        int number = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (problem == std::errc() && end == name.data() + name.size() &&
            (fs::equivalent(folder_of(path), "/proc/self/fd", error) ||
             fs::equivalent(folder_of(path), "/proc/thread-self/fd", error))) {
            return number;
        }
        path = next_of(path);
    }
    return std::nullopt;
}

/// Where the symbolic links of a path lead to, whether there is something or not; nothing for links
/// of the system (/proc/PID/fd/N), whose text is no path.
std::optional<fs::path> followed(fs::path path) {
    for (int links = 0; is_link(path); ++links) {
        struct ::statfs system = {};
        if (::statfs(folder_of(path).c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC) {
            return std::nullopt;
        }
        if (links == most_links) {
            fail(ELOOP);
        }
        path = next_of(path);
    }
    return path;
}

bool same_file(const struct ::stat& a, const struct ::stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool allows(const fs::path& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

/// How a file is written.
struct Target {
    enum class Way {
        replace, ///< renamed over
        open,    ///< opened and written to
        own      ///< a descriptor that is open in this process
    };
    Way way = Way::open;
    fs::path path;
    int descriptor = -1;
    std::optional<mode_t> permissions; ///< of what is replaced
};

/// Throws what is known to stand in the way.
Target find_target(const fs::path& file) {
    if (const auto number = own_descriptor(file)) {
        const int flags = ::fcntl(*number, F_GETFL);
        if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
            fail(flags < 0 ? errno : EBADF);
        }
        return {Target::Way::own, file, *number, std::nullopt};
    }
    struct ::stat there = {};
    bool exists = false;
    fs::path path;
    // What another writer renames between two looks is looked at again; a link below /proc may lead
    // for good to a file that has no name any more, or another one.
    constexpr int most_looks = 100;
    for (int look = 0;; ++look) {
        exists = ::stat(file.c_str(), &there) == 0;
        if (!exists && errno != ENOENT) {
            fail(errno);
        }
        if (exists && S_ISDIR(there.st_mode)) {
            fail(EISDIR);
        }
        const std::optional<fs::path> end = followed(file);
        if (exists && (!S_ISREG(there.st_mode) || !end || look == most_looks)) {
            if (!allows(file, W_OK)) {
                fail(errno);
            }
            return {Target::Way::open, file, -1, std::nullopt};
        }
        path = end.value_or(file);
        struct ::stat found = {};
        if (!exists || (::lstat(path.c_str(), &found) == 0 && same_file(there, found))) {
            break;
        }
    }
    if (exists && !allows(path, W_OK)) {
        fail(errno);
    }
    if (!allows(folder_of(path), W_OK | X_OK)) {
        if (!exists) {
            fail(errno);
        }
        return {Target::Way::open, path, -1, std::nullopt};
    }
    return {Target::Way::replace, path, -1,
            exists ? std::optional<mode_t>(there.st_mode & 0777) : std::nullopt};
}

/// Writes to what is there.
void write_through(const fs::path& file, std::string_view bytes) {
    const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY));
    if (!descriptor) {
        fail(errno);
    }
    write_all(descriptor.get(), bytes);
    check_closing(descriptor.get());
}

/// No signal ends the process while this lives, but those that nothing holds up.
class NoSignals {
  public:
    NoSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;
    ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

/// A new file in a folder, which is gone unless it replaces something.
class FreshFile {
  public:
    explicit FreshFile(fs::path folder) : folder_(std::move(folder)) {
        if (::access("/proc/self/fd", X_OK) == 0) { // the way to a name
            descriptor_ =
                Descriptor(::open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
        }
        if (!descriptor_) { // not all file systems have files without a name
            with_new_name([this](const char* name) {
                descriptor_ =
                    Descriptor(::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
                return static_cast<bool>(descriptor_);
            });
        }
    }
    FreshFile(const FreshFile&) = delete;
    FreshFile& operator=(const FreshFile&) = delete;
    ~FreshFile() {
        if (!name_.empty()) {
            ::unlink(name_.c_str());
        }
    }
    [[nodiscard]] int get() const { return descriptor_.get(); }
    /// False when the folder does not let us replace this file.
    bool replace(const fs::path& target) {
        const NoSignals held;
        if (name_.empty()) {
            const std::string source = "/proc/self/fd/" + std::to_string(descriptor_.get());
            with_new_name([&](const char* name) {
                return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
            });
        }
        if (::rename(name_.c_str(), target.c_str()) == 0) {
            name_.clear();
            return true;
        }
        if (errno != EPERM && errno != EACCES) {
            fail(errno);
        }
        return false;
    }

  private:
    static constexpr mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;

    template <class Make> void with_new_name(Make&& make) {
        for (int number = 0;; ++number) {
            // Not of the target's name, which may be as long as names can be.
            const fs::path name = folder_ / (".millrace-" + std::to_string(::getpid()) + "-" +
                                             std::to_string(number) + ".part");
            if (make(name.c_str())) {
                name_ = name;
                return;
            }
            if (errno != EEXIST) {
                fail(errno);
            }
        }
    }

    fs::path folder_;
    Descriptor descriptor_;
    fs::path name_; ///< empty: it has none
};

/// A file of results on its way: first all that can fail without a trace, then the rest.
class Delivery {
  public:
    Delivery(const fs::path& file, std::string_view bytes)
        : target_(find_target(file)),
          bytes_(bytes) {
        if (target_.way != Target::Way::replace) {
            return;
        }
        fresh_ = std::make_unique<FreshFile>(folder_of(target_.path));
        if (target_.permissions) {
            // A file that belongs to somebody else may get our owner, but not wider permissions.
            static_cast<void>(::fchmod(fresh_->get(), *target_.permissions));
        }
        write_all(fresh_->get(), bytes_);
        check_closing(fresh_->get());
    }
    [[nodiscard]] bool replaces() const { return fresh_ != nullptr; }
    void complete() {
        if (fresh_ != nullptr) {
            // In a folder like /tmp only its owner may replace a file that others may write.
            if (!fresh_->replace(target_.path)) {
                write_through(target_.path, bytes_);
            }
        } else if (target_.way == Target::Way::own) {
            std::fflush(nullptr); // what was printed stands in front
            write_all(target_.descriptor, bytes_);
        } else {
            write_through(target_.path, bytes_);
        }
    }

  private:
    Target target_;
    std::string_view bytes_;
    std::unique_ptr<FreshFile> fresh_; ///< that will replace the target
};

/// Runs `body`; its errors get the file's name in front.
template <class Body> void for_file(const fs::path& file, Body&& body) {
    try {
        body();
    } catch (const Error& problem) {
        throw Error(problem.kind(), file.string() + ": " + problem.what());
    }
}

} // namespace

void write_output_file(const fs::path& file, std::string_view bytes) {
    Delivery(file, bytes).complete();
}

void write_output_files(const std::vector<OutputFile>& files) {
    std::vector<std::unique_ptr<Delivery>> deliveries;
    for (const OutputFile& file : files) {
        for_file(file.path,
                 [&] { deliveries.push_back(std::make_unique<Delivery>(file.path, file.bytes)); });
    }
    for (const bool replaces : {false, true}) { // what is likelier to fail goes first
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (deliveries[i]->replaces() == replaces) {
                for_file(files[i].path, [&] { deliveries[i]->complete(); });
            }
        }
    }
}

void check_output_file(const fs::path& file) { static_cast<void>(find_target(file)); }

bool is_special_file(const fs::path& file) {
    std::error_code error;
    const fs::file_status there = fs::status(file, error);
    return own_descriptor(file) || (fs::exists(there) && !fs::is_regular_file(there));
}

} // namespace millrace::runtime
