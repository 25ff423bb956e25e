// SPDX-License-Identifier: Apache-2.0
//
// Devices in this process, with a kernel that misbehaves when it is told to.
#include "runtime/devices/elf_file.hpp"
#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/kernel_library.hpp"
#include "runtime/devices/process.hpp"
#include "runtime/devices/simulated_device.hpp"
#include "runtime/devices/simulation_library.hpp"
#include "runtime/emulation/programs.hpp"
#include "runtime/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/runtime_kernel.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <unistd.h>

using namespace millrace::runtime;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;

std::unique_ptr<Device> open_csim(const Manifest& manifest) {
    return open_simulated_device(test_library(manifest), manifest, "C simulation");
}

std::string damaged_text(const fs::path& library) {
    return library.string() + " is damaged: " + damage_of_library(library) +
           "; remove it and build it again (make -C PROJECT build/" + library.filename().string() +
           ")";
}

double seconds_of(const std::function<void()>& call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST_SUITE_BEGIN("runtime devices");

TEST_CASE("a library that is no kernel is refused with the reason") {
    const Error missing = error_of([] { KernelLibrary::load("/nowhere/libcsim.so"); });
    CHECK(missing.kind() == ErrorKind::device);
    mentions(missing, "/nowhere/libcsim.so");

    const fs::path text = test_folder() / "text.so";
    std::ofstream(text) << "no library";
    mentions(error_of([&] { KernelLibrary::load(text); }), "text.so");

    mentions(
        error_of([] { KernelLibrary::load(test_kernel({"-Dmillrace_kernel_advance=other"})); }),
        "millrace_kernel_advance");
    mentions(error_of([] { KernelLibrary::load(test_kernel({"-DKERNEL_ABI=99"})); }), "version 99");

    const Manifest manifest = test_manifest("ap_ctrl_hs");
    mentions(error_of([&] {
                 open_simulated_device(test_kernel({"-DKERNEL_NAME=\"other\""}), manifest, "");
             }),
             "kernel other");
    mentions(error_of([&] { open_simulated_device(test_kernel({"-DNO_START"}), manifest, ""); }),
             "it does not want to");
}

TEST_CASE("a library that was cut short is told before the loader maps it") {
    const fs::path whole = test_kernel({});
    CHECK(damage_of_library(whole).empty());
    CHECK(damage_of_library("/nowhere/libcsim.so").empty()); // the loader tells
    const fs::path cut = test_folder() / "cut.so";
    const std::uintmax_t size = fs::file_size(whole);
    for (std::uintmax_t length = 0; length < size; length += length < 70 ? 1 : 997) {
        fs::copy_file(whole, cut, fs::copy_options::overwrite_existing);
        fs::resize_file(cut, length);
        CAPTURE(length);
        const Error error = error_of([&] { KernelLibrary::load(cut); });
        CHECK(error.kind() == ErrorKind::device);
        mentions(error, "cut.so");
        CHECK((length != 0 && length < 4) != (error.what() == damaged_text(cut)));
    }
    // A byte less, and numbers that point anywhere.
    fs::copy_file(whole, cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, size - 1);
    mentions(error_of([&] { KernelLibrary::load(cut); }), "cut.so is damaged: it has");
    for (const std::size_t at : {0x20U, 0x28U, 0x38U, 0x3cU}) { // e_phoff, e_shoff, their counts
        fs::copy_file(whole, cut, fs::copy_options::overwrite_existing);
        std::fstream(cut, std::ios::in | std::ios::out | std::ios::binary)
            .seekp(static_cast<std::streamoff>(at))
            .write("\xff\xff", 2);
        CAPTURE(at);
        CHECK(!damage_of_library(cut).empty());
    }
}

TEST_CASE("data is right on every compute unit and in both protocols") {
    for (const char* protocol : {"ap_ctrl_hs", "ap_ctrl_chain"}) {
        CAPTURE(protocol);
        const auto device = open_csim(test_manifest(protocol, 3));
        CHECK(device->description() == "C simulation");
        REQUIRE(device->compute_units() == 3);
        for (std::size_t unit = 0; unit < 3; ++unit) {
            const auto batch = device->make_batch(unit, 100);
            CHECK(batch->input(0).size() == 1600);
            CHECK(batch->output(1).size() == 400);
            for (const std::uint32_t frames : {100U, 1U, 37U}) {
                CHECK(run_batch(*batch, frames, frames) == 0);
            }
        }
    }
}

TEST_CASE("several batches are under way at once, from several threads") {
    const auto device = open_csim(test_manifest("ap_ctrl_chain", 2));
    check_batches_at_once(*device);
}

TEST_CASE("a kernel that fails or reaches beyond its buffers loses the device") {
    struct Case {
        Deed deed;
        const char* text;
    };
    const Manifest manifest = test_manifest("ap_ctrl_hs", 2);
    for (const auto& [deed, text] :
         {Case{Deed::fail, "it was told to"}, Case{Deed::read_beyond, "read 16 bytes at 0x"},
          Case{Deed::write_beyond, "wrote 16 bytes at 0x"},
          Case{Deed::write_input, "wrote 1 bytes at 0x"}}) {
        CAPTURE(text);
        const auto device = open_csim(manifest);
        const auto good = device->make_batch(1, 4);
        const auto bad = device->make_batch(0, 4);
        fill(*bad, 4, 1, deed);
        bad->start(4);
        const Error error = error_of([&] { bad->wait(std::chrono::seconds(20)); });
        CHECK(error.kind() == ErrorKind::device);
        mentions(error, text);
        mentions(error, "blend_1");
        const Error later = error_of([&] { good->start(4); });
        CHECK(later.kind() == ErrorKind::device);
        mentions(later, text);
        mentions(later, "opened again");
        CHECK(error_of([&] { device->make_batch(0, 1); }).kind() == ErrorKind::device);
        const auto again = open_csim(manifest);
        CHECK(run_batch(*again->make_batch(0, 4), 4, 3) == 0);
    }
}

TEST_CASE("a hung kernel is a timeout, and the device can be opened again") {
    const Manifest manifest = test_manifest("ap_ctrl_chain");
    auto device = open_csim(manifest);
    auto batch = device->make_batch(0, 4);
    auto behind = device->make_batch(0, 4);
    fill(*batch, 4, 1, Deed::endless);
    batch->start(4);
    behind->start(4);
    const Error error = error_of([&] { batch->wait(std::chrono::milliseconds(50)); });
    CHECK(error.kind() == ErrorKind::timeout);
    mentions(error, "50 ms");
    // All that goes with it says the same.
    for (const Error& other : {error_of([&] { behind->wait(std::chrono::seconds(20)); }),
                               error_of([&] { behind->wait(std::chrono::seconds(20)); }),
                               error_of([&] { device->make_batch(0, 1); })}) {
        CHECK(other.kind() == ErrorKind::timeout);
        CHECK(std::string(other.what()) == error.what());
    }
    CHECK(seconds_of([&] {
              batch.reset();
              behind.reset();
              device.reset();
          }) < 1.5);
    device = open_csim(manifest);
    CHECK(run_batch(*device->make_batch(0, 4), 4, 3) == 0);
}

TEST_CASE("the time limit is that of the kernel's work, not of the queue's") {
    const auto device = open_csim(test_manifest("ap_ctrl_hs"));
    check_queue_time(*device);
    // Nobody waits for the batch that hangs, but whoever waits behind it finds out.
    const auto hung = device->make_batch(0, 4);
    const auto behind = device->make_batch(0, 2);
    fill(*hung, 4, 1, Deed::endless);
    hung->start(4);
    behind->start(2);
    const Error error = error_of([&] { behind->wait(std::chrono::milliseconds(50)); });
    CHECK(error.kind() == ErrorKind::timeout);
    mentions(error, "did not finish 4 frames within 50 ms");
}

TEST_CASE("a kernel that goes idle without ap_done has failed") {
    for (const char* protocol : {"ap_ctrl_hs", "ap_ctrl_chain"}) {
        const auto device = open_csim(test_manifest(protocol));
        const auto batch = device->make_batch(0, 4);
        fill(*batch, 4, 1, Deed::idle);
        batch->start(4);
        const Error error = error_of([&] { batch->wait(std::chrono::seconds(20)); });
        CHECK(error.kind() == ErrorKind::device);
        mentions(error, "kernel blend_1 stopped without an end of its work");
    }
}

TEST_CASE("without a limit a kernel may take its time, as long as it makes progress") {
    Patience patience;
    patience.step = std::chrono::milliseconds(100);
    const Manifest manifest = test_manifest("ap_ctrl_hs");
    const auto open = [&](const Manifest& of) {
        return open_simulated_device(test_kernel({}), of, "C simulation", patience);
    };
    {
        // Steps come back, and after a while so does the end.
        const auto device = open(manifest);
        const auto batch = device->make_batch(0, 4);
        fill(*batch, 4, 1, Deed::patient);
        batch->start(4);
        CHECK(seconds_of([&] { batch->wait(no_time_limit); }) > 0.3);
        CHECK(run_batch(*batch, 4, 3, no_time_limit) == 0);
    }
    // A step that does not, although others wait behind it.
    auto device = open(manifest);
    auto batch = device->make_batch(0, 4);
    auto behind = device->make_batch(0, 4);
    fill(*batch, 4, 1, Deed::stuck);
    batch->start(4);
    behind->start(4);
    const Error error = error_of([&] { batch->wait(no_time_limit); });
    CHECK(error.kind() == ErrorKind::timeout);
    mentions(error, "kernel blend_1 makes no progress");
    mentions(error, "more than 100 ms");
    CHECK(error_of([&] { behind->wait(no_time_limit); }).kind() == ErrorKind::timeout);
    batch.reset();
    behind.reset();
    device.reset();
    device = open(manifest);
    CHECK(run_batch(*device->make_batch(0, 4), 4, 3, no_time_limit) == 0);
}

TEST_CASE("a simulation with a clock hangs when it has used many times the predicted cycles") {
    Manifest manifest = test_manifest("ap_ctrl_hs");
    manifest.latency_cycles = 1000;
    manifest.interval_cycles = 10;
    Patience patience;
    patience.cycles = 0;
    // 20 * (1000 + 4 * 10) cycles are reached after 21 of its steps of 1000.
    const auto open = [&] {
        return open_simulated_device(test_kernel({"-DCYCLES_A_STEP=1000"}), manifest,
                                     "RTL simulation", patience);
    };
    auto device = open();
    auto batch = device->make_batch(0, 4);
    CHECK(run_batch(*batch, 4, 2, no_time_limit) == 0);
    fill(*batch, 4, 1, Deed::endless);
    batch->start(4);
    const Error error = error_of([&] { batch->wait(no_time_limit); });
    CHECK(error.kind() == ErrorKind::timeout);
    mentions(error, "kernel blend_1 did not finish 4 frames in ");
    mentions(error, "000 clock cycles; predicted are 1,040");
    device = open();
    batch = device->make_batch(0, 4);
    CHECK(run_batch(*batch, 4, 2, no_time_limit) == 0);
}

TEST_CASE("a kernel that does not come back holds nobody up") {
    const Manifest manifest = test_manifest("ap_ctrl_hs");
    auto device = open_csim(manifest);
    auto batch = device->make_batch(0, 4);
    fill(*batch, 4, 1, Deed::stuck);
    batch->start(4);
    CHECK(error_of([&] { batch->wait(std::chrono::milliseconds(20)); }).kind() ==
          ErrorKind::timeout);
    CHECK(seconds_of([&] {
              batch.reset();
              device.reset();
          }) < 5);
    device = open_csim(manifest);
    CHECK(run_batch(*device->make_batch(0, 4), 4, 3) == 0);
}

TEST_CASE("a batch may go while it is queued, and the device before its batches") {
    auto device = open_csim(test_manifest("ap_ctrl_hs"));
    auto slow = device->make_batch(0, 1);
    auto queued = device->make_batch(0, 1);
    fill(*slow, 1, 1, Deed::slow);
    slow->start(1);
    queued->start(1);
    queued.reset();
    slow->wait(std::chrono::seconds(20));
    CHECK(wrong_values(*slow, 1, 1) == 0);
    slow->start(1);
    device.reset();
    CHECK(error_of([&] { slow->wait(std::chrono::seconds(20)); }).kind() == ErrorKind::device);
}

TEST_CASE("calls that make no sense are usage errors") {
    const auto device = open_csim(test_manifest("ap_ctrl_hs"));
    const auto batch = device->make_batch(0, 4);
    const auto kind = [](const std::function<void()>& call) { return error_of(call).kind(); };
    CHECK(kind([&] { batch->start(0); }) == ErrorKind::usage);
    CHECK(kind([&] { batch->start(5); }) == ErrorKind::usage);
    CHECK(kind([&] { batch->wait(std::chrono::seconds(1)); }) == ErrorKind::usage);
    CHECK(kind([&] { batch->input(2); }) == ErrorKind::usage);
    CHECK(kind([&] { batch->output(2); }) == ErrorKind::usage);
    CHECK(kind([&] { device->make_batch(1, 1); }) == ErrorKind::usage);
    fill(*batch, 4, 1);
    batch->start(4);
    CHECK(kind([&] { batch->start(4); }) == ErrorKind::usage);
    batch->wait(std::chrono::milliseconds::max());
    CHECK(wrong_values(*batch, 4, 1) == 0);
}

TEST_CASE("nothing is left of a device") {
    const auto round = [] {
        const auto device = open_csim(test_manifest("ap_ctrl_chain", 2));
        CHECK(run_batch(*device->make_batch(1, 10), 10, 1) == 0);
    };
    round();
    const Traces before = traces();
    for (int i = 0; i < 50; ++i) {
        round();
    }
    CHECK(to_string(traces()) == to_string(before));
}

TEST_CASE("a manifest of another kernel starts nothing") {
    const Manifest good = test_manifest("ap_ctrl_hs");
    const auto text = [&](const std::function<void(Manifest&)>& change) -> std::string {
        Manifest manifest = good;
        change(manifest);
        const Error error = error_of([&] { const KernelArguments arguments(manifest); });
        CHECK(error.kind() == ErrorKind::manifest);
        return error.what();
    };
    const auto has = [](const std::string& where, const char* what) {
        INFO(where);
        CHECK(where.find(what) != std::string::npos);
    };
    has(text([](Manifest& m) { m.control_protocol = "ap_ctrl_none"; }), "ap_ctrl_none");
    has(text([](Manifest& m) { m.arguments.pop_back(); }), "number of frames");
    has(text([](Manifest& m) { m.arguments[4].name = "count"; }), "count is not known");
    has(text([](Manifest& m) { m.arguments[0].offset = 65532; }), "in0 is outside");
    has(text([](Manifest& m) { m.arguments[0].offset = 0xFFFFFFFC; }), "in0 is outside");
    has(text([](Manifest& m) { m.arguments[0].memory = false; }), "in0");
    has(text([](Manifest& m) { m.inputs.pop_back(); }), "4 memory arguments for 3 ports");
    has(text([](Manifest& m) { m.inputs[0].argument = 9; }), "in0 has no argument");
    has(text([](Manifest& m) { m.inputs[0].argument = 4; }), "which is a number");
    has(text([](Manifest& m) { m.compute_units.clear(); }), "no compute unit");
    const KernelArguments arguments(good);
    CHECK(arguments.frames_offset == 0x40);
    CHECK(error_of([] {
              static_cast<void>(KernelArguments::bytes({0, 0, std::uint64_t{1} << 62}, 4));
          }).kind() == ErrorKind::usage);
}

TEST_CASE("the C simulation is built when it is missing or older than its sources") {
    const fs::path project = test_folder() / "built project";
    fs::create_directories(project / "src");
    const auto write = [](const fs::path& file, const std::string& text) {
        std::ofstream(file) << text;
    };
    mentions(error_of([&] { simulation_library(project, Simulation::csim); }), "no Makefile");
    CHECK(error_of([&] { simulation_library(project, Simulation::csim); }).kind() ==
          ErrorKind::file);
    write(project / "src" / "top.cpp", "int f() { return 0; }\n");
    write(project / "Makefile", "build/libcsim.so: src/top.cpp\n"
                                "\t@mkdir -p build; echo x >> log\n"
                                "\tc++ -shared -fPIC -o $@ src/top.cpp\n");
    const auto builds = [&] {
        std::ifstream stream(project / "log");
        std::string line;
        int count = 0;
        while (std::getline(stream, line)) {
            ++count;
        }
        return count;
    };
    CHECK(simulation_library(project, Simulation::csim) == project / "build" / "libcsim.so");
    CHECK(builds() == 1);
    simulation_library(project, Simulation::csim);
    CHECK(builds() == 1);
    fs::last_write_time(project / "src" / "top.cpp",
                        fs::last_write_time(project / "build" / "libcsim.so") +
                            std::chrono::seconds(1));
    simulation_library(project, Simulation::csim);
    CHECK(builds() == 2);

    // Cut short: built again, although it is younger than its sources.
    const fs::path library = project / "build" / "libcsim.so";
    const std::uintmax_t size = fs::file_size(library);
    fs::resize_file(library, size / 2);
    fs::last_write_time(library, fs::file_time_type::clock::now() + std::chrono::hours(1));
    CHECK(simulation_library(project, Simulation::csim) == library);
    CHECK(builds() == 3);
    CHECK(fs::file_size(library) == size);

    write(project / "src" / "top.cpp", "int f() { return nothing; }\n");
    fs::remove(project / "build" / "libcsim.so");
    const Error error = error_of([&] { simulation_library(project, Simulation::csim); });
    CHECK(error.kind() == ErrorKind::device);
    mentions(error, "nothing");
    mentions(error, "top.cpp");
}

TEST_CASE("helper programs are looked for in few places") {
    const char* old = std::getenv("MILLRACE_LIBEXEC");
    const std::string restored = old != nullptr ? old : "";
    const fs::path folder = test_folder() / "libexec";
    fs::create_directories(folder);
    setenv("MILLRACE_LIBEXEC", folder.c_str(), 1);
    const Error error = error_of([] { find_program("millrace-nothing"); });
    CHECK(error.kind() == ErrorKind::no_device);
    mentions(error, "millrace-nothing is missing");
    mentions(error, folder.string());
    mentions(error, "libexec/millrace");
    std::ofstream(folder / "millrace-nothing") << "#!/bin/sh\n";
    CHECK(error_of([] { find_program("millrace-nothing"); }).kind() == ErrorKind::no_device);
    fs::permissions(folder / "millrace-nothing", fs::perms::owner_all);
    CHECK(find_program("millrace-nothing") == fs::canonical(folder / "millrace-nothing"));
    if (restored.empty()) {
        unsetenv("MILLRACE_LIBEXEC");
    } else {
        setenv("MILLRACE_LIBEXEC", restored.c_str(), 1);
    }
}

TEST_CASE("programs are run with any descriptors, and their end is known") {
    std::vector<Descriptor> many; // so that the next ones have high numbers
    for (int i = 0; i < 300; ++i) {
        many.emplace_back(dup(0));
    }
    const Output output =
        run_program({"sh", "-c", "echo out; echo err >&2; kill -9 $$"}, changed_environment({}));
    CHECK(output.text == "out\nerr\n");
    CHECK(describe_status(output.status) == "was killed by signal 9 (Killed)");
    const Output variables = run_program(
        {"sh", "-c", "echo $A-$B; exit 4"},
        changed_environment({"A=1", "PATH=" + std::string(std::getenv("PATH"))}, {"B"}));
    CHECK(variables.text == "1-\n");
    CHECK(describe_status(variables.status) == "exited with code 4");
    const Error error = error_of([] { run_program({"/nowhere/program"}, {}); });
    CHECK(error.kind() == ErrorKind::device);
    mentions(error, "/nowhere/program");
}

TEST_CASE("names of devices") {
    CHECK(parse_device_name("csim").kind == "csim");
    CHECK(parse_device_name("xrt").index == 0);
    CHECK(parse_device_name("xrt:3").index == 3);
    CHECK(parse_device_name("xrt-emu:1").kind == "xrt-emu");
    for (const char* wrong :
         {"", "cuda", "xrt:", "xrt:x", "xrt:-1", "xrt:1 ", "xrt:64", "xrt:99999999999", "csim:0"}) {
        CAPTURE(wrong);
        const Error error = error_of([wrong] { parse_device_name(wrong); });
        CHECK(error.kind() == ErrorKind::usage);
        const bool beyond = std::string(wrong).find_first_of("69") != std::string::npos;
        mentions(error, beyond ? "the highest index is 63"
                               : "sim, csim, rtlsim, xrt[:INDEX], xrt-emu[:INDEX]");
    }
    CHECK(error_of([] { open_device({"cuda", 0}, {}); }).kind() == ErrorKind::usage);
    const auto device =
        open_device(parse_device_name("csim"), test_project(test_manifest("ap_ctrl_hs")));
    CHECK(run_batch(*device->make_batch(0, 3), 3, 1) == 0);
}

TEST_SUITE_END();

} // namespace
