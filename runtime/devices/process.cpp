// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn throughout: it is safe in processes with threads, where code between fork and exec is
// not.
#include "runtime/devices/process.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX

namespace millrace::runtime {

void Descriptor::reset() {
    if (fd_ >= 0) {
        close(std::exchange(fd_, -1));
    }
}

Environment changed_environment(const Environment& set, const std::vector<std::string>& unset) {
    const auto name = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
    Environment result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const bool replaced =
            std::any_of(set.begin(), set.end(),
                        [&](const std::string& other) { return name(other) == name(*entry); }) ||
            std::find(unset.begin(), unset.end(), name(*entry)) != unset.end();
        if (!replaced) {
            result.emplace_back(*entry);
        }
    }
    result.insert(result.end(), set.begin(), set.end());
    return result;
}

namespace {

/// posix_spawn wants arrays of pointers to characters that it does not change.
std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (const std::string& word : words) {
        result.push_back(const_cast<char*>(word.c_str()));
    }
    result.push_back(nullptr);
    return result;
}

struct Actions {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    Actions() {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
    }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
};

} // namespace

pid_t spawn(const Spawn& what) {
    Actions actions;
    posix_spawn_file_actions_addopen(&actions.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // Two rounds, so that no number is overwritten before it is copied.
    int far = STDERR_FILENO + 1;
    for (const auto& [from, to] : what.descriptors) {
        far = std::max({far, from + 1, to + 1});
    }
    int next = far;
    for (const auto& [from, to] : what.descriptors) {
        posix_spawn_file_actions_adddup2(&actions.files, from, next++);
    }
    next = far;
    for (const auto& [from, to] : what.descriptors) {
        posix_spawn_file_actions_adddup2(&actions.files, next, to);
        posix_spawn_file_actions_addclose(&actions.files, next++);
    }
    // The child starts with default signals: an application may block or ignore some, which would
    // last through exec.
    sigset_t none;
    sigemptyset(&none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGCHLD, SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGABRT, SIGXFSZ}) {
        sigaddset(&defaults, signal);
    }
    posix_spawnattr_setsigmask(&actions.attributes, &none);
    posix_spawnattr_setsigdefault(&actions.attributes, &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (what.new_session) {
        flags |= POSIX_SPAWN_SETSID;
    }
    posix_spawnattr_setflags(&actions.attributes, static_cast<short>(flags));
    const std::vector<char*> arguments = pointers(what.arguments);
    const std::vector<char*> environment = pointers(what.environment);
    pid_t child = 0;
    const int error = posix_spawnp(&child, arguments[0], &actions.files, &actions.attributes,
                                   arguments.data(), environment.data());
    if (error != 0) {
        throw Error(ErrorKind::device, "cannot run " + what.arguments[0] + ": " +
                                           std::generic_category().message(error));
    }
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return 0;
        }
    }
    return status;
}

std::string describe_status(int status) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        const char* name = strsignal(signal);
        return "was killed by signal " + std::to_string(signal) + " (" +
               (name != nullptr ? name : "?") + ")";
    }
    return "exited with code " + std::to_string(WEXITSTATUS(status));
}

Output run_program(const std::vector<std::string>& arguments, const Environment& environment) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Error(ErrorKind::device,
                    "cannot make a pipe: " + std::generic_category().message(errno));
    }
    const Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    const pid_t child =
        spawn({.arguments = arguments,
               .environment = environment,
               .descriptors = {{to.get(), STDOUT_FILENO}, {to.get(), STDERR_FILENO}}});
    to.reset();
    Output output;
    std::array<char, 4096> part{};
    while (true) {
        const ssize_t count = read(from.get(), part.data(), part.size());
        if (count > 0) {
            output.text.append(part.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    output.status = wait_for(child);
    return output;
}

} // namespace millrace::runtime
