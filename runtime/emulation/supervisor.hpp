// SPDX-License-Identifier: Apache-2.0
//
// A process that starts another one in a process group of its own, outlives whatever happens in
// there, and leaves nothing behind: XRT's emulation kills its whole process group when the device
// process dies, and the device process would be left over when XRT's process dies.
#pragma once

#include <csignal>
#include <functional>
#include <vector>

namespace millrace::runtime {

struct Supervision {
    /// A descriptor whose other end is closed when everything shall end; -1: there is none.
    int lifeline = -1;
    /// Descriptors of the child alone: kept open here, they would hide from the other end that the
    /// child is gone.
    std::vector<int> childs;
    /// Gives the group the terminal, for programs that people talk to.
    bool terminal = false;
};

/// Signals that end a process (SIGTERM, SIGINT, SIGHUP, SIGQUIT) wait from here on for supervise(),
/// which takes them for the wish to end everything: what the supervisor makes before, a folder, it
/// can remove at its end. Must be made before there are threads.
class HeldSignals {
  public:
    HeldSignals();
    /// As they were.
    [[nodiscard]] const sigset_t& before() const { return before_; }

  private:
    sigset_t before_{};
};

/// Runs `work` in a child process, which dies with this one, and waits for the child and all its
/// descendants. Its exit code; 128 and the signal's number when a signal ended it. Must be called
/// before there are threads.
int supervise(const Supervision& supervision, const HeldSignals& signals,
              const std::function<int()>& work);

/// Closes what the application left open for its children; numbers up to `last` are kept.
void close_inherited_descriptors(int last);

} // namespace millrace::runtime
