// SPDX-License-Identifier: Apache-2.0
#include "tests/support/command.hpp"

#include "cli/project_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ; // NOLINT: POSIX

namespace millrace::tests {

CommandRun run_program(const std::string& program, const std::vector<std::string>& arguments) {
    const cli::TemporaryFolder folder;
    const std::string out = folder.path() / "out";
    const std::string err = folder.path() / "err";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    constexpr int create = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), create, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), create, 0600);
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, program.c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE_MESSAGE(error == 0, "cannot run ", program);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, file_text(out), file_text(err)};
}

CommandRun millrace_command(const std::vector<std::string>& arguments) {
    return run_program(MILLRACE_BINARY, arguments);
}

std::string file_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    REQUIRE_MESSAGE(stream, "cannot read ", file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::vector<std::pair<std::string, std::string>>
folder_contents(const std::filesystem::path& folder) {
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().lexically_relative(folder).generic_string();
        if (entry.is_regular_file()) {
            result.emplace_back(name, file_text(entry.path()));
        } else {
            result.emplace_back(name + "/", "");
        }
    }
    std::sort(result.begin(), result.end());
    return result;
}

} // namespace millrace::tests
