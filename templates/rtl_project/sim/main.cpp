// SPDX-License-Identifier: Apache-2.0
//
// Runs the kernel's simulation on files of memory words, all frames in one call, and says how many
// cycles that took. Output files are only written when the kernel has done all of it; with --golden
// nothing is written, but compared.
//
// Exit code: 0 done, 1 failed or something is not as expected, 2 wrong use.
#include "simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using millrace::KernelInfo;
using millrace::Measurement;
using millrace::PortInfo;

constexpr std::uint32_t control = 0, ap_start = 1, ap_done = 2;
// One distance does not tell whether it stays.
constexpr std::size_t least_frames_for_interval = 3;

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Arguments {
    millrace::SimulationOptions simulation;
    std::string json;
    std::uint64_t expected_interval = 0; // 0: any
    std::uint64_t expected_latency = 0;  // 0: any
    bool golden = false;                 // the output files have what is expected
    std::string frames;
    std::vector<std::string> files;
};

void print_usage(const char* program) {
    const KernelInfo& kernel = millrace::kernel_info();
    std::fprintf(stderr, "usage: %s [OPTION...] FRAMES", program);
    for (const auto* ports : {&kernel.inputs, &kernel.outputs}) {
        for (const PortInfo& port : *ports) std::fprintf(stderr, " %s.bin", port.name);
    }
    std::fprintf(stderr, "\n       %s [OPTION...] --golden FOLDER", program);
    std::fprintf(
        stderr,
        "\n"
        "  FRAMES                      number of frames, or 'all' of the first input\n"
        "  --golden FOLDER             all frames of FOLDER/PORT.bin; compare the outputs\n"
        "  --stalls SEED               random pauses of memory and streams\n"
        "  --json FILE                 write the measurement there, not to standard output\n"
        "  --patience CYCLES           cycles without a stream word that are a deadlock\n"
        "                              (default 16777216; 0: any number)\n"
        "  --expect-interval CYCLES    fail if the frames' interval is another; golden frames are\n"
        "                              sent again while they come at another: designs fill first\n"
        "  --expect-latency CYCLES     fail if the first frame's latency is another; with several\n"
        "                              inputs, which share the memory, by more than a hundredth\n"
        "                              and more than 4 cycles\n");
}

std::uint64_t number(const std::string& text, const char* what) {
    std::size_t used = 0;
    std::uint64_t value = 0;
    try {
        if (!text.empty() && text[0] >= '0' && text[0] <= '9') value = std::stoull(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    if (used == 0 || used != text.size()) {
        throw UsageError(std::string(what) + ": '" + text + "' is not a number");
    }
    return value;
}

Arguments read_arguments(int argc, char** argv) {
    Arguments result;
    result.simulation.measure = true;
    result.simulation.patience = std::uint64_t{1} << 24;
    std::vector<std::string> names;
    std::string golden;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument.compare(0, 2, "--") != 0) {
            names.push_back(argument);
            continue;
        }
        const auto value = [&] {
            if (i + 1 == argc) throw UsageError(argument + " needs a value");
            return std::string(argv[++i]);
        };
        if (argument == "--stalls") {
            result.simulation.stalls = true;
            result.simulation.seed = number(value(), "--stalls");
        } else if (argument == "--golden") {
            result.golden = true;
            golden = value();
        } else if (argument == "--json") {
            result.json = value();
        } else if (argument == "--patience") {
            result.simulation.patience = number(value(), "--patience");
        } else if (argument == "--expect-interval") {
            result.expected_interval = number(value(), "--expect-interval");
        } else if (argument == "--expect-latency") {
            result.expected_latency = number(value(), "--expect-latency");
        } else {
            throw UsageError("there is no option " + argument);
        }
    }
    const KernelInfo& kernel = millrace::kernel_info();
    if (result.golden && names.empty()) {
        names.emplace_back("all");
        for (const auto* ports : {&kernel.inputs, &kernel.outputs}) {
            for (const PortInfo& port : *ports) names.push_back(golden + "/" + port.name + ".bin");
        }
    }
    if (names.size() != 1 + kernel.inputs.size() + kernel.outputs.size()) {
        throw UsageError("FRAMES and a file for each port are needed");
    }
    result.frames = names[0];
    result.files.assign(names.begin() + 1, names.end());
    return result;
}

std::vector<unsigned char> read_file(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) throw std::runtime_error("cannot open " + path);
    std::vector<unsigned char> bytes;
    unsigned char block[65536];
    for (std::size_t got = 0; (got = std::fread(block, 1, sizeof block, file)) > 0;) {
        bytes.insert(bytes.end(), block, block + got);
    }
    const bool failed = std::ferror(file) != 0;
    std::fclose(file);
    if (failed) throw std::runtime_error("cannot read " + path);
    return bytes;
}

void write_file(const std::string& path, const void* bytes, std::size_t size) {
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) throw std::runtime_error("cannot open " + path);
    const bool written = std::fwrite(bytes, 1, size, file) == size;
    // A full disk may show only here.
    if (std::fclose(file) != 0 || !written) throw std::runtime_error("cannot write " + path);
}

struct Buffer {
    std::uint64_t address;
    bool output;
    std::vector<unsigned char> bytes;
};

// A buffer for each port, inputs first, with memory that belongs to nobody in between.
class Memory {
  public:
    void add(std::vector<unsigned char> bytes, bool output) {
        const std::uint64_t size = bytes.size();
        buffers_.push_back({next_, output, std::move(bytes)});
        next_ += (size / page + 2) * page;
    }
    Buffer& operator[](std::size_t index) { return buffers_[index]; }
    millrace_memory interface() { return {this, read, write}; }

  private:
    static constexpr std::uint64_t page = 4096;

    unsigned char* find(std::uint64_t address, std::size_t bytes, bool output) {
        for (Buffer& buffer : buffers_) {
            const std::uint64_t offset = address - buffer.address; // wraps for lower addresses
            if (offset <= buffer.bytes.size() && bytes <= buffer.bytes.size() - offset &&
                (buffer.output || !output)) {
                return buffer.bytes.data() + offset;
            }
        }
        return nullptr;
    }
    static int read(void* context, std::uint64_t address, void* to, std::size_t bytes) {
        const unsigned char* from = static_cast<Memory*>(context)->find(address, bytes, false);
        if (from == nullptr) return 1;
        std::memcpy(to, from, bytes);
        return 0;
    }
    static int write(void* context, std::uint64_t address, const void* from, std::size_t bytes) {
        unsigned char* to = static_cast<Memory*>(context)->find(address, bytes, true);
        if (to == nullptr) return 1;
        std::memcpy(to, from, bytes);
        return 0;
    }

    std::vector<Buffer> buffers_;
    std::uint64_t next_ = std::uint64_t{1} << 34; // above 32 bits: both halves count
};

std::vector<unsigned char> repeated(const std::vector<unsigned char>& bytes, std::uint64_t times) {
    std::vector<unsigned char> all;
    for (std::uint64_t i = 0; i < times; ++i) all.insert(all.end(), bytes.begin(), bytes.end());
    return all;
}

// The frames, `times` times. Returns how many that are.
std::uint64_t load(const Arguments& arguments, std::uint64_t times, Memory& memory) {
    const KernelInfo& kernel = millrace::kernel_info();
    std::uint64_t frames = arguments.frames == "all" ? 0 : number(arguments.frames, "FRAMES");
    for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
        std::vector<unsigned char> bytes = read_file(arguments.files[i]);
        const std::uint64_t has = bytes.size() / kernel.inputs[i].frame_bytes();
        if (i == 0 && arguments.frames == "all") frames = has;
        if (has < frames) {
            throw std::runtime_error(arguments.files[i] + " is too short: " + std::to_string(has) +
                                     " frames of " +
                                     std::to_string(kernel.inputs[i].frame_bytes()) + " bytes");
        }
        bytes.resize(static_cast<std::size_t>(frames * kernel.inputs[i].frame_bytes()));
        memory.add(repeated(bytes, times), false);
    }
    frames *= times;
    // docs/kernel-interface.md of the compiler.
    for (const auto* ports : {&kernel.inputs, &kernel.outputs}) {
        for (const PortInfo& port : *ports) {
            if (frames == 0 || frames > 0x7fffffff / port.memory_words) {
                throw std::runtime_error("cannot run " + std::to_string(frames) +
                                         " frames in one call");
            }
        }
    }
    for (const PortInfo& port : kernel.outputs) {
        memory.add(
            std::vector<unsigned char>(static_cast<std::size_t>(frames * port.frame_bytes())),
            true);
    }
    return frames;
}

void run(millrace::Simulation& simulation, Memory& memory, std::uint64_t frames) {
    const KernelInfo& kernel = millrace::kernel_info();
    // Boards wait much longer between a reset and the first frame.
    const std::uint64_t settled = simulation.cycles() + kernel.settling_cycles;
    while (simulation.cycles() < settled && simulation.advance() >= 0) {
    }
    std::size_t index = 0;
    for (const auto* ports : {&kernel.inputs, &kernel.outputs}) {
        for (const PortInfo& port : *ports) {
            const std::uint64_t address = memory[index++].address;
            simulation.write(port.offset, static_cast<std::uint32_t>(address));
            simulation.write(port.offset + 4, static_cast<std::uint32_t>(address >> 32));
        }
    }
    simulation.write(kernel.frames_offset, static_cast<std::uint32_t>(frames));
    simulation.write(control, ap_start);
    int more = 1;
    while (more > 0) more = simulation.advance();
    if (more < 0) throw std::runtime_error(simulation.error());
    if ((simulation.read(control) & ap_done) == 0 || simulation.measurement().frames() < frames) {
        throw std::runtime_error("the kernel stopped without an end of its work");
    }
}

std::string decimal(double value, int digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

std::string describe(const Arguments& arguments, const Measurement& measurement,
                     std::uint64_t cycles, double seconds) {
    const std::uint64_t frames = measurement.frames();
    std::string text = "{\"kernel\": \"" + std::string(millrace::kernel_info().name) + "\"";
    const auto add = [&text](const std::string& name, const std::string& value) {
        text += ",\n \"" + name + "\": " + value;
    };
    add("frames", std::to_string(frames));
    add("stalls", arguments.simulation.stalls ? std::to_string(arguments.simulation.seed) : "null");
    add("cycles", std::to_string(cycles));
    add("latency_cycles", std::to_string(measurement.latency(0)));
    if (frames < 2) {
        add("interval_cycles", "null");
    } else {
        const Measurement::Intervals intervals = measurement.intervals();
        add("interval_cycles",
            "{\"minimum\": " + std::to_string(intervals.minimum) +
                ", \"maximum\": " + std::to_string(intervals.maximum) +
                ", \"steady\": " + decimal(intervals.steady, 15) +
                ", \"steady_minimum\": " + std::to_string(intervals.steady_minimum) +
                ", \"steady_maximum\": " + std::to_string(intervals.steady_maximum) + "}");
    }
    add("seconds", decimal(seconds, 4));
    add("frames_per_second", decimal(static_cast<double>(frames) / seconds, 4));
    add("cycles_per_second", decimal(static_cast<double>(cycles) / seconds, 4));
    return text + "}\n";
}

std::size_t different_words(const PortInfo& port, const std::vector<unsigned char>& bytes,
                            const std::vector<unsigned char>& expected) {
    if (bytes.size() != expected.size()) {
        throw std::runtime_error(std::string(port.name) + ": " + std::to_string(expected.size()) +
                                 " bytes are expected, not " + std::to_string(bytes.size()));
    }
    const std::size_t word = port.memory_bits / 8;
    std::size_t different = 0;
    for (std::size_t at = 0; at < bytes.size(); at += word) {
        if (std::memcmp(&bytes[at], &expected[at], word) == 0) continue;
        if (different == 0) std::fprintf(stderr, "%s: word %zu differs\n", port.name, at / word);
        ++different;
    }
    return different;
}

// An empty text, or what is wrong.
std::string compare_latency(const Measurement& measurement, std::uint64_t expected) {
    // Memory serves several inputs one after the other, of which the prediction does not know.
    const bool one_input = millrace::kernel_info().inputs.size() == 1;
    const std::uint64_t tolerance = one_input ? 0 : std::max<std::uint64_t>(expected / 100, 4);
    const std::uint64_t latency = measurement.latency(0);
    if ((latency > expected ? latency - expected : expected - latency) <= tolerance) return {};
    return "the latency is " + std::to_string(latency) + " cycles, " + std::to_string(expected) +
           " are expected";
}

// An empty text, or what is wrong.
std::string compare_interval(const Measurement& measurement, std::uint64_t expected) {
    if (measurement.frames() < least_frames_for_interval) {
        std::fprintf(stderr, "%zu frames are too few to compare the interval\n",
                     measurement.frames());
        return {};
    }
    const Measurement::Intervals intervals = measurement.intervals();
    if (intervals.steady == static_cast<double>(expected)) return {};
    return "the interval is " + decimal(intervals.steady, 15) + " cycles, " +
           std::to_string(expected) + " are expected";
}

// Whether the frames come later than they should, but may only do so because the design fills, or
// earlier, because the buffer in front of a slow memory does.
bool still_fills(const Measurement& measurement, std::uint64_t expected, std::uint64_t times) {
    constexpr std::uint64_t most_times = 64;
    constexpr std::uint64_t most_buffered = 4096; // memory words, some times the buffer
    if (expected == 0 || measurement.frames() < least_frames_for_interval) return false;
    const double steady = measurement.intervals().steady;
    if (steady > static_cast<double>(expected)) return times < most_times;
    const std::vector<PortInfo>& outputs = millrace::kernel_info().outputs;
    return steady < static_cast<double>(expected) &&
           std::any_of(outputs.begin(), outputs.end(), [&](const PortInfo& port) {
               return port.memory_cycles > port.memory_words &&
                      measurement.frames() * port.memory_words < most_buffered;
           });
}

int run_program(const Arguments& arguments, std::uint64_t times) {
    const KernelInfo& kernel = millrace::kernel_info();
    Memory memory;
    const std::uint64_t frames = load(arguments, times, memory);
    const auto simulation = millrace::make_simulation(memory.interface(), arguments.simulation);
    const auto begin = std::chrono::steady_clock::now();
    run(*simulation, memory, frames);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

    std::size_t different = 0;
    for (std::size_t i = 0; i < kernel.outputs.size(); ++i) {
        const std::string& path = arguments.files[kernel.inputs.size() + i];
        const std::vector<unsigned char>& bytes = memory[kernel.inputs.size() + i].bytes;
        if (arguments.golden) {
            different +=
                different_words(kernel.outputs[i], bytes, repeated(read_file(path), times));
        } else {
            write_file(path, bytes.data(), bytes.size());
        }
    }
    const Measurement& measurement = simulation->measurement();
    const std::string report = describe(arguments, measurement, simulation->cycles(), time.count());
    if (!arguments.json.empty()) {
        write_file(arguments.json, report.data(), report.size());
    } else if (!arguments.golden) {
        std::fputs(report.c_str(), stdout);
    }
    if (arguments.golden) {
        std::printf("%" PRIu64 " frames, %zu different words\n", frames, different);
        if (different != 0) return 1;
        if (still_fills(measurement, arguments.expected_interval, times)) {
            return run_program(arguments, 4 * times);
        }
    }
    if (arguments.expected_interval != 0) {
        const std::string wrong = compare_interval(measurement, arguments.expected_interval);
        if (!wrong.empty()) throw std::runtime_error(wrong);
    }
    if (arguments.expected_latency != 0 && measurement.frames() != 0) {
        const std::string wrong = compare_latency(measurement, arguments.expected_latency);
        if (!wrong.empty()) throw std::runtime_error(wrong);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_program(read_arguments(argc, argv), 1);
    } catch (const UsageError& problem) {
        std::fprintf(stderr, "error: %s\n", problem.what());
        print_usage(argv[0]);
        return 2;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "error: %s\n", problem.what());
        return 1;
    }
}
