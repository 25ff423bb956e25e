// SPDX-License-Identifier: Apache-2.0
//
// mr_memory_to_stream and mr_stream_to_memory (and with them mr_burst_requests) in pairs that copy
// frames from one memory to another: every byte of the target, bursts, several jobs one after the
// other with any number of frames, and, with a memory that never pauses, the cycles of a frame.
#include "Vmovement_memory_top.h"
#include "support/axi_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Top = Vmovement_memory_top;

// The same pairs as in movement_memory_top.sv, in its order.
struct Case {
    std::size_t memory_bits, bits;
    bool is_signed;
    std::size_t lanes, elements, burst, outstanding;
};
constexpr Case cases[] = {
    {64, 8, false, 4, 20, 8, 2},     {64, 8, true, 8, 24, 16, 3},  {64, 1, false, 7, 98, 8, 2},
    {64, 5, true, 3, 27, 16, 2},     {128, 32, true, 1, 5, 4, 4},  {128, 10, true, 10, 10, 64, 2},
    {256, 3, false, 16, 160, 16, 2}, {512, 2, true, 32, 96, 8, 4}, {512, 17, true, 3, 21, 64, 2},
    {64, 12, false, 2, 2, 256, 2},   {64, 24, true, 5, 5, 2, 1},   {512, 8, false, 100, 300, 16, 2},
};
constexpr std::size_t pairs = std::size(cases);
constexpr std::size_t slot = 512;

std::size_t container(const Case& c) {
    std::size_t bits = 1;
    while (bits < c.bits) {
        bits *= 2;
    }
    return bits;
}
std::size_t memory_lanes(const Case& c) { return c.memory_bits / container(c); }
std::size_t frame_words(const Case& c) {
    return (c.elements + memory_lanes(c) - 1) / memory_lanes(c);
}
std::size_t frame_bytes(const Case& c) { return frame_words(c) * c.memory_bits / 8; }

std::uint64_t get_bits(const unsigned char* bytes, std::size_t at, std::size_t bits) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bits; ++i) {
        value |= std::uint64_t{static_cast<unsigned char>(bytes[(at + i) / 8] >> (at + i) % 8 & 1)}
                 << i;
    }
    return value;
}

// What a frame looks like after the copy.
void copy_frame(const Case& c, const unsigned char* from, unsigned char* to) {
    std::fill_n(to, frame_bytes(c), static_cast<unsigned char>(0));
    const std::size_t bits = container(c);
    for (std::size_t e = 0; e < c.elements; ++e) {
        const std::uint64_t value = get_bits(from, e * bits, c.bits);
        for (std::size_t i = 0; i < bits; ++i) {
            const bool extension = c.is_signed && (value >> (c.bits - 1) & 1) != 0;
            const bool bit = i < c.bits ? (value >> i & 1) != 0 : extension;
            const std::size_t place = e * bits + i;
            to[place / 8] =
                static_cast<unsigned char>(to[place / 8] | (bit ? 1u : 0u) << place % 8);
        }
    }
}

// Cycles of a frame's conversion, as ir's schedule counts them.
std::int64_t conversion_cycles(std::size_t elements, std::size_t from, std::size_t to) {
    std::int64_t cycles = 0;
    for (std::size_t read = 0, written = 0; written < elements; ++cycles) {
        const std::size_t wanted = std::min(to, elements - written);
        if (read < elements && (from < to || read - written < wanted)) {
            read = std::min(read + from, elements);
        }
        written += read - written >= wanted ? wanted : 0;
    }
    return cycles;
}

struct Job {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::int32_t frames = 0;
};

struct Pair {
    AxiMemory source;
    AxiMemory target;
    std::unique_ptr<AxiReads> reads;
    std::unique_ptr<AxiWrites> writes;
    std::vector<Job> jobs;
    std::vector<unsigned char> expected;
    std::size_t started[2] = {0, 0};
    std::size_t finished[2] = {0, 0};
    std::int64_t cycles = 0; ///< until the last job was done
};

class Memories {
  public:
    explicit Memories(Top& top) : top_(top), pairs_(pairs) {
        for (std::size_t i = 0; i < pairs; ++i) {
            Pair& pair = pairs_[i];
            const Case& c = cases[i];
            const auto request = [&](std::size_t port) {
                return AxiRequestPort{{top.request_address, 64 * port},
                                      {top.request_length, 8 * port},
                                      {top.request_valid, port},
                                      {top.request_ready, port}};
            };
            pair.source.base = 0x12'3456'7000 + 0x1000 * i;
            pair.target.base = 0x3'0000'0000;
            pair.reads = std::make_unique<AxiReads>(
                pair.source, request(2 * i), Signal(top.rdata, slot * i), Signal(top.rvalid, i),
                Signal(top.rready, i), c.memory_bits, c.outstanding, i);
            pair.writes = std::make_unique<AxiWrites>(
                pair.target, request(2 * i + 1), Signal(top.wdata, slot * i), Signal(top.wlast, i),
                Signal(top.wvalid, i), Signal(top.wready, i), Signal(top.bvalid, i),
                Signal(top.bready, i), c.memory_bits, c.outstanding, i + 100);
        }
        top.rst = 1;
        clock();
        top.rst = 0;
    }

    // Jobs of these numbers of frames for each pair, one after the other, `gap` memory words apart.
    bool run(const std::vector<std::int32_t>& frames, AxiPace pace, std::size_t gap) {
        for (std::size_t i = 0; i < pairs; ++i) {
            prepare(i, frames, pace, gap);
        }
        std::int64_t now = 0;
        for (; !all_done() && now < 400000; ++now) {
            cycle(now);
        }
        for (int i = 0; i < 100; ++i) {
            cycle(now);
        }
        return check();
    }
    [[nodiscard]] std::int64_t cycles(std::size_t pair) const { return pairs_[pair].cycles; }

  private:
    void prepare(std::size_t i, const std::vector<std::int32_t>& frames, AxiPace pace,
                 std::size_t gap) {
        Pair& pair = pairs_[i];
        const Case& c = cases[i];
        const std::size_t word_bytes = c.memory_bits / 8;
        pair.jobs.clear();
        std::size_t bytes = gap * word_bytes;
        for (const std::int32_t count : frames) {
            pair.jobs.push_back({pair.source.base + bytes, pair.target.base + bytes, count});
            bytes += static_cast<std::size_t>(std::max(count, 0)) * frame_bytes(c);
            bytes += gap * word_bytes;
        }
        pair.source.bytes.resize(bytes);
        pair.target.bytes.resize(bytes);
        for (std::size_t b = 0; b < bytes; ++b) {
            pair.source.bytes[b] = static_cast<unsigned char>(random_());
            pair.target.bytes[b] = static_cast<unsigned char>(random_());
        }
        pair.expected = pair.target.bytes;
        for (const Job& job : pair.jobs) {
            for (std::int32_t f = 0; f < job.frames; ++f) {
                const std::size_t at =
                    job.from - pair.source.base + static_cast<std::size_t>(f) * frame_bytes(c);
                copy_frame(c, pair.source.bytes.data() + at, pair.expected.data() + at);
            }
        }
        pair.reads->set_pace(pace);
        pair.writes->set_pace(pace);
        pair.writes->reset_counts();
        for (std::size_t side = 0; side < 2; ++side) {
            pair.started[side] = pair.finished[side] = 0;
        }
    }

    void cycle(std::int64_t now) {
        for (std::size_t i = 0; i < pairs; ++i) {
            Pair& pair = pairs_[i];
            pair.reads->drive();
            pair.writes->drive();
            for (std::size_t side = 0; side < 2; ++side) {
                const std::size_t port = 2 * i + side;
                const bool more = pair.started[side] < pair.jobs.size();
                Signal(top_.start, port).set(more);
                const Job job =
                    more ? pair.jobs[pair.started[side]]
                         : Job{random_(), random_(), static_cast<std::int32_t>(random_())};
                Signal(top_.address, 64 * port).write(0, 64, side == 0 ? job.from : job.to);
                Signal(top_.frames, 32 * port)
                    .write(0, 32,
                           static_cast<std::uint64_t>(static_cast<std::uint32_t>(job.frames)));
            }
        }
        top_.clk = 0;
        top_.eval();
        for (std::size_t i = 0; i < pairs; ++i) {
            Pair& pair = pairs_[i];
            pair.reads->sample();
            pair.writes->sample();
            for (std::size_t side = 0; side < 2; ++side) {
                const std::size_t port = 2 * i + side;
                if (Signal(top_.done, port).get()) {
                    ++pair.finished[side];
                    pair.cycles = now;
                    if (side == 1 && !pair.writes->idle()) {
                        std::printf("pair %zu: done before the last response\n", i);
                        failed_ = true;
                    }
                }
                if (Signal(top_.start, port).get() && Signal(top_.start_ready, port).get()) {
                    ++pair.started[side];
                }
            }
        }
        clock();
    }
    void clock() {
        top_.clk = 0;
        top_.eval();
        top_.clk = 1;
        top_.eval();
    }
    [[nodiscard]] bool all_done() const {
        return std::all_of(pairs_.begin(), pairs_.end(), [](const Pair& pair) {
            return pair.finished[0] == pair.jobs.size() && pair.finished[1] == pair.jobs.size();
        });
    }
    bool check() {
        for (std::size_t i = 0; i < pairs; ++i) {
            const Pair& pair = pairs_[i];
            const auto complain = [&](const std::string& what) {
                std::printf("pair %zu: %s\n", i, what.c_str());
                failed_ = true;
            };
            if (pair.finished[0] != pair.jobs.size() || pair.finished[1] != pair.jobs.size()) {
                complain("finished " + std::to_string(pair.finished[0]) + " and " +
                         std::to_string(pair.finished[1]) + " of " +
                         std::to_string(pair.jobs.size()) + " jobs");
            }
            for (const std::string& error : {pair.reads->error(), pair.writes->error()}) {
                if (!error.empty()) {
                    complain(error);
                }
            }
            if (pair.target.bytes != pair.expected) {
                complain("the copy is wrong");
            }
        }
        return !failed_;
    }

    Top& top_;
    std::vector<Pair> pairs_;
    std::mt19937_64 random_{17};
    bool failed_ = false;
};

} // namespace

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Top top(&context);
    Memories memories(top);
    const std::vector<std::int32_t> jobs{3, 0, 1, 17, -5, 2, 40};
    for (const std::size_t gap : {0, 3, 61}) {
        for (const AxiPace pace : {AxiPace{0, 0}, AxiPace{7, 3}, AxiPace{30, 2}}) {
            if (!memories.run(jobs, pace, gap)) {
                return 1;
            }
        }
    }
    // The cycles of a frame: the difference between two batches. Bursts are complete, so that both
    // batches end in the same way.
    constexpr std::int32_t frames = 256;
    std::vector<std::int64_t> shorter;
    for (const std::int32_t batch : {frames, 2 * frames}) {
        if (!memories.run({batch}, {5, 0}, 0)) {
            return 1;
        }
        for (std::size_t i = 0; i < pairs && batch == frames; ++i) {
            shorter.push_back(memories.cycles(i));
        }
    }
    int result = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
        const Case& c = cases[i];
        const std::int64_t expected =
            std::max(conversion_cycles(c.elements, memory_lanes(c), c.lanes),
                     conversion_cycles(c.elements, c.lanes, memory_lanes(c)));
        const std::int64_t cycles = memories.cycles(i) - shorter[i];
        std::printf(
            "pair %2zu: %zu bits of memory, bursts of %zu, frame of %zu words: %lld cycles\n", i,
            c.memory_bits, c.burst, frame_words(c), static_cast<long long>(cycles / frames));
        if (c.burst >= 8 && cycles != frames * expected) {
            std::printf("  %lld cycles for %d frames of %lld\n", static_cast<long long>(cycles),
                        frames, static_cast<long long>(expected));
            result = 1;
        }
    }
    return result;
}
