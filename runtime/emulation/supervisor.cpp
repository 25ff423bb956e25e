// SPDX-License-Identifier: Apache-2.0
//
// The supervisor is the "subreaper" of its descendants: orphans of the group become its children,
// so it can wait for them and no zombies remain, also in containers whose first process does not
// wait. Signals are taken as descriptor events; there are no handlers.
#include "runtime/emulation/supervisor.hpp"

#include "runtime/devices/deadline.hpp"
#include "runtime/devices/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace millrace::runtime {

namespace {

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
        sigaddset(&set, signal);
    }
    return set;
}

/// Gives the terminal to a process group; without one there is nothing to give.
void give_terminal(pid_t group) {
    if (isatty(STDIN_FILENO) != 0) {
        std::signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(STDIN_FILENO, group);
    }
}

class Supervisor {
  public:
    Supervisor(const Supervision& supervision, pid_t child)
        : supervision_(supervision),
          child_(child) {}

    int run() {
        const sigset_t set = watched_signals();
        const Descriptor signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
        while (!all_ended()) {
            std::array<pollfd, 2> events = {
                pollfd{signals.get(), POLLIN, 0},
                pollfd{killed_ ? -1 : supervision_.lifeline, POLLIN | POLLHUP, 0}};
            const int limit = ended_ ? 100 : -1;
            if (poll(events.data(), events.size(), limit) < 0 && errno != EINTR) {
                break;
            }
            if (events[1].revents != 0) {
                kill_group();
            }
            take(signals.get());
        }
        return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
    }

  private:
    void kill_group() {
        kill(-child_, SIGKILL);
        killed_ = true;
    }
    void take(int signals) {
        signalfd_siginfo info{};
        while (read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            if (info.ssi_signo != static_cast<std::uint32_t>(SIGCHLD)) {
                kill_group();
            }
        }
    }
    /// Reaps what has ended; true when nothing is left to wait for.
    bool all_ended() {
        int status = 0;
        pid_t ended = 0;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended == child_) {
                ended_ = true;
                status_ = status;
                kill_group();
                // Descendants that left the group do not hold up the end.
                limit_ = deadline_after(std::chrono::seconds(2));
            }
        }
        return ended_ && (ended < 0 || Clock::now() >= limit_);
    }

    const Supervision& supervision_;
    pid_t child_;
    bool killed_ = false;
    bool ended_ = false;
    int status_ = 0;
    Clock::time_point limit_;
};

} // namespace

HeldSignals::HeldSignals() {
    const sigset_t set = watched_signals();
    sigprocmask(SIG_BLOCK, &set, &before_);
}

int supervise(const Supervision& supervision, const HeldSignals& signals,
              const std::function<int()>& work) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t supervisor = getpid();
    const pid_t child = fork();
    if (child < 0) {
        return 1;
    }
    if (child == 0) {
        // Nobody would end the child if the supervisor were killed.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != supervisor) {
            _exit(1);
        }
        setpgid(0, 0);
        if (supervision.terminal) {
            give_terminal(getpid());
        }
        if (supervision.lifeline >= 0) {
            close(supervision.lifeline);
        }
        sigprocmask(SIG_SETMASK, &signals.before(), nullptr);
        std::exit(work());
    }
    for (const int descriptor : supervision.childs) {
        close(descriptor);
    }
    setpgid(child, child); // whoever is first: kill_group() must find the group
    const int code = Supervisor(supervision, child).run();
    if (supervision.terminal) {
        give_terminal(getpgrp());
    }
    return code;
}

void close_inherited_descriptors(int last) {
    std::vector<int> found;
    DIR* folder = opendir("/proc/self/fd");
    if (folder == nullptr) {
        return;
    }
    while (const dirent* entry = readdir(folder)) {
        const int number = std::atoi(entry->d_name); // names of digits, "." and ".."
        if (number > last && number != dirfd(folder)) {
            found.push_back(number);
        }
    }
    closedir(folder);
    for (const int number : found) {
        close(number);
    }
}

} // namespace millrace::runtime
