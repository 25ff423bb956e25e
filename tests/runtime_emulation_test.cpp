// SPDX-License-Identifier: Apache-2.0
//
// Genuine XRT with emulated devices: right data, and a clear error for everything that goes wrong,
// without a trace of it afterwards. Skipped visibly where XRT cannot emulate.
#include "runtime/devices/process.hpp"
#include "runtime/emulation/host_protocol.hpp"
#include "runtime/emulation/library_repair.hpp"
#include "runtime/emulation/temporary_folder.hpp"
#include "runtime/emulation/xclbin_writer.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/runtime_kernel.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>
#include <unistd.h>

using namespace millrace::runtime;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<Device> open_emulation(const DeviceContext& context, unsigned index = 0) {
    return open_device({"xrt-emu", index}, context);
}

/// The one process that runs XRT: of the two of its name the one that is not the supervisor.
int xrt_process() {
    const std::vector<int> found = descendants("millrace-xrt-host");
    REQUIRE(found.size() == 2);
    return found[1];
}

void check_it_opens_again(const DeviceContext& context) {
    const auto device = open_emulation(context);
    CHECK(run_batch(*device->make_batch(0, 8), 8, 1) == 0);
}

TEST_SUITE_BEGIN("runtime emulation");

TEST_CASE("data is right through XRT on every compute unit and in both protocols") {
    if (!has_xrt_emulation()) {
        return;
    }
    for (const char* protocol : {"ap_ctrl_hs", "ap_ctrl_chain"}) {
        CAPTURE(protocol);
        const DeviceContext context = test_project(test_manifest(protocol, 3));
        const auto device = open_emulation(context);
        mentions(std::runtime_error(device->description()), "u250 (xrt-emu:0)");
        REQUIRE(device->compute_units() == 3);
        for (std::size_t unit = 0; unit < 3; ++unit) {
            const auto batch = device->make_batch(unit, 1000);
            for (const std::uint32_t frames : {1000U, 1U, 333U}) {
                CHECK(run_batch(*batch, frames, frames) == 0);
            }
        }
    }
}

TEST_CASE("several batches are under way at once through XRT, from several threads") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_chain", 2));
    const auto device = open_emulation(context);
    check_batches_at_once(*device);
}

TEST_CASE("compute units work at the same time") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs", 4));
    const auto device = open_emulation(context);
    std::vector<std::unique_ptr<Batch>> batches;
    for (std::size_t unit = 0; unit < 4; ++unit) {
        batches.push_back(device->make_batch(unit, 1));
        fill(*batches.back(), 1, 1, Deed::slow);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& batch : batches) {
        batch->start(1);
    }
    for (const auto& batch : batches) {
        batch->wait(seconds(20));
        CHECK(wrong_values(*batch, 1, 1) == 0);
    }
    CHECK(std::chrono::steady_clock::now() - begin < milliseconds(900)); // 4 x 300 ms of work
}

TEST_CASE("buffers larger than XRT's messages pass") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const auto device = open_emulation(context);
    constexpr std::uint32_t frames = 1250000; // 20 MB of the first input; a message has 8
    const auto batch = device->make_batch(0, frames);
    CHECK(run_batch(*batch, frames, 5) == 0);
}

TEST_CASE("several emulated devices at once, and several of one emulation") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext first = test_project(test_manifest("ap_ctrl_hs"));
    const DeviceContext second = test_project(test_manifest("ap_ctrl_chain", 2));
    const auto a = open_emulation(first);
    const auto b = open_emulation(second, 2);
    mentions(std::runtime_error(b->description()), "xrt-emu:2");
    const auto batch_a = a->make_batch(0, 100);
    const auto batch_b = b->make_batch(1, 100);
    fill(*batch_a, 100, 1);
    fill(*batch_b, 100, 2);
    batch_a->start(100);
    batch_b->start(100);
    batch_b->wait(seconds(20));
    batch_a->wait(seconds(20));
    CHECK(wrong_values(*batch_a, 100, 1) == 0);
    CHECK(wrong_values(*batch_b, 100, 2) == 0);
}

TEST_CASE("a wrong image is refused before it is loaded") {
    if (!has_xrt_emulation()) {
        return;
    }
    const Traces before = traces();
    DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    context.xclbin = test_folder() / "given.xclbin";
    const auto refused = [&context] {
        const Error error = error_of([&context] { open_emulation(context); });
        CHECK(error.kind() == ErrorKind::xclbin);
        return error;
    };
    write_xclbin(context.xclbin, context.manifest, test_library(context.manifest));
    check_it_opens_again(context);

    fs::resize_file(context.xclbin, fs::file_size(context.xclbin) - 1000);
    mentions(refused(), "is truncated");
    fs::remove(context.xclbin);
    mentions(refused(), "cannot be read");
    std::ofstream(context.xclbin) << make_xclbin(context.manifest, "no library");
    mentions(refused(), "is not made for emulation");

    const auto other = [&](const std::function<void(Manifest&)>& change) {
        Manifest manifest = context.manifest;
        change(manifest);
        write_xclbin(context.xclbin, manifest, test_library(context.manifest));
        return refused();
    };
    mentions(other([](Manifest& m) { m.kernel = "mix"; }), "it has mix");
    mentions(other([](Manifest& m) { m.design = "77"; }), "is of another design");
    mentions(other([](Manifest& m) {
                 m.arguments[1].name = "in2";
                 m.compute_units[0].banks["in2"] = "DDR[0]";
             }),
             "argument 1 is not in1");
    mentions(other([](Manifest& m) { m.arguments[2].offset = 0x48; }),
             "argument out0 is at 0x48, not at 0x28");
    mentions(other([](Manifest& m) { m.arguments.pop_back(); }), "it has 4 arguments, not 5");
    mentions(other([](Manifest& m) { m.compute_units[0].name = "blend_7"; }),
             "no compute unit blend_1");
    // The right description with another kernel's simulation: the device process refuses.
    write_xclbin(context.xclbin, context.manifest, test_kernel({"-DKERNEL_NAME=\"mix\""}));
    Error error = error_of([&context] { open_emulation(context); });
    CHECK(error.kind() == ErrorKind::device);
    mentions(error, "the device process says: the image carries the simulation of kernel mix, its "
                    "description is of kernel blend");
    // The same with the project's own library, and one that is cut short or none at all.
    context.xclbin.clear();
    const fs::path library = context.project / "build" / "libcsim.so";
    const auto replaced = [&](const fs::path& by) {
        fs::copy_file(by, library, fs::copy_options::overwrite_existing);
        return error_of([&context] { open_emulation(context); });
    };
    mentions(replaced(test_kernel({"-DKERNEL_NAME=\"mix\""})), "simulation of kernel mix");
    mentions(replaced(test_kernel({"-DNO_START"})), "it does not want to");
    mentions(replaced(test_kernel({"-DKERNEL_ABI=99"})), "version 99");
    const fs::path cut = test_folder() / "cut library.so";
    fs::copy_file(test_library(context.manifest), cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, fs::file_size(cut) / 2);
    error = replaced(cut);
    mentions(error, " is damaged: it has ");
    CHECK(to_string(traces()) == to_string(before));
}

TEST_CASE("a dead device process is an error, and the device can be opened again") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const Traces before = traces();
    for (const bool running : {false, true}) {
        CAPTURE(running);
        auto device = open_emulation(context);
        auto batch = device->make_batch(0, 8);
        if (running) {
            fill(*batch, 8, 1, Deed::endless);
            batch->start(8);
            std::this_thread::sleep_for(milliseconds(30));
        }
        // Its program has the name under which XRT starts it.
        const std::vector<int> found = descendants("genericpciemodel");
        REQUIRE(found.size() == 1);
        kill(found[0], SIGKILL);
        const Error error = error_of([&] {
            if (!running) {
                batch->start(8);
            }
            batch->wait(seconds(30));
        });
        CHECK(error.kind() == ErrorKind::device);
        // By XRT's handler of SIGCHLD, or, when it writes at that moment, by SIGPIPE.
        mentions(error, "the XRT process was killed by signal 1");
        CHECK(error_of([&] { device->make_batch(0, 8); }).kind() == ErrorKind::device);
        batch.reset();
        device.reset();
        CHECK(to_string(traces()) == to_string(before));
        check_it_opens_again(context);
    }
}

TEST_CASE("a dead XRT process is an error, and the device can be opened again") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const Traces before = traces();
    for (const int signal : {SIGKILL, SIGTERM, SIGSEGV}) {
        CAPTURE(signal);
        auto device = open_emulation(context);
        auto batch = device->make_batch(0, 8);
        fill(*batch, 8, 1, Deed::endless);
        batch->start(8);
        kill(xrt_process(), signal);
        const Error error = error_of([&] { batch->wait(seconds(30)); });
        CHECK(error.kind() == ErrorKind::device);
        // XRT has a handler of its own for the last.
        mentions(error, signal == SIGSEGV ? "the XRT process "
                                          : "was killed by signal " + std::to_string(signal));
        batch.reset();
        device.reset();
        CHECK(to_string(traces()) == to_string(before));
    }
    check_it_opens_again(context);
}

TEST_CASE("kernels that misbehave in the device process are errors with their reason") {
    if (!has_xrt_emulation()) {
        return;
    }
    struct Case {
        Deed deed;
        const char* text;
    };
    const DeviceContext context = test_project(test_manifest("ap_ctrl_chain", 2));
    const Traces before = traces();
    for (const auto& [deed, text] :
         {Case{Deed::fail, "kernel blend:blend_2 failed: it was told to"},
          Case{Deed::read_beyond, "kernel blend:blend_2 read 16 bytes at 0x"},
          Case{Deed::write_beyond, "kernel blend:blend_2 wrote 16 bytes at 0x"},
          Case{Deed::idle, "kernel blend:blend_2 stopped without an end of its work"},
          Case{Deed::crash, "the XRT process was killed by signal 1"}}) {
        CAPTURE(text);
        {
            const auto device = open_emulation(context);
            const auto batch = device->make_batch(1, 8);
            fill(*batch, 8, 1, deed);
            batch->start(8);
            const Error error = error_of([&] { batch->wait(seconds(30)); });
            CHECK(error.kind() == ErrorKind::device);
            mentions(error, text);
        }
        CHECK(to_string(traces()) == to_string(before));
    }
    check_it_opens_again(context);
}

TEST_CASE("a hung kernel behind XRT is a timeout, and the device can be opened again") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const Traces before = traces();
    for (const Deed deed : {Deed::endless, Deed::stuck}) {
        auto device = open_emulation(context);
        auto batch = device->make_batch(0, 8);
        auto other = device->make_batch(0, 8);
        fill(*batch, 8, 1, deed);
        batch->start(8);
        const auto begin = std::chrono::steady_clock::now();
        const Error error = error_of([&] { batch->wait(milliseconds(100)); });
        CHECK(error.kind() == ErrorKind::timeout);
        mentions(error, "did not finish 8 frames within 100 ms");
        const Error again = error_of([&] { other->start(8); });
        CHECK(again.kind() == ErrorKind::timeout);
        CHECK(std::string(again.what()) == error.what());
        batch.reset();
        other.reset();
        device.reset();
        CHECK(std::chrono::steady_clock::now() - begin < seconds(2));
        CHECK(to_string(traces()) == to_string(before));
        check_it_opens_again(context);
    }
}

TEST_CASE("the time limit behind XRT is that of the kernel's work, not of the queue's") {
    if (!has_xrt_emulation()) {
        return;
    }
    const auto device = open_emulation(test_project(test_manifest("ap_ctrl_hs")));
    check_queue_time(*device);
}

TEST_CASE("a watchdog that is no number starts nothing") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const Traces before = traces();
    for (const char* value : {"abc", "-1", "1s", "99999999999999999999"}) {
        CAPTURE(value);
        setenv("MILLRACE_EMULATION_WATCHDOG_MS", value, 1);
        const Error error = error_of([&] { open_emulation(context); });
        unsetenv("MILLRACE_EMULATION_WATCHDOG_MS");
        CHECK(error.kind() == ErrorKind::usage);
        mentions(error, "MILLRACE_EMULATION_WATCHDOG_MS is '" + std::string(value) + "'");
    }
    CHECK(to_string(traces()) == to_string(before));
    setenv("MILLRACE_EMULATION_WATCHDOG_MS", "0", 1);
    check_it_opens_again(context);
    unsetenv("MILLRACE_EMULATION_WATCHDOG_MS");
}

TEST_CASE("missing programs and a missing device are told by name") {
    if (!has_xrt_emulation()) {
        return;
    }
    const DeviceContext context = test_project(test_manifest("ap_ctrl_hs"));
    const Traces before = traces();
    const char* old = std::getenv("MILLRACE_LIBEXEC");
    const std::string restored = old != nullptr ? old : "";
    setenv("MILLRACE_LIBEXEC", "/nowhere", 1);
    // The programs may also lie beside the tests: then there is nothing to miss.
    try {
        open_emulation(context);
        MESSAGE("the programs lie beside the tests");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::no_device);
        mentions(error, "/nowhere");
        mentions(error, "millrace-emulated-device");
    }
    if (restored.empty()) {
        unsetenv("MILLRACE_LIBEXEC");
    } else {
        setenv("MILLRACE_LIBEXEC", restored.c_str(), 1);
    }
    CHECK(to_string(traces()) == to_string(before));
    DeviceContext bare = context;
    bare.project = test_folder() / "no project";
    CHECK(error_of([&] { open_emulation(bare); }).kind() == ErrorKind::file);
    CHECK(to_string(traces()) == to_string(before));
}

TEST_CASE("the manifest and the memory of a batch arrive in the XRT process as they are") {
    const Manifest manifest = test_manifest("ap_ctrl_chain", 2);
    const Manifest copy = unpack_manifest(pack_manifest(manifest));
    const KernelArguments one(manifest);
    const KernelArguments other(copy);
    CHECK(copy.kernel == manifest.kernel);
    CHECK(copy.compute_units[1].name == "blend_2");
    CHECK(copy.arguments[3].name == "out1");
    CHECK(other.frames_offset == one.frames_offset);
    CHECK(other.outputs[1].frame_bytes == 4);
    CHECK(other.chain);
    CHECK_THROWS_AS(unpack_manifest("\xFF"), std::runtime_error);

    const SharedMemory memory(one, 100);
    CHECK(memory.input(0).size() == 1600);
    memory.output(1)[399] = std::byte{7};
    const SharedMemory same(other, 100, Descriptor(dup(memory.get())));
    CHECK(same.output(1)[399] == std::byte{7});
    const auto offset = [](const SharedMemory& m) { return &m.output(1)[0] - &m.input(0)[0]; };
    CHECK(offset(memory) == offset(same));
    CHECK(offset(memory) % 4096 == 0);
}

/// This test program again, with one of the skipped cases below, in XRT's surroundings.
Output in_xrt_surroundings(const XrtRoot& root, const std::string& test, const Environment& more) {
    Environment variables = root.variables();
    variables.insert(variables.end(), more.begin(), more.end());
    variables.emplace_back("ASAN_OPTIONS=detect_leaks=0"); // XRT's, and ours after a hang
    // `timeout` gives it a process group of its own, which XRT's emulation may kill.
    return run_program({"timeout", "--signal=KILL", "60",
                        fs::read_symlink("/proc/self/exe").string(), "--no-skip",
                        "--test-case=" + test},
                       changed_environment(variables, XrtRoot::unwanted_variables()));
}

DeviceContext surroundings_context(const char* protocol) {
    DeviceContext context;
    context.manifest = test_manifest(protocol, 2);
    const char* xclbin = std::getenv("MILLRACE_TEST_XCLBIN");
    REQUIRE(xclbin != nullptr);
    context.xclbin = xclbin;
    return context;
}

TEST_CASE("xrt in this process: data" * doctest::skip()) {
    const DeviceContext context = surroundings_context("ap_ctrl_chain");
    for (int round = 0; round < 3; ++round) {
        const auto device = open_device({"xrt", 1}, context);
        mentions(std::runtime_error(device->description()), "(xrt:1)");
        const auto a = device->make_batch(0, 100);
        const auto b = device->make_batch(1, 100);
        for (std::uint32_t i = 0; i < 5; ++i) {
            fill(*a, 100, i);
            fill(*b, 100, i + 100);
            a->start(100);
            b->start(100);
            CHECK(error_of([&] { b->start(1); }).kind() == ErrorKind::usage);
            a->wait(seconds(20));
            b->wait(seconds(20));
            CHECK(wrong_values(*a, 100, i) == 0);
            CHECK(wrong_values(*b, 100, i + 100) == 0);
        }
        CHECK(error_of([&] { b->wait(seconds(1)); }).kind() == ErrorKind::usage);
    }
}

/// Without the emulation: a process of its own, since XRT keeps what it has loaded.
TEST_CASE("xrt in this process: no such device" * doctest::skip()) {
    unsetenv("XCL_EMULATION_MODE");
    const Error error = error_of([] {
        open_device({"xrt", 63}, surroundings_context("ap_ctrl_chain"));
    });
    CHECK(error.kind() == ErrorKind::no_device);
    mentions(error, "XRT has no device 63");
}

TEST_CASE("xrt in this process: hung kernel" * doctest::skip()) {
    const auto device = open_device({"xrt", 0}, surroundings_context("ap_ctrl_chain"));
    auto batch = device->make_batch(0, 8);
    fill(*batch, 8, 1, Deed::endless);
    batch->start(8);
    const auto begin = std::chrono::steady_clock::now();
    const Error error = error_of([&] { batch->wait(milliseconds(200)); });
    CHECK(error.kind() == ErrorKind::timeout);
    CHECK(std::chrono::steady_clock::now() - begin < milliseconds(400));
    CHECK(batch->input(0).size() == 128);
    CHECK(error_of([&] { batch->start(8); }).kind() == ErrorKind::timeout);
    const Error again = error_of([&] { device->make_batch(0, 8); });
    CHECK(again.kind() == ErrorKind::timeout);
    CHECK(std::string(again.what()) == error.what());
    batch.reset();
}

TEST_CASE("xrt in this process: queue" * doctest::skip()) {
    const auto device = open_device({"xrt", 0}, surroundings_context("ap_ctrl_chain"));
    check_queue_time(*device);
}

TEST_CASE("the device for boards runs in XRT's emulation, too") {
    if (!has_xrt_emulation()) {
        return;
    }
    const Manifest manifest = test_manifest("ap_ctrl_chain", 2);
    const TemporaryFolder folder(XrtRoot::prefix);
    const XrtRoot root(folder.path(), manifest, 2);
    const fs::path xclbin = root.folder() / "blend.xclbin";
    write_xclbin(xclbin, manifest, test_library(manifest));
    for (const char* name : {"data", "no such device", "hung kernel", "queue"}) {
        const Output output = in_xrt_surroundings(root, std::string("xrt in this process: ") + name,
                                                  {"MILLRACE_TEST_XCLBIN=" + xclbin.string()});
        INFO(output.text);
        CHECK(output.text.find("1 passed | 0 failed") != std::string::npos);
        CHECK(describe_status(output.status) == "exited with code 0");
    }
}

fs::path xrt_include_folder() {
    const char* root = std::getenv("XILINX_XRT");
    for (const fs::path& folder :
         {root != nullptr ? fs::path(root) / "include" : fs::path(),
          fs::path("/opt/xilinx/xrt/include"), fs::path("/usr/include/xrt")}) {
        if (fs::exists(folder / "xrt" / "xrt_device.h")) {
            return folder;
        }
    }
    return {};
}

TEST_CASE("an XRT program that knows nothing of Millrace runs unchanged") {
    if (!has_xrt_emulation()) {
        return;
    }
    const fs::path include = xrt_include_folder();
    if (include.empty()) {
        report_skip("XRT's headers are not installed");
        return;
    }
    const fs::path program = test_folder() / "plain_host";
    const char* compiler = std::getenv("CXX");
    const Output built = run_program(
        {compiler != nullptr ? compiler : "c++", "-std=c++17", "-I" + include.string(),
         MILLRACE_SOURCE_DIR "/tests/kernels/plain_xrt_host.cpp", "-o", program.string(),
         "-L" + xrt_library_folder().string(), "-lxrt_coreutil", "-pthread"},
        changed_environment({}));
    REQUIRE_MESSAGE(built.status == 0, built.text);
    for (const char* protocol : {"ap_ctrl_hs", "ap_ctrl_chain"}) {
        const Manifest manifest = test_manifest(protocol, 2);
        const TemporaryFolder folder(XrtRoot::prefix);
        const XrtRoot root(folder.path(), manifest, 1);
        const fs::path xclbin = root.folder() / "blend.xclbin";
        write_xclbin(xclbin, manifest, test_library(manifest));
        const Output output =
            run_program({"timeout", "--signal=KILL", "60", program.string(), xclbin.string()},
                        changed_environment(root.variables(), XrtRoot::unwanted_variables()));
        INFO(output.text);
        CHECK(describe_status(output.status) == "exited with code 0");
        CHECK(output.text.find("arguments: in0@0x10 in1@0x1c out0@0x28 out1@0x34 frames@0x40") !=
              std::string::npos);
        CHECK(output.text.find("all values are right") != std::string::npos);
    }
}

TEST_CASE("the installed library has its one fault repaired") {
    if (!has_xrt_emulation()) {
        return;
    }
    const TemporaryFolder folder(XrtRoot::prefix);
    const XrtRoot root(folder.path(), test_manifest("ap_ctrl_hs"), 1);
    const fs::path installed = xrt_library_folder() / "libxrt_swemu.so.2";
    const auto bytes = [](const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return std::string{std::istreambuf_iterator<char>(stream), {}};
    };
    const std::string before = bytes(installed);
    const std::string after = bytes(root.folder() / "xrt" / "lib" / "libxrt_swemu.so.2");
    REQUIRE(before.size() == after.size());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        changed += before[i] != after[i] ? 1U : 0U;
    }
    CHECK(changed == (xrt_minor_version(installed) == 13 ? 1U : 0U));
    CHECK((fs::status(root.folder()).permissions() & fs::perms::others_all) == fs::perms::none);
}

TEST_SUITE_END();

} // namespace
