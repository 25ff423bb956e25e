// SPDX-License-Identifier: Apache-2.0
//
// millrace-xrt-host: XRT's software emulation in a supervised process. Sessions on xrt-emu start it
// by themselves; people run their own XRT programs with it:
//
//   millrace-xrt-host PROJECT -- ./my_host {xclbin}
//
// `{xclbin}` in an argument is replaced by the path of the project's image for emulation.
#include "runtime/devices/simulation_library.hpp"
#include "runtime/emulation/host_session.hpp"
#include "runtime/emulation/supervisor.hpp"
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
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace millrace::runtime;

// Descriptors that a session gives; see xrt_emu_device.cpp.
constexpr int channel = 3;
constexpr int lifeline = 4;

/// --session FOLDER
int session(const char* folder) {
    close_inherited_descriptors(lifeline);
    // XRT starts the device process without closing anything.
    fcntl(channel, F_SETFD, FD_CLOEXEC);
    fcntl(lifeline, F_SETFD, FD_CLOEXEC);
    Supervision supervision;
    supervision.lifeline = lifeline;
    supervision.folder = folder;
    supervision.childs = {channel};
    return supervise(supervision, [] { return serve_host_session(Channel(Descriptor(channel))); });
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
int become(const std::vector<std::string>& words, const XrtRoot& root, const std::string& xclbin) {
    for (const std::string& name : XrtRoot::unwanted_variables()) {
        unsetenv(name.c_str());
    }
    for (const std::string& variable : root.variables()) {
        const std::size_t equals = variable.find('=');
        setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
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
    const XrtRoot root(manifest, devices);
    const std::filesystem::path xclbin = root.folder() / (manifest.kernel + ".xclbin");
    write_xclbin(
        xclbin, manifest,
        simulation_library(std::filesystem::is_directory(project) ? project : project.parent_path(),
                           simulation_of(manifest)));
    Supervision supervision;
    supervision.terminal = true;
    return supervise(supervision, [&] { return become(program, root, xclbin.string()); });
}

} // namespace

int main(int count, char** words) {
    try {
        if (count == 3 && std::strcmp(words[1], "--session") == 0) {
            return session(words[2]);
        }
        return run(count, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "millrace-xrt-host: %s\n", error.what());
        return 1;
    }
}
