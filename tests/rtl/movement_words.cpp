// SPDX-License-Identifier: Apache-2.0
//
// The actors that pass words on - mr_fifo, mr_width_converter, mr_pad, mr_fork, mr_concat (and with
// them mr_ram, mr_select, mr_encode, mr_widen) - against plain loops over elements.
#include "Vmovement_words_top.h"
#include "support/stream_bench.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Top = Vmovement_words_top;

constexpr auto u = Encoding::unsigned_;
constexpr auto s = Encoding::signed_;
constexpr auto b = Encoding::bipolar;

constexpr std::size_t slot = 128;
constexpr std::size_t frames = 12;

// The same instances as in movement_words_top.sv, in its order.
struct FifoCase {
    std::size_t lanes, bits, depth;
};
constexpr FifoCase fifos[] = {{2, 49, 2}, {1, 7, 1},   {1, 9, 2},   {1, 16, 2},
                              {1, 5, 13}, {1, 64, 16}, {1, 8, 70},  {1, 20, 100},
                              {1, 11, 5}, {1, 12, 6},  {1, 3, 300}, {1, 1, 2}};

struct ConverterCase {
    std::size_t bits, in_lanes, out_lanes, elements;
};
constexpr ConverterCase converters[] = {
    {8, 1, 8, 0},   {8, 8, 1, 0},   {4, 3, 4, 0},   {4, 4, 3, 0},   {1, 2, 7, 0},    {3, 7, 2, 0},
    {5, 6, 6, 0},   {2, 12, 8, 0},  {8, 4, 6, 30},  {4, 8, 3, 27},  {4, 4, 2, 14},   {4, 3, 8, 9},
    {6, 2, 8, 14},  {3, 6, 4, 18},  {2, 16, 3, 3},  {2, 3, 16, 3},  {8, 4, 6, 32},   {4, 12, 8, 36},
    {5, 1, 4, 7},   {5, 16, 4, 20}, {2, 8, 49, 0},  {2, 8, 49, 98}, {2, 8, 49, 56},  {2, 8, 49, 80},
    {2, 8, 49, 24}, {3, 6, 40, 0},  {3, 5, 23, 92}, {2, 49, 8, 0},  {2, 49, 8, 104}, {2, 49, 8, 49},
    {2, 49, 8, 98}, {3, 20, 6, 0},  {4, 25, 7, 0},  {4, 25, 7, 75}, {4, 25, 7, 14}};

struct PadCase {
    std::size_t lanes, in_bits;
    Encoding in_encoding;
    std::size_t out_bits;
    Encoding out_encoding;
    std::size_t folds, rows, columns, top, bottom, left, right;
    Elements values; ///< one for all, or one for each channel
};
const PadCase pads[] = {
    {1, 4, u, 4, u, 1, 4, 5, 1, 1, 1, 1, {0}},
    {2, 1, b, 2, s, 3, 3, 2, 0, 2, 1, 0, {0}},
    {3, 4, s, 5, s, 2, 1, 1, 2, 0, 0, 3, {-9, 15, 0, -1, 7, -16}},
    {2, 8, u, 8, u, 1, 3, 3, 0, 0, 0, 0, {0}},
    {1, 3, u, 3, u, 2, 2, 3, 1, 0, 0, 0, {5}},
    {2, 4, u, 4, u, 1, 2, 2, 1, 1, 1, 1, {3, 12}},
};

struct ForkCase {
    std::size_t bits, ways;
};
constexpr ForkCase forks[] = {{10, 2}, {33, 5}};

struct Part {
    std::size_t bits;
    Encoding encoding;
    std::size_t words;
};
struct ConcatCase {
    std::size_t lanes;
    std::vector<Part> parts;
    StreamFormat output;
};
const ConcatCase concats[] = {
    {2, {{3, u, 1}, {4, s, 2}}, {2, 5, s}},
    {1, {{8, s, 3}, {1, b, 1}, {2, u, 4}, {5, s, 1}}, {1, 8, s}},
    {3, {{2, u, 1}, {2, u, 1}}, {3, 2, u}},
};

class Streams {
  public:
    Streams(Bench<Top>& bench, Top& top) : bench_(bench), top_(top) {}
    Source& source(const std::string& name, const StreamFormat& format) {
        const std::size_t i = sources_++;
        return bench_.source(
            name, {{top_.in_data, i * slot}, {top_.in_valid, i}, {top_.in_ready, i}, format});
    }
    Sink& sink(const std::string& name, const StreamFormat& format) {
        const std::size_t i = sinks_++;
        return bench_.sink(
            name, {{top_.out_data, i * slot}, {top_.out_valid, i}, {top_.out_ready, i}, format});
    }

  private:
    Bench<Top>& bench_;
    Top& top_;
    std::size_t sources_ = 0;
    std::size_t sinks_ = 0;
};

// The cycles of a frame as ir's schedule counts them: a word is read when too little waits for an
// output word, or always while words become wider; an output word leaves as soon as it is complete.
std::int64_t conversion_cycles(std::size_t elements, std::size_t from, std::size_t to) {
    std::int64_t cycles = 0;
    for (std::size_t read = 0, written = 0; written < elements; ++cycles) {
        const std::size_t wanted = std::min(to, elements - written);
        if (read < elements && (from < to || read - written < wanted)) {
            read = std::min(read + from, elements);
        }
        if (read - written >= wanted) {
            written += wanted;
        }
    }
    return cycles;
}

void add_converter(Streams& streams, std::mt19937_64& random, const ConverterCase& c) {
    // Without a frame of its own a frame is as many elements as both sides fill.
    const std::size_t elements =
        c.elements != 0 ? c.elements : std::lcm(c.in_lanes, c.out_lanes) * 2;
    const std::size_t in_words = (elements + c.in_lanes - 1) / c.in_lanes;
    const std::size_t out_words = (elements + c.out_lanes - 1) / c.out_lanes;
    Elements sent;
    Elements expected;
    for (std::size_t frame = 0; frame < frames; ++frame) {
        Elements in = random_elements(random, in_words * c.in_lanes, {1, c.bits, u});
        sent.insert(sent.end(), in.begin(), in.end());
        in.resize(elements);                // what is beyond the frame is dropped
        in.resize(out_words * c.out_lanes); // and sent as zeros
        expected.insert(expected.end(), in.begin(), in.end());
    }
    const std::string name = "width_converter " + std::to_string(c.in_lanes) + " to " +
                             std::to_string(c.out_lanes) + ", " + std::to_string(c.elements);
    streams.source(name, {c.in_lanes, c.bits, u}).send(sent);
    streams.sink(name, {c.out_lanes, c.bits, u})
        .expect(expected, out_words, conversion_cycles(elements, c.in_lanes, c.out_lanes));
}

void add_pad(Streams& streams, std::mt19937_64& random, const PadCase& c) {
    const StreamFormat input{c.lanes, c.in_bits, c.in_encoding};
    const StreamFormat output{c.lanes, c.out_bits, c.out_encoding};
    const std::size_t channels = c.lanes * c.folds;
    Elements sent;
    Elements expected;
    for (std::size_t frame = 0; frame < frames; ++frame) {
        const Elements in = random_elements(random, c.rows * c.columns * channels, input);
        sent.insert(sent.end(), in.begin(), in.end());
        for (std::size_t row = 0; row < c.top + c.rows + c.bottom; ++row) {
            for (std::size_t column = 0; column < c.left + c.columns + c.right; ++column) {
                for (std::size_t channel = 0; channel < channels; ++channel) {
                    const bool inside = row >= c.top && row < c.top + c.rows && column >= c.left &&
                                        column < c.left + c.columns;
                    expected.push_back(
                        inside
                            ? in[((row - c.top) * c.columns + column - c.left) * channels + channel]
                            : c.values[channel % c.values.size()]);
                }
            }
        }
    }
    const std::size_t words = expected.size() / frames / c.lanes;
    streams.source("pad", input).send(sent);
    streams.sink("pad", output).expect(expected, words, static_cast<std::int64_t>(words));
}

void add_concat(Streams& streams, std::mt19937_64& random, const ConcatCase& c) {
    Elements expected;
    std::size_t words = 0;
    std::vector<Elements> inputs;
    for (const Part& part : c.parts) {
        inputs.push_back(random_elements(random, frames * part.words * c.lanes,
                                         StreamFormat{c.lanes, part.bits, part.encoding}));
        streams.source("concat", {c.lanes, part.bits, part.encoding}).send(inputs.back());
        words += part.words;
    }
    for (std::size_t frame = 0; frame < frames; ++frame) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const auto count = static_cast<std::ptrdiff_t>(c.parts[i].words * c.lanes);
            const auto from = inputs[i].begin() + static_cast<std::ptrdiff_t>(frame) * count;
            expected.insert(expected.end(), from, from + count);
        }
    }
    streams.sink("concat", c.output).expect(expected, words, static_cast<std::int64_t>(words));
}

// While nothing is taken out, a FIFO takes in at least its depth, and no more when it is full.
int check_capacity(Top& top) {
    const auto clock = [&top](int cycles) {
        for (int i = 0; i < cycles; ++i) {
            top.clk = 0;
            top.eval();
            top.clk = 1;
            top.eval();
        }
    };
    top.rst = 1;
    clock(2);
    top.rst = 0;
    int failures = 0;
    for (std::size_t i = 0; i < std::size(fifos); ++i) {
        const Signal valid(top.in_valid, i);
        const Signal ready(top.in_ready, i);
        Signal(top.out_ready, i).set(false);
        valid.set(true);
        std::size_t words = 0;
        for (std::size_t cycle = 0; cycle < 4 * fifos[i].depth + 80; ++cycle) {
            top.clk = 0;
            top.eval();
            words += ready.get() ? 1 : 0;
            clock(1);
        }
        valid.set(false);
        std::printf("fifo %zu holds %zu words\n", fifos[i].depth, words);
        failures += words < fifos[i].depth || ready.get() ? 1 : 0;
    }
    return failures;
}

} // namespace

int main(int argc, char** argv) {
    std::mt19937_64 random(11);
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Top top(&context);
    if (check_capacity(top) != 0) {
        std::printf("a FIFO holds too few words or never fills\n");
        return 1;
    }
    Bench<Top> bench(top);
    Streams streams(bench, top);
    for (const FifoCase& c : fifos) {
        const StreamFormat format{c.lanes, c.bits, u};
        const Elements words = random_elements(random, 400 * c.lanes, format);
        const std::string name = "fifo " + std::to_string(c.depth);
        streams.source(name, format).send(words);
        streams.sink(name, format).expect(words, 50, 50);
    }
    for (const ConverterCase& c : converters) {
        add_converter(streams, random, c);
    }
    for (const PadCase& c : pads) {
        add_pad(streams, random, c);
    }
    for (const ForkCase& c : forks) {
        const StreamFormat format{1, c.bits, u};
        const Elements words = random_elements(random, 300, format);
        streams.source("fork", format).send(words);
        for (std::size_t way = 0; way < c.ways; ++way) {
            streams.sink("fork", format).expect(words, 30, 30);
        }
    }
    for (const ConcatCase& c : concats) {
        add_concat(streams, random, c);
    }
    return bench.run();
}
