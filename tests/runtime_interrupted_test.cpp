// SPDX-License-Identifier: Apache-2.0
//
// What runs on XRT's emulation leave behind: nothing, however often and whatever ends them. Skipped
// visibly where XRT cannot emulate.
#include "cli/project_folder.hpp"
#include "runtime/device.hpp"
#include "runtime/devices/process.hpp"
#include "runtime/emulation/temporary_folder.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "tests/support/command.hpp"
#include "tests/support/runtime_kernel.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <unistd.h>

using namespace millrace::runtime;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::unique_ptr<Device> open_emulation(const DeviceContext& context) {
    return open_device({"xrt-emu", 0}, context);
}

bool becomes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
}

/// The temporary folders that are named after a process.
std::size_t folders_of(pid_t process) {
    const std::string begin = std::string(XrtRoot::prefix) + "-" + std::to_string(process) + "-";
    std::size_t count = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(emulation_folder)) {
        count += entry.path().filename().string().starts_with(begin) ? 1U : 0U;
    }
    return count;
}

/// Whether a process runs: a zombie does not, whoever should reap it.
bool runs(pid_t process) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    std::getline(stat, line);
    const std::size_t name_end = line.rfind(')');
    return name_end != std::string::npos && line.size() > name_end + 2 &&
           line[name_end + 2] != 'Z' && line[name_end + 2] != 'X';
}

/// A small project with its input, whose simulation is not built yet.
class Project {
  public:
    Project() {
        small_mlp().save(path("m.onnx"));
        REQUIRE(millrace_command({"compile", path("m.onnx"), "-o", path("p")}).status == 0);
        std::ofstream(path("x.npy"), std::ios::binary)
            << npy_header("(2, 4)") << std::string(2 * 4 * 4, '\0');
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (work_.path() / name).string();
    }
    /// The command on the emulation, in a session of its own.
    [[nodiscard]] pid_t run() const {
        return start({MILLRACE_BINARY, "run", path("p"), "--input", path("x.npy"), "--device",
                      "xrt-emu", "--repeat", "100000"});
    }
    [[nodiscard]] pid_t start(const std::vector<std::string>& arguments) const {
        const Descriptor out(
            open(path("out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        return spawn({.arguments = arguments,
                      .environment = changed_environment({}),
                      .descriptors = {{out.get(), 1}, {out.get(), 2}},
                      .new_session = true});
    }

  private:
    static std::string npy_header(const std::string& shape) {
        std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
        text.resize(117, ' ');
        using namespace std::string_literals;
        return "\x93NUMPY\x01\x00\x76\x00"s + text + "\n";
    }
    millrace::cli::TemporaryFolder work_;
};

TEST_SUITE_BEGIN("runtime interrupted");

TEST_CASE("a run that is interrupted at any moment leaves nothing") {
    if (!has_xrt_emulation()) {
        return;
    }
    const Project project;
    // While the simulation is being built, which takes longer than this.
    const pid_t building = project.run();
    REQUIRE(becomes_true([&] { return fs::exists(project.path("p/build")); }));
    std::this_thread::sleep_for(milliseconds(200));
    CHECK(folders_of(building) == 0);
    kill(-building, SIGINT); // as a terminal does
    wait_for(building);
    CHECK(folders_of(building) == 0);
    REQUIRE(run_program("make", {"-s", "-C", project.path("p"), "build/libcsim.so"}).status == 0);
    std::size_t seen = 0;
    for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
        for (int time = 0; time < 300; time += 20) {
            CAPTURE(signal);
            CAPTURE(time);
            const pid_t process = project.run();
            std::this_thread::sleep_for(milliseconds(time));
            seen += folders_of(process);
            kill(-process, signal);
            wait_for(process);
            CHECK(becomes_true([&] { return folders_of(process) == 0; }));
        }
    }
    CHECK(seen > 0);
}

TEST_CASE(
    "a program on the emulation ends with its supervisor, whose folder the next one removes") {
    if (!has_xrt_emulation()) {
        return;
    }
    const Project project;
    REQUIRE(run_program("make", {"-s", "-C", project.path("p"), "build/libcsim.so"}).status == 0);
    const std::string host =
        (fs::path(MILLRACE_BINARY).parent_path() / "millrace-xrt-host").string();
    for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
        CAPTURE(signal);
        const std::string file = project.path("process" + std::to_string(signal));
        const pid_t supervisor = project.start(
            {host, project.path("p"), "--", "sh", "-c", "echo $$ > \"$0\"; exec sleep 1000", file});
        pid_t program = 0;
        REQUIRE(becomes_true([&] { return std::ifstream(file) >> program && program > 0; }));
        CHECK(runs(program));
        CHECK(folders_of(supervisor) == 1);
        kill(supervisor, signal);
        wait_for(supervisor);
        CHECK(becomes_true([&] { return !runs(program); }));
        CHECK(folders_of(supervisor) == (signal == SIGKILL ? 1U : 0U));
        const CommandRun next = run_program(host, {project.path("p"), "--", "true"});
        CAPTURE(next.err);
        CHECK(next.status == 0);
        CHECK(folders_of(supervisor) == 0);
    }
    // Interrupted before its program runs.
    for (int time = 0; time < 200; time += 20) {
        const pid_t supervisor = project.start({host, project.path("p"), "--", "sleep", "1000"});
        std::this_thread::sleep_for(milliseconds(time));
        kill(supervisor, SIGTERM);
        wait_for(supervisor);
        CHECK(folders_of(supervisor) == 0);
    }
}

TEST_CASE("folders of those that are there are not removed, nor those of others") {
    const std::string prefix = "millrace-abandoned-" + std::to_string(getpid());
    const TemporaryFolder mine(prefix);
    const fs::path old = fs::path(emulation_folder) / (prefix + "-1-XXXXXX");
    fs::create_directories(old / "deeper");
    TemporaryFolder::remove_abandoned(prefix);
    CHECK(fs::exists(mine.path()));
    CHECK(fs::exists(old)); // it never had a lock: not one of ours
    std::ofstream(old / ".millrace-lock") << "";
    TemporaryFolder::remove_abandoned(prefix + "-other");
    CHECK(fs::exists(old));
    TemporaryFolder::remove_abandoned(prefix);
    CHECK_FALSE(fs::exists(old));
    CHECK(fs::exists(mine.path()));
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("slow-ci runtime emulation");

TEST_CASE("200 times open, run and close leave nothing behind") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_chain", 2));
    CHECK(run_batch(*open_emulation(context)->make_batch(0, 8), 8, 1) == 0);
    const Traces before = traces();
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < 200; ++i) {
        const auto device = open_emulation(context);
        const auto batch = device->make_batch(i % 2, 20);
        REQUIRE(run_batch(*batch, 20, i) == 0);
    }
    const double seconds_taken =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    MESSAGE((seconds_taken * 1000 / 200) << " ms for each");
    CHECK(to_string(traces()) == to_string(before));
    CHECK(becomes_true([] { return descendants("genericpciemodel").empty(); }));
}

TEST_CASE("XRT takes a thousand batches") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const auto device = open_emulation(context);
    const auto batch = device->make_batch(0, 16);
    const auto begin = std::chrono::steady_clock::now();
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        wrong += run_batch(*batch, 16, i);
    }
    CHECK(wrong == 0);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begin;
    MESSAGE(taken.count() << " us for each");
}

TEST_SUITE_END();

} // namespace
