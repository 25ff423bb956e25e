// SPDX-License-Identifier: Apache-2.0
#include "backends/run_process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace millrace::backends {

namespace {

constexpr std::size_t most_error_text = 65536;

class FileActions {
  public:
    FileActions() { posix_spawn_file_actions_init(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    posix_spawn_file_actions_t* get() { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = read(descriptor, buffer.data(), buffer.size());
        if (count > 0) {
            if (text.size() < most_error_text) {
                text.append(buffer.data(), static_cast<std::size_t>(count));
            }
        } else if (count == 0 || errno != EINTR) {
            return text;
        }
    }
}

} // namespace

ProcessResult run_process(const std::vector<std::string>& command) {
    std::array<int, 2> errors{};
    // Close-on-exec: children of other threads must not keep the pipe open.
    if (pipe2(errors.data(), O_CLOEXEC) != 0) {
        return {127, std::strerror(errno)};
    }
    FileActions actions;
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(actions.get(), errors[1], STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str())); // the child gets copies
    }
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int started =
        posix_spawnp(&child, arguments[0], actions.get(), nullptr, arguments.data(), environ);
    close(errors[1]);
    ProcessResult result;
    if (started != 0) {
        close(errors[0]);
        return {127, command.front() + ": " + std::strerror(started)};
    }
    result.errors = read_all(errors[0]);
    close(errors[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

} // namespace millrace::backends
