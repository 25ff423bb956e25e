// SPDX-License-Identifier: Apache-2.0
//
// The library of an emitted project's C simulation, driven through kernel_abi.h as a host drives
// hardware: golden vectors over several blocks and calls, two kernels on two threads, the control
// protocol step by step, and accesses outside of all buffers.
#include "backends/vitis/vitis_backend.hpp"
#include "cli/project_folder.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "runtime/kernel_abi.h"
#include "tests/support/command.hpp"
#include "tests/support/random_mlp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace millrace;
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t ap_start = 1;
constexpr std::uint32_t ap_done = 2;
constexpr std::uint32_t ap_idle = 4;
constexpr std::uint32_t ap_ready = 8;
constexpr std::uint32_t ap_continue = 16;

/// A project of a random network, without compiling anything of it.
backends::ProjectFiles some_project() {
    for (std::uint32_t seed = 70;; ++seed) {
        passes::Compilation c;
        c.network = tests::RandomMlp(seed).network({3, 9, 8, 6});
        c.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
            return planner::fold_for_cycles(request.body, 8);
        };
        Diagnostics diagnostics;
        if (passes::run_passes(c, diagnostics)) {
            backends::ProjectOptions options;
            options.model_name = "run.onnx"; // the name of a member function in the simulation
            return backends::emit_vitis_project(
                       {c.network, c.program, c.dataflow, c.plan, c.cycles}, options)
                .files;
        }
    }
}

/// The project on disk with its library, built once for all tests.
class Project {
  public:
    static const Project& get() {
        static const Project project;
        return project;
    }

  private:
    cli::TemporaryFolder folder_;

  public:
    fs::path path;
    nlohmann::json manifest;

  private:
    Project() : path(folder_.path() / "project") {
        Diagnostics diagnostics;
        REQUIRE(backends::write_project(some_project(), path, diagnostics));
        const tests::CommandRun make =
            tests::run_program("make", {"-s", "-C", path.string(), "OPT=-O1", "build/libcsim.so"});
        CAPTURE(make.err);
        REQUIRE(make.status == 0);
        CHECK(make.err == "");
        manifest = nlohmann::json::parse(tests::file_text(path / "millrace.json"));
    }
};

/// The functions of a loaded library.
class Library {
  public:
    explicit Library(const fs::path& file) : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        REQUIRE_MESSAGE(handle_ != nullptr, dlerror());
        find(abi, "abi");
        find(name, "name");
        find(open, "open");
        find(close, "close");
        find(write, "write");
        find(read, "read");
        find(advance, "advance");
        find(error, "error");
        find(cycles, "cycles");
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { dlclose(handle_); }

    decltype(&millrace_kernel_abi) abi = nullptr;
    decltype(&millrace_kernel_name) name = nullptr;
    decltype(&millrace_kernel_open) open = nullptr;
    decltype(&millrace_kernel_close) close = nullptr;
    decltype(&millrace_kernel_write) write = nullptr;
    decltype(&millrace_kernel_read) read = nullptr;
    decltype(&millrace_kernel_advance) advance = nullptr;
    decltype(&millrace_kernel_error) error = nullptr;
    decltype(&millrace_kernel_cycles) cycles = nullptr;

  private:
    template <class Function> void find(Function& function, const std::string& which) {
        void* const found = dlsym(handle_, ("millrace_kernel_" + which).c_str());
        REQUIRE_MESSAGE(found != nullptr, which);
        function = reinterpret_cast<Function>(found);
    }

    void* handle_;
};

/// Buffers by address, as a device's memory.
class Memory {
  public:
    std::uint64_t add(std::string bytes) {
        const std::uint64_t address = next_;
        next_ += (bytes.size() + 8191) / 4096 * 4096;
        buffers_[address] = std::move(bytes);
        return address;
    }
    [[nodiscard]] const std::string& buffer(std::uint64_t address) const {
        return buffers_.at(address);
    }
    [[nodiscard]] millrace_memory access() {
        return {this,
                [](void* context, std::uint64_t address, void* to, std::size_t bytes) {
                    char* const from = static_cast<Memory*>(context)->find(address, bytes);
                    return from == nullptr ? 1 : (std::memcpy(to, from, bytes), 0);
                },
                [](void* context, std::uint64_t address, const void* from, std::size_t bytes) {
                    char* const to = static_cast<Memory*>(context)->find(address, bytes);
                    return to == nullptr ? 1 : (std::memcpy(to, from, bytes), 0);
                }};
    }

  private:
    char* find(std::uint64_t address, std::size_t bytes) {
        const auto after = buffers_.upper_bound(address);
        if (after == buffers_.begin()) {
            return nullptr;
        }
        auto& [start, buffer] = *std::prev(after);
        return address - start + bytes <= buffer.size() ? buffer.data() + (address - start)
                                                        : nullptr;
    }

    std::map<std::uint64_t, std::string> buffers_;
    std::uint64_t next_ = 0x4000000000; // needs both words of an address
};

std::string repeated(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

/// A kernel with buffers for so many repetitions of the golden frames.
class Kernel {
  public:
    Kernel(const Library& library, int repetitions) : library_(library) {
        const Project& project = Project::get();
        const auto golden = [&](const nlohmann::json& port) {
            return tests::file_text(project.path / "golden" /
                                    (port.at("port").get<std::string>() + ".bin"));
        };
        const auto& manifest = project.manifest;
        frames_ = static_cast<std::uint32_t>(
            golden(manifest.at("inputs").at(0)).size() /
            manifest.at("inputs").at(0).at("frame_bytes").get<std::size_t>() *
            static_cast<std::size_t>(repetitions));
        for (const auto& port : manifest.at("inputs")) {
            addresses_.push_back(memory_.add(repeated(golden(port), repetitions)));
        }
        for (const auto& port : manifest.at("outputs")) {
            expected_.push_back(repeated(golden(port), repetitions));
            addresses_.push_back(memory_.add(std::string(expected_.back().size(), '\xaa')));
        }
        access_ = memory_.access();
        std::array<char, 200> error{};
        kernel_ = library.open(&access_, error.data(), error.size());
        REQUIRE_MESSAGE(kernel_ != nullptr, error.data());
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            write_address(i, addresses_[i]);
        }
        write_frames(frames_);
    }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    ~Kernel() { library_.close(kernel_); }

    void write(std::uint32_t offset, std::uint32_t value) {
        library_.write(kernel_, offset, value);
    }
    std::uint32_t read(std::uint32_t offset) { return library_.read(kernel_, offset); }
    int advance() { return library_.advance(kernel_); }
    std::string error() { return library_.error(kernel_); }

    void write_address(std::size_t argument, std::uint64_t address) {
        write(offset(argument), static_cast<std::uint32_t>(address));
        write(offset(argument) + 4, static_cast<std::uint32_t>(address >> 32));
    }
    void write_frames(std::uint32_t frames) { write(offset(addresses_.size()), frames); }
    /// Of an argument, by the manifest.
    static std::uint32_t offset(std::size_t argument) {
        return Project::get().manifest.at("control").at("arguments").at(argument).at("offset");
    }
    /// Starts a call, works until it is done, acknowledges it. Returns the calls of advance().
    int run() {
        write(0, ap_start);
        int steps = 1;
        for (int more = advance(); more != 0; more = advance()) {
            REQUIRE_MESSAGE(more == 1, error());
            ++steps;
        }
        CHECK((read(0) & ap_done) != 0);
        write(0, ap_continue);
        return steps;
    }
    [[nodiscard]] bool results_are_golden() const {
        const std::size_t inputs = addresses_.size() - expected_.size();
        for (std::size_t i = 0; i < expected_.size(); ++i) {
            if (memory_.buffer(addresses_[inputs + i]) != expected_[i]) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] std::uint32_t frames() const { return frames_; }
    [[nodiscard]] std::size_t ports() const { return addresses_.size(); }

  private:
    const Library& library_;
    Memory memory_;
    millrace_memory access_{};
    std::vector<std::uint64_t> addresses_;
    std::vector<std::string> expected_;
    std::uint32_t frames_ = 0;
    millrace_kernel* kernel_ = nullptr;
};

} // namespace

TEST_SUITE("csim library") {
    TEST_CASE("golden vectors, over several blocks and calls") {
        const Library library(Project::get().path / "build" / "libcsim.so");
        CHECK(library.abi() == MILLRACE_KERNEL_ABI);
        CHECK(library.name() == Project::get().manifest.at("kernel").get<std::string>());
        Kernel kernel(library, 80);
        REQUIRE(kernel.frames() > 256);
        CHECK(kernel.run() == static_cast<int>((kernel.frames() + 255) / 256));
        CHECK(kernel.results_are_golden());
        // Fewer frames leave the rest alone; the next call does them again.
        kernel.write_frames(3);
        CHECK(kernel.run() == 1);
        kernel.write_frames(kernel.frames());
        CHECK(kernel.run() > 1);
        CHECK(kernel.results_are_golden());
    }

    TEST_CASE("the library is one file that shows its interface and nothing else") {
        const Project& project = Project::get();
        const cli::TemporaryFolder elsewhere;
        fs::copy_file(project.path / "build" / "libcsim.so", elsewhere.path() / "k.so");
        const Library library(elsewhere.path() / "k.so");
        Kernel kernel(library, 1);
        kernel.run();
        CHECK(kernel.results_are_golden());
        const tests::CommandRun symbols = tests::run_program(
            "nm", {"-D", "--defined-only", (elsewhere.path() / "k.so").string()});
        CHECK(symbols.status == 0);
        CHECK(std::count(symbols.out.begin(), symbols.out.end(), '\n') == 9);
        CHECK(symbols.out.find(" T millrace_kernel_open\n") != std::string::npos);
    }

    TEST_CASE("two kernels on two threads do not disturb each other") {
        const Library library(Project::get().path / "build" / "libcsim.so");
        std::array<bool, 2> good{};
        std::mutex setting_up; // doctest's checks are of one thread at a time
        const auto work = [&](std::size_t index) {
            std::unique_lock lock(setting_up);
            Kernel kernel(library, 40 + static_cast<int>(index));
            lock.unlock();
            kernel.write(0, ap_start);
            int state = 1;
            while (state == 1) {
                state = kernel.advance();
            }
            good.at(index) = state == 0 && kernel.results_are_golden();
        };
        std::thread first(work, 0);
        std::thread second(work, 1);
        first.join();
        second.join();
        CHECK(good[0]);
        CHECK(good[1]);
    }

    TEST_CASE("the control protocol is ap_ctrl_chain") {
        const Library library(Project::get().path / "build" / "libcsim.so");
        Kernel kernel(library, 40);
        CHECK(kernel.read(0) == ap_idle);
        CHECK(kernel.advance() == 0);
        CHECK(kernel.read(0) == ap_idle);
        kernel.write(0, ap_start);
        CHECK(kernel.read(0) == ap_start);
        CHECK(kernel.advance() == 1);
        CHECK(kernel.read(0) == ap_start);
        // Arguments are taken when a call begins.
        kernel.write_address(0, 0);
        CHECK(kernel.advance() == 0);
        CHECK(kernel.read(0) == (ap_done | ap_ready));
        CHECK(kernel.read(0) == ap_done); // ap_ready was read, ap_done stays
        CHECK(kernel.results_are_golden());
        // No other call begins before ap_continue.
        kernel.write_frames(0);
        kernel.write(0, ap_start);
        CHECK(kernel.advance() == 0);
        CHECK(kernel.read(0) == (ap_start | ap_done));
        kernel.write(0, ap_continue);
        CHECK(kernel.read(0) == ap_start);
        CHECK(kernel.advance() == 0); // no frames: done at once, no memory touched
        CHECK(kernel.read(0) == (ap_done | ap_ready));
        kernel.write(0, ap_continue);
        CHECK(kernel.read(0) == ap_idle);
        // Below zero frames are none.
        kernel.write_frames(0xffffffff);
        kernel.write(0, ap_start);
        CHECK(kernel.advance() == 0);
        CHECK((kernel.read(0) & ap_done) != 0);
    }

    TEST_CASE("registers read back, reserved words do not, interrupts are noted") {
        const Library library(Project::get().path / "build" / "libcsim.so");
        Kernel kernel(library, 1);
        kernel.write_address(0, 0x0123456789abc000);
        CHECK(kernel.read(0x10) == 0x89abc000);
        CHECK(kernel.read(0x14) == 0x01234567);
        const std::uint32_t behind = Kernel::offset(kernel.ports()) + 4;
        for (const std::uint32_t reserved : {0x18U, behind, 0xfffcU}) {
            kernel.write(reserved, 7);
            CHECK(kernel.read(reserved) == 0);
        }
        kernel.write(0x04, 1);
        kernel.write(0x08, 1);
        CHECK(kernel.read(0x04) == 1);
        CHECK(kernel.read(0x08) == 1);
        CHECK(kernel.read(0x0c) == 0);
        kernel.write_frames(0);
        kernel.run();
        CHECK(kernel.read(0x0c) == 1);
        kernel.write(0x0c, 1);
        CHECK(kernel.read(0x0c) == 0);
        CHECK(library.cycles(nullptr) == 0);
    }

    TEST_CASE("an access outside of all buffers fails the kernel, which says so and stays so") {
        const Library library(Project::get().path / "build" / "libcsim.so");
        for (const bool input : {true, false}) {
            CAPTURE(input);
            Kernel kernel(library, 1);
            const std::size_t argument = input ? 0 : kernel.ports() - 1;
            kernel.write_address(argument, 0x1000);
            kernel.write(0, ap_start);
            CHECK(kernel.advance() == -1);
            CHECK(kernel.error().find(input ? "in0 reads " : " writes ") != std::string::npos);
            CHECK(kernel.error().find(" bytes at 0x1000, which no buffer holds") !=
                  std::string::npos);
            kernel.write(0, ap_start);
            CHECK(kernel.advance() == -1);
        }
        Kernel kernel(library, 1);
        kernel.write_frames(kernel.frames() + 1);
        kernel.write(0, ap_start);
        CHECK(kernel.advance() == -1);
        Kernel crooked(library, 1);
        crooked.write_address(0, 0x4000000001);
        crooked.write(0, ap_start);
        CHECK(crooked.advance() == -1);
        CHECK(crooked.error() == "in0: the address 0x4000000001 is not a multiple of 8");
    }

    TEST_CASE("constants that are damaged are an error when a kernel is opened") {
        const Project& project = Project::get();
        const cli::TemporaryFolder folder;
        fs::copy(project.path, folder.path() / "p", fs::copy_options::recursive);
        fs::resize_file(folder.path() / "p" / "weights" / "parameters.bin", 40);
        const tests::CommandRun make = tests::run_program(
            "make", {"-s", "-C", (folder.path() / "p").string(), "OPT=-O1", "build/libcsim.so"});
        REQUIRE(make.status == 0);
        const Library library(folder.path() / "p" / "build" / "libcsim.so");
        const millrace_memory memory{};
        std::array<char, 30> error{};
        CHECK(library.open(&memory, error.data(), error.size()) == nullptr);
        CHECK(std::string(error.data()) == "parameter file 'parameters.bi"); // cut to the room
    }
}
