// SPDX-License-Identifier: Apache-2.0
//
// millrace-xrt-host: XRT's software emulation in a supervised process. Sessions on xrt-emu start it
// by themselves; people run their own XRT programs with it:
//
//   millrace-xrt-host PROJECT -- ./my_host {xclbin}
//
// `{xclbin}` in an argument is replaced by the path of the project's image for emulation.
//
// The temporary folder is the supervisor's, which outlives whatever happens to the others: it is
// made with all signals held that could end the supervisor, and removed when all others have ended.
#include "runtime/devices/simulation_library.hpp"
#include "runtime/emulation/host_session.hpp"
#include "runtime/emulation/supervisor.hpp"
#include "runtime/emulation/temporary_folder.hpp"
#include "runtime/emulation/watchdog_setting.hpp"
#include "runtime/emulation/xclbin_writer.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "runtime/error.hpp"
#include "runtime/manifest.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace millrace::runtime;

// Descriptors that a session gives; see xrt_emu_device.cpp.
constexpr int channel = 3;
constexpr int lifeline = 4;

/// Puts this process into the surroundings of a folder.
void enter(const std::filesystem::path& folder) {
    for (const std::string& name : XrtRoot::unwanted_variables()) {
        unsetenv(name.c_str());
    }
    for (const std::string& variable : XrtRoot::variables(folder)) {
        const std::size_t equals = variable.find('=');
        setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
}

/// The child of a session's supervisor: becomes the XRT process as soon as the session has filled
/// the folder, which is when it sends its first message.
int become_xrt_process(const char* program, const std::filesystem::path& folder) {
    pollfd event{channel, POLLIN, 0};
    while (poll(&event, 1, -1) < 0 && errno == EINTR) {
    }
    if ((event.revents & POLLIN) == 0) {
        _exit(1); // the session is gone
    }
    enter(folder);
    // Not the settings of whatever folder the application runs in.
    setenv("XRT_INI_PATH", (folder / "xrt.ini").c_str(), 1);
    execl(program, program, "--serve", nullptr);
    _exit(1);
}

/// --session: a supervisor, which says first which folder it has made.
int session(const char* program) {
    close_inherited_descriptors(lifeline);
    fcntl(lifeline, F_SETFD, FD_CLOEXEC);
    const HeldSignals signals;
    Channel own{Descriptor(fcntl(channel, F_DUPFD_CLOEXEC, lifeline + 1))};
    std::optional<TemporaryFolder> folder;
    try {
        TemporaryFolder::remove_abandoned(XrtRoot::prefix);
        folder.emplace(XrtRoot::prefix, getppid());
    } catch (const Error& error) {
        own.send(message(MessageKind::failed)
                     .number(field::number, static_cast<std::uint64_t>(error.kind()))
                     .bytes(field::text, error.what()));
        return 1;
    }
    own.send(message(MessageKind::folder).bytes(field::text, folder->path().string()));
    own = Channel(Descriptor());
    Supervision supervision;
    supervision.lifeline = lifeline;
    supervision.childs = {channel};
    return supervise(supervision, signals,
                     [&] { return become_xrt_process(program, folder->path()); });
}

/// --serve: the XRT process of a session.
int serve() {
    // XRT starts the device process without closing anything.
    fcntl(channel, F_SETFD, FD_CLOEXEC);
    return serve_host_session(Channel(Descriptor(channel)));
}

constexpr const char* usage =
    "Usage: millrace-xrt-host [--devices N] PROJECT -- PROGRAM [ARGUMENT...]\n"
    "\n"
    "Runs a program that uses XRT with emulated devices that simulate the kernel of a\n"
    "Millrace project. \"{xclbin}\" in an argument is replaced by the path of the image\n"
    "to load; the environment variable MILLRACE_XCLBIN has it too.\n";

std::string replaced(std::string text, std::string_view from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// The child of the supervisor: becomes the program.
int become(const std::vector<std::string>& words, const std::filesystem::path& folder,
           const std::string& xclbin) {
    enter(folder);
    setenv("MILLRACE_XCLBIN", xclbin.c_str(), 1);
    std::vector<std::string> arguments;
    arguments.reserve(words.size());
    for (const std::string& word : words) {
        arguments.push_back(replaced(word, "{xclbin}", xclbin));
    }
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    execvp(pointers[0], pointers.data());
    std::fprintf(stderr, "millrace-xrt-host: cannot run %s: %s\n", pointers[0],
                 std::strerror(errno));
    _exit(127); // the folder is the parent's to remove
}

int run(int count, char** words) {
    unsigned devices = 1;
    int at = 1;
    if (at + 1 < count && std::strcmp(words[at], "--devices") == 0) {
        char* end = nullptr;
        const unsigned long number = std::strtoul(words[at + 1], &end, 10);
        if (*end != '\0' || number < 1 || number > 64) {
            std::fprintf(stderr, "millrace-xrt-host: --devices takes a number from 1 to 64\n");
            return 2;
        }
        devices = static_cast<unsigned>(number);
        at += 2;
    }
    if (at < count &&
        (std::strcmp(words[at], "--help") == 0 || std::strcmp(words[at], "-h") == 0)) {
        std::fputs(usage, stdout);
        return 0;
    }
    if (at + 2 >= count || std::strcmp(words[at + 1], "--") != 0) {
        std::fputs(usage, stderr);
        return 2;
    }
    const std::filesystem::path project = words[at];
    const std::vector<std::string> program(words + at + 2, words + count);
    const Manifest manifest = read_manifest(project);
    static_cast<void>(watchdog_setting());
    // Before there is a folder: it may take minutes, and be interrupted.
    const std::filesystem::path library =
        simulation_library(std::filesystem::is_directory(project) ? project : project.parent_path(),
                           simulation_of(manifest));
    const HeldSignals signals;
    TemporaryFolder::remove_abandoned(XrtRoot::prefix);
    const TemporaryFolder folder(XrtRoot::prefix);
    const XrtRoot root(folder.path(), manifest, devices);
    const std::filesystem::path xclbin = root.folder() / (manifest.kernel + ".xclbin");
    write_xclbin(xclbin, manifest, library);
    Supervision supervision;
    supervision.terminal = true;
    return supervise(supervision, signals,
                     [&] { return become(program, folder.path(), xclbin.string()); });
}

} // namespace

int main(int count, char** words) {
    try {
        if (count == 2 && std::strcmp(words[1], "--session") == 0) {
            return session(words[0]);
        }
        if (count == 2 && std::strcmp(words[1], "--serve") == 0) {
            return serve();
        }
        return run(count, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "millrace-xrt-host: %s\n", error.what());
        return 1;
    }
}
