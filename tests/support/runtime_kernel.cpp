// SPDX-License-Identifier: Apache-2.0
#include "tests/support/runtime_kernel.hpp"

#include "runtime/devices/process.hpp"
#include "runtime/emulation/programs.hpp"
#include "runtime/emulation/temporary_folder.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "runtime/error.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace millrace::tests {

namespace {

namespace fs = std::filesystem;
using namespace runtime;

std::int32_t noise(std::uint32_t seed, std::uint32_t index) {
    std::uint32_t x = seed * 2654435761U + index * 40503U + 12345U;
    x ^= x >> 15;
    x *= 2246822519U;
    return static_cast<std::int32_t>(x ^ x >> 13);
}

/// The programs lie beside the command, where the tests' binary may not be.
void point_to_programs() {
#ifdef MILLRACE_BINARY
    if (std::getenv("MILLRACE_LIBEXEC") == nullptr) {
        setenv("MILLRACE_LIBEXEC", fs::path(MILLRACE_BINARY).parent_path().c_str(), 1);
    }
#endif
}

struct Process {
    int id;
    int parent;
    std::string name;
};

std::vector<Process> processes() {
    std::vector<Process> result;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") == std::string::npos) {
            std::ifstream stat(entry.path() / "stat");
            std::string line;
            std::getline(stat, line);
            const std::size_t open = line.find('(');
            const std::size_t close = line.rfind(')');
            if (open != std::string::npos && close != std::string::npos) {
                std::istringstream rest(line.substr(close + 2));
                std::string state;
                int parent = 0;
                rest >> state >> parent;
                result.push_back(
                    {std::stoi(name), parent, line.substr(open + 1, close - open - 1)});
            }
        }
    }
    return result;
}

} // namespace

const fs::path& test_folder() {
    static const TemporaryFolder folder("millrace-test");
    return folder.path();
}

fs::path test_kernel(const std::vector<std::string>& options) {
    static std::map<std::vector<std::string>, fs::path> made;
    if (const auto found = made.find(options); found != made.end()) {
        return found->second;
    }
    const fs::path library = test_folder() / ("kernel" + std::to_string(made.size()) + ".so");
    const char* compiler = std::getenv("CXX");
    std::vector<std::string> command = {compiler != nullptr ? compiler : "c++",
                                        "-std=c++17",
                                        "-O1",
                                        "-shared",
                                        "-fPIC",
                                        "-I" MILLRACE_SOURCE_DIR,
                                        MILLRACE_SOURCE_DIR "/tests/kernels/test_kernel.cpp",
                                        "-o",
                                        library.string()};
    command.insert(command.end(), options.begin(), options.end());
    const Output output = run_program(command, changed_environment({}));
    REQUIRE_MESSAGE(output.status == 0, output.text);
    return made[options] = library;
}

Manifest test_manifest(const std::string& protocol, std::size_t compute_units) {
    Manifest manifest;
    manifest.model = "blend";
    manifest.backend = "vitis";
    manifest.kernel = "blend";
    manifest.design = "0123456789abcdef0123456789abcdef";
    manifest.part = "xcu250-figd2104-2L-e";
    manifest.board = "u250";
    manifest.platform = "xilinx_u250_gen3x16_xdma_4_1_202210_1";
    manifest.clock_mhz = 300;
    manifest.control_protocol = protocol;
    manifest.control_bytes = 65536;
    const auto port = [&](const char* name, std::uint32_t argument, std::uint64_t bytes) {
        PortInfo info{};
        info.name = name;
        info.argument = argument;
        info.bundle = std::string("gmem_") + name;
        info.shape = {static_cast<std::int64_t>(bytes)};
        info.bits = 8;
        info.encoding = Encoding::signed_integer;
        info.container_bits = 8;
        info.memory_word_bits = 512;
        info.frame_bytes = bytes;
        manifest.arguments.push_back({name, argument, 0x10 + 12 * argument, 8, true, info.bundle});
        return info;
    };
    manifest.inputs = {port("in0", 0, 16), port("in1", 1, 8)};
    manifest.outputs = {port("out0", 2, 8), port("out1", 3, 4)};
    manifest.arguments.push_back({"frames", 4, 0x40, 4, false, {}});
    manifest.memories = {{"DDR[0]", "MEM_DDR4", 0, 1U << 24},
                         {"DDR[1]", "MEM_DDR4", std::uint64_t{1} << 34, 1U << 24}};
    for (std::size_t unit = 0; unit < compute_units; ++unit) {
        manifest.compute_units.push_back({"blend_" + std::to_string(unit + 1),
                                          0x1800000 + unit * 65536,
                                          {{"in0", unit % 2 == 0 ? "DDR[0]" : "DDR[1]"},
                                           {"in1", unit % 2 == 0 ? "DDR[1]" : "DDR[0]"},
                                           {"out0", unit % 2 == 0 ? "DDR[0]" : "DDR[1]"},
                                           {"out1", "DDR[1]"}}});
    }
    return manifest;
}

fs::path test_library(const Manifest& manifest) {
    return test_kernel(manifest.control_protocol == "ap_ctrl_chain"
                           ? std::vector<std::string>{"-DCHAIN"}
                           : std::vector<std::string>{});
}

DeviceContext test_project(const Manifest& manifest) {
    static int number = 0;
    DeviceContext context;
    context.project = test_folder() / ("project" + std::to_string(number++));
    context.manifest = manifest;
    fs::create_directories(context.project / "build");
    fs::copy_file(test_library(manifest), context.project / "build" / "libcsim.so");
    return context;
}

void fill(Batch& batch, std::uint32_t frames, std::uint32_t seed, Deed deed) {
    auto* a = reinterpret_cast<signed char*>(batch.input(0).data());
    auto* b = reinterpret_cast<std::int32_t*>(batch.input(1).data());
    for (std::uint32_t i = 0; i < 16 * frames; ++i) {
        a[i] = static_cast<signed char>(i % 16 == 15 ? 0 : noise(seed, i));
    }
    for (std::uint32_t i = 0; i < 2 * frames; ++i) {
        b[i] = noise(seed + 1, i) / 2;
    }
    a[15] = static_cast<signed char>(deed);
}

std::size_t wrong_values(Batch& batch, std::uint32_t frames, std::uint32_t seed) {
    const auto* x = reinterpret_cast<const std::int32_t*>(batch.output(0).data());
    const auto* y = reinterpret_cast<const std::int32_t*>(batch.output(1).data());
    std::size_t wrong = 0;
    for (std::uint32_t frame = 0; frame < frames; ++frame) {
        std::int32_t expected[2];
        for (std::uint32_t k = 0; k < 2; ++k) {
            expected[k] = noise(seed + 1, 2 * frame + k) / 2;
            for (std::uint32_t i = 0; i < 15; ++i) {
                expected[k] += static_cast<signed char>(noise(seed, 16 * frame + i)) *
                               static_cast<std::int32_t>(k + 1 + i);
            }
            wrong += x[2 * frame + k] != expected[k] ? 1U : 0U;
        }
        wrong += y[frame] != (expected[0] ^ noise(seed + 1, 2 * frame + 1) / 2) ? 1U : 0U;
    }
    return wrong;
}

std::size_t run_batch(Batch& batch, std::uint32_t frames, std::uint32_t seed,
                      std::chrono::milliseconds timeout) {
    fill(batch, frames, seed);
    batch.start(frames);
    batch.wait(timeout);
    return wrong_values(batch, frames, seed);
}

void check_batches_at_once(runtime::Device& device) {
    std::vector<std::unique_ptr<runtime::Batch>> batches;
    for (std::size_t i = 0; i < 6; ++i) {
        batches.push_back(device.make_batch(i % 2, 50));
        fill(*batches.back(), 50, static_cast<std::uint32_t>(i));
        batches.back()->start(50);
    }
    for (std::size_t i = 6; i-- > 0;) {
        batches[i]->wait(std::chrono::seconds(20));
        CHECK(wrong_values(*batches[i], 50, static_cast<std::uint32_t>(i)) == 0);
    }
    std::atomic<std::size_t> wrong = 0;
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            const auto batch = device.make_batch(t % 2, 64);
            for (std::uint32_t i = 0; i < 25; ++i) {
                wrong += run_batch(*batch, 1 + (t * 7 + i) % 64, t * 100 + i);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
}

void check_queue_time(runtime::Device& device) {
    std::vector<std::unique_ptr<runtime::Batch>> batches;
    for (int i = 0; i < 4; ++i) {
        batches.push_back(device.make_batch(0, 1));
        fill(*batches.back(), 1, 1, Deed::slow);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& batch : batches) {
        batch->start(1);
    }
    for (std::size_t i = batches.size(); i-- > 0;) {
        CHECK_NOTHROW(batches[i]->wait(std::chrono::milliseconds(900)));
    }
    CHECK(std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(1100));
}

bool has_xrt_emulation() {
    point_to_programs();
#ifdef MILLRACE_HAS_XRT
    try {
        const TemporaryFolder folder(XrtRoot::prefix);
        const XrtRoot root(folder.path(), test_manifest("ap_ctrl_hs"), 1);
        return true;
    } catch (const Error& error) {
        report_skip(std::string("XRT's emulation cannot run here: ") + error.what());
        return false;
    }
#else
    report_skip("built without XRT");
    return false;
#endif
}

Traces traces() {
    Traces result;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        ++result.descriptors;
    }
    result.children = descendants("").size();
    for (const auto& entry : fs::directory_iterator("/tmp")) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("millrace-xrt-" + std::to_string(getpid()) + "-", 0) == 0) {
            ++result.folders;
        }
    }
    return result;
}

std::string to_string(const Traces& traces) {
    return std::to_string(traces.descriptors) + " descriptors, " + std::to_string(traces.children) +
           " children, " + std::to_string(traces.folders) + " folders";
}

std::vector<int> descendants(const std::string& program) {
    const std::vector<Process> all = processes();
    std::vector<int> family = {getpid()};
    std::vector<int> result;
    for (std::size_t i = 0; i < family.size(); ++i) {
        for (const Process& process : all) {
            if (process.parent == family[i]) {
                family.push_back(process.id);
                // The kernel cuts names to 15 characters.
                if (program.empty() || process.name == program.substr(0, 15)) {
                    result.push_back(process.id);
                }
            }
        }
    }
    return result;
}

} // namespace millrace::tests
