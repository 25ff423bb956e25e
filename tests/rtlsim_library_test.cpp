// SPDX-License-Identifier: Apache-2.0
//
// The Verilator simulation of an emitted RTL project: its library, driven through kernel_abi.h as a
// host drives hardware (golden vectors over several calls, kernels on several threads, the control
// protocol step by step, accesses outside of all buffers, a project that moves), and its program
// with ideal memory, with random stalls and with what can go wrong.
#include "backends/project.hpp"
#include "backends/rtl/rtl_backend.hpp"
#include "cli/project_folder.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "runtime/kernel_abi.h"
#include "tests/support/command.hpp"
#include "tests/support/random_mlp.hpp"
#include "tests/support/tools.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <map>
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

backends::ProjectFiles some_project() {
    for (std::uint32_t seed = 70;; ++seed) {
        passes::Compilation c;
        c.library = ActorLibrary::rtl;
        c.network = tests::RandomMlp(seed).network({3, 9, 8, 6});
        c.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
            return planner::fold_for_cycles(request.body, 8);
        };
        Diagnostics diagnostics;
        if (passes::run_passes(c, diagnostics)) {
            backends::ProjectOptions options;
            options.model_name = "some.onnx";
            return backends::emit_rtl_project({c.network, c.program, c.dataflow, c.plan, c.cycles},
                                              options)
                .files;
        }
    }
}

/// The project on disk with its simulation, built once for all tests.
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
    Project() : path(folder_.path() / "a project") {
        Diagnostics diagnostics;
        REQUIRE(backends::write_project(some_project(), path, diagnostics));
        const tests::CommandRun make =
            tests::run_program("make", {"-s", "-C", path.string(), "OPT=-O0", "rtlsim"});
        CAPTURE(make.err);
        REQUIRE(make.status == 0);
        CHECK(make.err == "");
        CHECK(make.out == "");
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
    std::string& buffer(std::uint64_t address) { return buffers_.at(address); }
    millrace_memory access() {
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

/// A kernel of the project with its golden frames.
class Kernel {
  public:
    explicit Kernel(const Library& library) : library_(library) {
        const Project& project = Project::get();
        const nlohmann::json& manifest = project.manifest;
        for (const char* side : {"inputs", "outputs"}) {
            for (const auto& port : manifest.at(side)) {
                std::string golden = tests::file_text(
                    project.path / "golden" / (port.at("port").get<std::string>() + ".bin"));
                frames_ = golden.size() / port.at("frame_bytes").get<std::size_t>();
                const bool input = side == std::string("inputs");
                addresses_.push_back(
                    memory_.add(input ? golden : std::string(golden.size(), '\xaa')));
                expected_.push_back(input ? std::string() : std::move(golden));
            }
        }
        access_ = memory_.access();
        std::array<char, 200> error{};
        kernel_ = library.open(&access_, error.data(), error.size());
        if (kernel_ == nullptr) {
            throw std::runtime_error(error.data());
        }
        set_arguments();
    }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    ~Kernel() { library_.close(kernel_); }

    void write(std::uint32_t offset, std::uint32_t value) {
        library_.write(kernel_, offset, value);
    }
    std::uint32_t read(std::uint32_t offset) { return library_.read(kernel_, offset); }
    /// advance() until it says other than that there is more to do.
    int work() {
        int more = 1;
        while (more == 1) {
            more = library_.advance(kernel_);
        }
        return more;
    }
    std::string error() { return library_.error(kernel_); }
    std::uint64_t cycles() { return library_.cycles(kernel_); }

    void write_address(std::size_t argument, std::uint64_t address) {
        write(offset(argument), static_cast<std::uint32_t>(address));
        write(offset(argument) + 4, static_cast<std::uint32_t>(address >> 32));
    }
    void write_frames(std::size_t frames) {
        write(offset(addresses_.size()), static_cast<std::uint32_t>(frames));
    }
    void set_arguments() {
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            write_address(i, addresses_[i]);
        }
        write_frames(frames_);
    }
    static std::uint32_t offset(std::size_t argument) {
        return Project::get().manifest.at("control").at("arguments").at(argument).at("offset");
    }
    /// Whether the first `frames` of every output are the golden ones, and the others untouched.
    bool results_are_golden(std::size_t frames) {
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            const std::size_t bytes = expected_[i].size() / frames_ * frames;
            const std::string& got = memory_.buffer(addresses_[i]);
            if (!expected_[i].empty() &&
                (got.compare(0, bytes, expected_[i], 0, bytes) != 0 ||
                 got.find_first_not_of('\xaa', bytes) != std::string::npos)) {
                return false;
            }
        }
        return true;
    }
    void forget_results() {
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            if (!expected_[i].empty()) {
                memory_.buffer(addresses_[i]).assign(expected_[i].size(), '\xaa');
            }
        }
    }
    [[nodiscard]] std::size_t frames() const { return frames_; }
    [[nodiscard]] std::size_t ports() const { return addresses_.size(); }
    [[nodiscard]] std::uint64_t address(std::size_t port) const { return addresses_[port]; }

  private:
    const Library& library_;
    Memory memory_;
    millrace_memory access_{};
    std::vector<std::uint64_t> addresses_;
    std::vector<std::string> expected_; ///< by port, empty for inputs
    std::size_t frames_ = 0;
    millrace_kernel* kernel_ = nullptr;
};

fs::path library_file() { return Project::get().path / "build" / "librtlsim.so"; }

tests::CommandRun run_rtlsim(std::vector<std::string> arguments) {
    return tests::run_program((Project::get().path / "build" / "rtlsim").string(), arguments);
}

std::string golden_folder() { return (Project::get().path / "golden").string(); }

} // namespace

TEST_SUITE("rtlsim library") {
    TEST_CASE("golden vectors over several calls, in cycles") {
        if (!tests::has_verilator()) {
            return;
        }
        const Library library(library_file());
        CHECK(library.abi() == MILLRACE_KERNEL_ABI);
        CHECK(library.name() == Project::get().manifest.at("kernel").get<std::string>());
        Kernel kernel(library);
        REQUIRE(kernel.frames() >= 4);
        for (const std::size_t frames : {kernel.frames(), std::size_t{3}, kernel.frames()}) {
            CAPTURE(frames);
            kernel.forget_results();
            kernel.write_frames(frames);
            const std::uint64_t before = kernel.cycles();
            kernel.write(0, ap_start);
            CHECK(kernel.work() == 0);
            const std::uint64_t interval = Project::get().manifest.at("interval_cycles");
            CHECK(kernel.cycles() - before >= interval * frames);
            CHECK(kernel.results_are_golden(frames));
            kernel.write(0, ap_continue);
        }
    }

    TEST_CASE("the control protocol is ap_ctrl_chain, and looking for work hides nothing") {
        if (!tests::has_verilator()) {
            return;
        }
        const Library library(library_file());
        Kernel kernel(library);
        CHECK(kernel.read(0) == ap_idle);
        CHECK(kernel.work() == 0);
        CHECK(kernel.read(0) == ap_idle);
        kernel.write(0, ap_start);
        CHECK(kernel.read(0) == ap_start);
        CHECK(kernel.work() == 0);
        CHECK(kernel.read(0) == (ap_done | ap_ready));
        CHECK(kernel.read(0) == ap_done);
        // Of another call nothing can end before the acknowledgement; advance() does not wait.
        kernel.forget_results();
        kernel.write_frames(2);
        kernel.write(0, ap_start);
        CHECK(kernel.work() == 0);
        CHECK((kernel.read(0) & ap_done) != 0);
        kernel.write(0, ap_continue);
        CHECK(kernel.work() == 0);
        CHECK((kernel.read(0) & ap_done) != 0);
        CHECK(kernel.results_are_golden(2));
        kernel.write(0, ap_continue);
        CHECK((kernel.read(0) & ~ap_ready) == ap_idle);
        // No frames touch no memory, whatever the addresses are.
        kernel.write_address(0, 1);
        for (const std::uint32_t none : {0U, 0xffffffffU}) {
            kernel.write_frames(none);
            kernel.write(0, ap_start);
            CHECK(kernel.work() == 0);
            CHECK((kernel.read(0) & ap_done) != 0);
            kernel.write(0, ap_continue);
        }
    }

    TEST_CASE("registers are those of the hardware") {
        if (!tests::has_verilator()) {
            return;
        }
        const Library library(library_file());
        Kernel kernel(library);
        kernel.write_address(0, 0x0123456789abc000);
        CHECK(kernel.read(0x10) == 0x89abc000);
        CHECK(kernel.read(0x14) == 0x01234567);
        for (const std::uint32_t reserved :
             {0x18U, Kernel::offset(kernel.ports()) + 4, 0xfffcU, 0x10000U, 0x10010U}) {
            kernel.write(reserved, 7);
            CHECK(kernel.read(reserved) == 0);
        }
        kernel.write(0x08, 1);
        kernel.write_frames(0);
        kernel.write(0, ap_start);
        CHECK(kernel.work() == 0);
        CHECK(kernel.read(0x0c) == 1);
        kernel.write(0x0c, 1);
        CHECK(kernel.read(0x0c) == 0);
    }

    TEST_CASE("kernels on several threads do not disturb each other") {
        if (!tests::has_verilator()) {
            return;
        }
        const Library library(library_file());
        Project::get();
        std::array<bool, 3> good{};
        std::vector<std::thread> threads;
        for (bool& result : good) {
            threads.emplace_back([&library, &result] {
                Kernel kernel(library);
                for (int call = 0; call < 3; ++call) {
                    kernel.forget_results();
                    kernel.write(0, ap_start);
                    result = kernel.work() == 0 && kernel.results_are_golden(kernel.frames());
                    kernel.write(0, ap_continue);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(std::count(good.begin(), good.end(), true) == 3);
    }

    TEST_CASE("an access outside of all buffers fails the kernel, which says so and stays so") {
        if (!tests::has_verilator()) {
            return;
        }
        const Library library(library_file());
        for (const bool input : {true, false}) {
            CAPTURE(input);
            Kernel kernel(library);
            kernel.write_address(input ? 0 : kernel.ports() - 1, 0x1000);
            kernel.write(0, ap_start);
            CHECK(kernel.work() == -1);
            CHECK(kernel.error().find(input ? "in0 reads " : " writes ") != std::string::npos);
            CHECK(kernel.error().find(" bytes at 0x1000, which no buffer holds") !=
                  std::string::npos);
            const std::uint64_t cycles = kernel.cycles();
            kernel.write(0, ap_start);
            CHECK(kernel.work() == -1);
            CHECK(kernel.read(0) == ap_start);
            CHECK(kernel.cycles() == cycles);
        }
        Kernel kernel(library);
        kernel.write_frames(kernel.frames() + 1);
        kernel.write(0, ap_start);
        CHECK(kernel.work() == -1);
        Kernel crooked(library);
        crooked.write_address(0, crooked.address(0) + 1);
        crooked.write(0, ap_start);
        CHECK(crooked.work() == -1);
        CHECK(crooked.error() == "in0: the address 0x4000000001 is not a multiple of 8");
    }

    TEST_CASE("the weights are inside; files of them that do not fit are an error") {
        if (!tests::has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        const fs::path alone = folder.path() / "alone 100%s.so";
        fs::copy(library_file(), alone);
        {
            const Library library(alone);
            Kernel kernel(library);
            kernel.write(0, ap_start);
            CHECK(kernel.work() == 0);
            CHECK(kernel.results_are_golden(kernel.frames()));
        }
        const fs::path moved = folder.path() / "moved";
        fs::copy(Project::get().path, moved, fs::copy_options::recursive);
        const fs::path weights = fs::directory_iterator(moved / "weights")->path();
        const std::string text = tests::file_text(weights);
        const auto opened = [&] {
            const tests::CommandRun made =
                tests::run_program("make", {"-s", "-C", moved.string(), "build/librtlsim.so"});
            REQUIRE_MESSAGE(made.status == 0, made.err);
            // Of another name: a library that was loaded before stays loaded.
            static int copies = 0;
            const fs::path copy = folder.path() / ("copy" + std::to_string(copies++) + ".so");
            fs::copy(moved / "build" / "librtlsim.so", copy);
            const Library library(copy);
            try {
                const Kernel kernel(library);
            } catch (const std::runtime_error& error) {
                return std::string(error.what());
            }
            return std::string("no error");
        };
        const std::string name = weights.filename().string();
        std::ofstream(weights) << text.substr(0, text.rfind('\n', text.size() - 2) + 1);
        CHECK(opened().find(name + ": $readmem file ended") != std::string::npos);
        std::ofstream(weights) << text << text;
        CHECK(opened().find(name + ": $readmem file address beyond") != std::string::npos);
    }

    TEST_CASE("the library shows its interface and nothing else") {
        if (!tests::has_verilator()) {
            return;
        }
        const tests::CommandRun symbols =
            tests::run_program("nm", {"-D", "--defined-only", library_file().string()});
        CHECK(symbols.status == 0);
        CHECK(std::count(symbols.out.begin(), symbols.out.end(), '\n') == 9);
        CHECK(symbols.out.find(" T millrace_kernel_open\n") != std::string::npos);
    }

    TEST_CASE("golden vectors, at the predicted interval and under random stalls") {
        if (!tests::has_verilator()) {
            return;
        }
        const std::uint64_t interval = Project::get().manifest.at("interval_cycles");
        const std::uint64_t latency = Project::get().manifest.at("latency_cycles");
        const cli::TemporaryFolder folder;
        const std::string json = (folder.path() / "measured.json").string();
        std::uint64_t cycles = 0;
        for (std::uint64_t seed = 0; seed < 6; ++seed) { // 0: without stalls
            CAPTURE(seed);
            std::vector<std::string> arguments = {"--golden", golden_folder(), "--json", json};
            arguments.emplace_back(seed == 0 ? "--expect-interval" : "--stalls");
            arguments.push_back(std::to_string(seed == 0 ? interval : seed));
            if (seed == 0) {
                arguments.insert(arguments.end(), {"--expect-latency", std::to_string(latency)});
            }
            const tests::CommandRun run = run_rtlsim(arguments);
            CHECK(run.status == 0);
            CHECK(run.out.find(" frames, 0 different words\n") != std::string::npos);
            CHECK(run.err == "");
            const auto measured = nlohmann::json::parse(tests::file_text(json));
            if (seed == 0) {
                CHECK(measured.at("stalls").is_null());
                CHECK(measured.at("interval_cycles").at("steady") == interval);
                CHECK(latency >= 1);
                CHECK(measured.at("latency_cycles") == latency);
                CHECK(measured.at("cycles") >= interval * measured.at("frames").get<unsigned>());
                cycles = measured.at("cycles");
            } else {
                CHECK(measured.at("stalls") == seed);
                CHECK(measured.at("cycles") > cycles);
            }
        }
    }

    TEST_CASE("writes the outputs of as many frames as asked for") {
        if (!tests::has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        const nlohmann::json& manifest = Project::get().manifest;
        std::vector<std::string> arguments = {"2"};
        for (const auto& port : manifest.at("inputs")) {
            arguments.push_back(golden_folder() + "/" + port.at("port").get<std::string>() +
                                ".bin");
        }
        for (const auto& port : manifest.at("outputs")) {
            arguments.push_back((folder.path() / port.at("port").get<std::string>()).string());
        }
        const tests::CommandRun run = run_rtlsim(arguments);
        CHECK(run.status == 0);
        CHECK(nlohmann::json::parse(run.out).at("frames") == 2);
        for (const auto& port : manifest.at("outputs")) {
            const auto name = port.at("port").get<std::string>();
            const std::string golden = tests::file_text(golden_folder() + "/" + name + ".bin");
            CHECK(tests::file_text(folder.path() / name) ==
                  golden.substr(0, 2 * port.at("frame_bytes").get<std::size_t>()));
        }
        arguments[0] = "9999";
        fs::remove(arguments.back());
        const tests::CommandRun short_input = run_rtlsim(arguments);
        CHECK(short_input.status == 1);
        CHECK(short_input.err.find("in0.bin is too short: ") != std::string::npos);
        CHECK_FALSE(fs::exists(arguments.back()));
    }

    TEST_CASE("says what is not as expected, and what is wrong use") {
        if (!tests::has_verilator()) {
            return;
        }
        for (const std::string what : {"interval", "latency"}) {
            const std::uint64_t predicted = Project::get().manifest.at(what + "_cycles");
            const tests::CommandRun other = run_rtlsim(
                {"--golden", golden_folder(), "--expect-" + what, std::to_string(predicted + 1)});
            CHECK(other.status == 1);
            CHECK(other.err.find("the " + what + " is ") != std::string::npos);
            CHECK(other.err.find(" are expected\n") != std::string::npos);
        }

        const cli::TemporaryFolder folder;
        // A prediction that is not there is not left out in silence.
        const fs::path project = folder.path() / "project";
        fs::copy(Project::get().path, project, fs::copy_options::recursive);
        CHECK(tests::run_program("make", {"-n", "-C", project.string(), "test"}).status == 0);
        nlohmann::json manifest = Project::get().manifest;
        manifest.erase("latency_cycles");
        std::ofstream(project / "millrace.json") << manifest.dump(1);
        const tests::CommandRun made =
            tests::run_program("make", {"-n", "-C", project.string(), "test"});
        CHECK(made.status == 2);
        CHECK(made.err.find("millrace.json has no latency_cycles") != std::string::npos);

        fs::copy(golden_folder(), folder.path() / "golden");
        const fs::path output = folder.path() / "golden" / "out0.bin";
        std::string bytes = tests::file_text(output);
        bytes.back() = static_cast<char>(~bytes.back());
        std::ofstream(output, std::ios::binary) << bytes;
        const tests::CommandRun different =
            run_rtlsim({"--golden", (folder.path() / "golden").string()});
        CHECK(different.status == 1);
        CHECK(different.out.find(" frames, 1 different words\n") != std::string::npos);
        CHECK(different.err.find("out0: word ") != std::string::npos);

        for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                      {"--stalls"},
                                                      {"--stalls", "x", "--golden", "g"},
                                                      {"--unknown"},
                                                      {"1", "in0.bin"}}) {
            const tests::CommandRun run = run_rtlsim(wrong);
            CHECK(run.status == 2);
            CHECK(run.err.find("usage: ") != std::string::npos);
        }
        CHECK(run_rtlsim({"--golden", "/nowhere"}).status == 1);
    }

    TEST_CASE("without Verilator make says so in a line") {
        const cli::TemporaryFolder folder;
        Diagnostics diagnostics;
        REQUIRE(backends::write_project(some_project(), folder.path() / "p", diagnostics));
        const tests::CommandRun run =
            tests::run_program("make", {"-s", "-C", (folder.path() / "p").string(),
                                        "VERILATOR=no-verilator-here", "rtlsim"});
        CHECK(run.status != 0);
        CHECK(run.err.find("error: this needs Verilator") == 0);
        CHECK(std::count(run.err.begin(), run.err.end(), '\n') <= 2); // and make's own
    }
}
