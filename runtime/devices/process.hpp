// SPDX-License-Identifier: Apache-2.0
//
// Other programs as children: started without a shell, ended and reaped without touching any other
// child of the application. File descriptors are closed on exec wherever they are made here.
#pragma once

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace millrace::runtime {

/// A file descriptor that is closed with its owner.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }
    void reset();
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// Environment variables as "NAME=value".
using Environment = std::vector<std::string>;
/// This process's, without the named variables and with the given ones instead.
Environment changed_environment(const Environment& set, const std::vector<std::string>& unset = {});

struct Spawn {
    std::vector<std::string> arguments; ///< arguments[0] is the program: a path, or a name in PATH
    Environment environment;
    /// Descriptors of this process and the numbers that they have in the child.
    std::vector<std::pair<int, int>> descriptors;
    bool new_session = false;
};

/// Starts a program; throws Error(ErrorKind::device) that names it.
pid_t spawn(const Spawn& what);
/// Waits for a child; its status as of waitpid(), 0 when somebody else has reaped it.
int wait_for(pid_t child);
/// "exited with code 1", "was killed by signal 9 (Killed)".
std::string describe_status(int status);

struct Output {
    int status = 0; ///< as of waitpid()
    std::string text;
};
/// Runs a program to its end with no input, its output and errors as one text.
Output run_program(const std::vector<std::string>& arguments, const Environment& environment);

} // namespace millrace::runtime
