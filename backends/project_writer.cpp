// SPDX-License-Identifier: Apache-2.0
//
// The one place that writes to disk. rename(2) replaces an empty directory or a file in one step,
// so at every moment there is the whole project or none of it. Only an empty directory that cannot
// be replaced (a symbolic link to one, the current directory, a mount point, one in a folder that
// is not ours) is filled entry by entry, and emptied again when that fails. Folders above the
// project that had to be made are taken away again when writing fails.
#include "backends/project.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace millrace::backends {

namespace {

namespace fs = std::filesystem;

void report(Diagnostics& diagnostics, Code code, const fs::path& path, const std::string& message,
            std::string help) {
    diagnostics.add({code, Severity::error, path.string(), "", "", message, std::move(help)});
}

/// The path without "." parts and without a slash at its end, which filename() would stumble over.
fs::path normal(const fs::path& path) {
    fs::path result = path.lexically_normal();
    return result.has_filename() ? result : result.parent_path();
}

fs::path parent_of(const fs::path& path) {
    const fs::path parent = path.parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

/// A name beside `path` that nothing has yet.
fs::path unused_neighbour(const fs::path& path) {
    for (int number = 0;; ++number) {
        fs::path candidate =
            parent_of(path) /
            fmt::format(".{}.partial-{}-{}", path.filename().string(), ::getpid(), number);
        std::error_code error;
        if (!fs::exists(fs::symlink_status(candidate, error))) {
            return candidate;
        }
    }
}

bool stays_inside(const fs::path& relative) {
    if (relative.empty() || relative.is_absolute() || !relative.has_filename()) {
        return false;
    }
    for (const fs::path& part : relative) {
        if (part == ".." || part == ".") {
            return false;
        }
    }
    return true;
}

void write_bytes(const fs::path& path, std::string_view contents) {
    errno = 0;
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    stream.flush();
    if (!stream) {
        throw fs::filesystem_error(
            "cannot write", path,
            std::error_code(errno != 0 ? errno : EIO, std::generic_category()));
    }
}

/// Removes what is left when the work did not come to its end.
class Cleanup {
  public:
    explicit Cleanup(fs::path path) : path_(std::move(path)) {}
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;
    Cleanup(Cleanup&& other) noexcept
        : path_(std::move(other.path_)),
          done_(std::exchange(other.done_, true)) {}
    Cleanup& operator=(Cleanup&&) = delete;
    ~Cleanup() {
        if (!done_) {
            std::error_code ignored;
            fs::remove_all(path_, ignored);
        }
    }
    void done() { done_ = true; }

  private:
    fs::path path_;
    bool done_ = false;
};

/// The topmost folder of `path` that does not exist; empty when all do.
fs::path first_missing(const fs::path& path) {
    fs::path missing;
    std::error_code error;
    for (fs::path current = path; !current.empty() && !fs::exists(current, error);
         current = current.parent_path()) {
        missing = current;
        if (current == current.parent_path()) {
            break;
        }
    }
    return missing;
}

/// An existing directory that rename(2) cannot or must not replace.
bool must_be_filled(const fs::path& target) {
    std::error_code error;
    if (!fs::is_directory(target, error)) {
        return false;
    }
    struct ::stat own = {};
    struct ::stat above = {};
    const bool mounted = ::stat(target.c_str(), &own) == 0 &&
                         ::stat(parent_of(target).c_str(), &above) == 0 &&
                         own.st_dev != above.st_dev;
    return mounted || fs::is_symlink(fs::symlink_status(target, error)) ||
           fs::equivalent(target, fs::current_path(error), error) ||
           ::access(parent_of(target).c_str(), W_OK | X_OK) != 0;
}

/// Moves what is in a directory one level up, or nothing of it.
void move_entries(const fs::path& from, const fs::path& to) {
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator(from)) {
        names.push_back(entry.path().filename());
    }
    std::vector<Cleanup> moved;
    moved.reserve(names.size());
    for (const fs::path& name : names) {
        fs::rename(from / name, to / name);
        moved.emplace_back(to / name);
    }
    for (Cleanup& entry : moved) {
        entry.done();
    }
}

} // namespace

bool check_output_folder(const fs::path& folder, Diagnostics& diagnostics) {
    constexpr Code code = Code::bad_output_directory;
    std::error_code error;
    if (folder.empty()) {
        report(diagnostics, code, folder, "the output directory has no name", "give one with -o");
        return false;
    }
    const fs::path target = normal(folder);
    const fs::file_status status = fs::status(target, error);
    if (fs::exists(status)) {
        if (!fs::is_directory(status)) {
            report(diagnostics, code, folder, "there is a file of this name",
                   "choose another output directory");
            return false;
        }
        const bool empty = fs::is_empty(target, error);
        if (error) {
            report(diagnostics, code, folder, "the directory cannot be read: " + error.message(),
                   "choose another output directory");
            return false;
        }
        if (!empty) {
            report(diagnostics, code, folder, "the output directory is not empty",
                   "remove it or choose another one");
            return false;
        }
    } else if (error && error != std::errc::no_such_file_or_directory) {
        report(diagnostics, code, folder, error.message(), "choose another output directory");
        return false;
    }
    // The nearest folder that exists is where the first new one is made.
    fs::path base = must_be_filled(target) ? target : parent_of(target);
    while (!fs::exists(base, error) && base.has_parent_path() && base != base.parent_path()) {
        base = base.parent_path();
    }
    if (!fs::exists(base, error)) {
        base = ".";
    }
    if (!fs::is_directory(base, error) || ::access(base.c_str(), W_OK | X_OK) != 0) {
        report(diagnostics, code, folder,
               fmt::format("nothing can be written to '{}'", escaped(base.string())),
               "choose another output directory");
        return false;
    }
    return true;
}

bool write_project(const ProjectFiles& files, const fs::path& folder, Diagnostics& diagnostics) {
    for (const auto& [path, contents] : files) {
        if (!stays_inside(path)) {
            throw Defect(fmt::format("project file '{}' lies outside of the project", path));
        }
    }
    if (!check_output_folder(folder, diagnostics)) {
        return false;
    }
    const fs::path target = normal(folder);
    try {
        const fs::path missing = first_missing(parent_of(target));
        Cleanup parents(missing.empty() ? fs::path() : missing);
        if (missing.empty()) {
            parents.done();
        }
        fs::create_directories(parent_of(target));
        const bool fills = must_be_filled(target);
        const fs::path fresh = unused_neighbour(fills ? target / "project" : target);
        Cleanup partial(fresh);
        fs::create_directory(fresh);
        for (const auto& [path, contents] : files) {
            const fs::path file = fresh / path;
            fs::create_directories(file.parent_path());
            write_bytes(file, contents);
            if (file.extension() == ".sh") {
                using Perms = fs::perms;
                fs::permissions(file, Perms::owner_exec | Perms::group_exec | Perms::others_exec,
                                fs::perm_options::add);
            }
        }
        if (fills) {
            move_entries(fresh, target);
        } else {
            fs::rename(fresh, target);
            partial.done();
        }
        parents.done();
        return true;
    } catch (const fs::filesystem_error& problem) {
        report(diagnostics, Code::bad_output_directory, folder,
               "the project cannot be written: " + problem.code().message(),
               "choose another output directory");
        return false;
    }
}

bool write_file(const fs::path& file, std::string_view contents, Code code,
                Diagnostics& diagnostics) {
    try {
        std::error_code error;
        const fs::file_status status = fs::symlink_status(file, error);
        if (fs::exists(status) && !fs::is_regular_file(status)) {
            // A device, a pipe or a link: what it stands for is to be written, not replaced.
            write_bytes(file, contents);
            return true;
        }
        const fs::path fresh = unused_neighbour(file);
        Cleanup partial(fresh);
        write_bytes(fresh, contents);
        fs::rename(fresh, file);
        partial.done();
        return true;
    } catch (const fs::filesystem_error& problem) {
        report(diagnostics, code, file, "the file cannot be written: " + problem.code().message(),
               "check the path and its permissions");
        return false;
    }
}

} // namespace millrace::backends
