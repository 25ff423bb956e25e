// SPDX-License-Identifier: Apache-2.0
//
// millrace-emulated-device: the device process of XRT's software emulation. XRT starts it (under
// the name genericpciemodel), listens on a socket in /tmp and waits for its connection.
//
// When it cannot go on it ends by a signal, never by an exit: XRT notices the death of a device
// process only if a signal killed it, and would wait for its answer for ever otherwise.
#include "runtime/emulation/device_server.hpp"
#include "runtime/emulation/temporary_folder.hpp"
#include "runtime/emulation/watchdog_setting.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace millrace::runtime;

void print(const std::string& line) {
    const std::string text = "millrace-emulated-device: " + line + "\n";
    // One write, so that lines of several processes do not mix.
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) {
        return; // nobody listens
    }
}

[[noreturn]] void die(const std::string& line) {
    print(line);
    std::abort();
}

/// XRT's rule for the socket's name.
std::string socket_path() {
    const std::filesystem::path folder = emulation_folder;
    const char* user = std::getenv("USER");
    const char* id = std::getenv("EMULATION_SOCKETID");
    if (user == nullptr) {
        return folder / "xcl_sock";
    }
    return folder / user / (id != nullptr ? id : "xcl_sock");
}

/// The host binds the socket after it has started this process.
Descriptor connect_to_host() {
    const std::string path = socket_path();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        die("the socket's name is too long: " + path);
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    const pid_t host = getppid();
    auto pause = std::chrono::microseconds(100);
    for (std::chrono::microseconds waited{0}; waited < std::chrono::seconds(60); waited += pause) {
        Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (fd &&
            connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            return fd;
        }
        if (getppid() != host) {
            std::exit(0); // the host is gone
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::microseconds(5000));
    }
    die("no host listens at " + path);
}

/// Unless a limit is set, a kernel may work for any time while the steps of its simulation come
/// back.
void set_watchdog(DeviceServerOptions& options) {
    if (const auto limit = watchdog_setting()) {
        options.watchdog = *limit;
    } else {
        options.step_watchdog = std::chrono::minutes(2);
    }
}

} // namespace

int main() {
    try {
        CallStream stream(connect_to_host());
        DeviceServerOptions options;
        options.fatal = die;
        options.log = print;
        set_watchdog(options);
        DeviceServer server(std::move(options));
        server.serve(stream);
        // A host that is gone or has closed early may have left a kernel at work, which must not
        // keep this process: no destructors.
        if (!server.idle()) {
            std::fflush(nullptr);
            _exit(0);
        }
        return 0;
    } catch (const std::exception& error) {
        die(error.what());
    }
}
