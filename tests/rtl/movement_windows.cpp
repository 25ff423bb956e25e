// SPDX-License-Identifier: Apache-2.0
//
// mr_rearrange and mr_parallel_window (and with it mr_window_axis) against plain loops, and, at
// full speed, every word in and out in exactly the cycle that the schedule says: the model of the
// cycles here is written from the definition of ops::Rearrange and ops::ParallelWindow (ir/ops).
#include "Vmovement_windows_top.h"
#include "support/stream_bench.hpp"

#include <cstdio>
#include <functional>
#include <numeric>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Top = Vmovement_windows_top;
using Numbers = std::vector<std::int64_t>;

constexpr std::size_t slot = 256;
constexpr std::int64_t frames = 6;

// The same instances as in movement_windows_top.sv, in its order.
struct RearrangeCase {
    std::size_t bits;
    std::int64_t in_words, depth, offset;
    Numbers counts, strides;
    std::size_t leading;
    bool overlap;
};
const RearrangeCase rearranges[] = {
    {8, 36, 15, 0, {4, 4, 3, 3}, {6, 1, 6, 1}, 2, false},
    {8, 36, 18, 0, {4, 4, 3, 3}, {6, 1, 6, 1}, 2, true},
    {8, 36, 18, 0, {4, 4, 3, 3}, {6, 1, 6, 1}, 2, true},
    {5, 35, 31, 0, {5, 7}, {1, 5}, 1, false},
    {5, 35, 66, 0, {5, 7}, {1, 5}, 1, true},
    {16, 20, 3, 5, {3, 2}, {4, 1}, 2, false},
    {4, 5, 1, 0, {5, 3}, {1, 0}, 2, false},
    {3, 7, 1, 0, {7}, {1}, 1, false},
    {3, 4, 1, 2, {1}, {1}, 1, false},
    {3, 4, 2, 2, {1, 1}, {1, 5}, 2, true},
    {1, 1, 1, 0, {4}, {0}, 1, false},
    {12, 297, 167, 0, {3, 4, 3, 3, 3}, {66, 6, 66, 6, 1}, 2, false},
    {12, 297, 167, 0, {3, 4, 3, 3, 3}, {66, 6, 66, 6, 1}, 2, false},
    {12, 297, 217, 0, {3, 4, 3, 3, 3}, {66, 6, 66, 6, 1}, 2, true},
    {9, 168, 70, 0, {4, 5, 4, 3, 3}, {28, 4, 1, 28, 4}, 3, false},
    {9, 168, 38, 0, {2, 3, 4, 2, 2}, {56, 8, 1, 28, 4}, 3, true},
    {40,
     60,
     101,
     0,
     {2, 1, 2, 1, 1, 3, 1, 5, 1, 1, 1, 1},
     {30, 9, 15, 0, 7, 5, 1, 1, 0, 3, 4, 2},
     12,
     false},
    {2, 16, 15, 1, {2, 2, 2, 3}, {7, 4, 1, 1}, 0, false},
    {6, 24, 4, 0, {2, 4, 2, 3}, {12, 3, 0, 1}, 3, false},
    {6, 12, 2, 3, {2, 2}, {3, 1}, 2, false},
    {19, 15, 21, 2, {2, 4, 1}, {0, 4, 0}, 1, false},
    {8, 1, 9, 0, {1, 1}, {3, 3}, 2, true},
    {19, 9, 7, 0, {1, 1, 2}, {5, 5, 4}, 3, false},
    {14, 8, 9, 2, {2, 1}, {4, 1}, 2, true},
};
struct WindowCase {
    std::size_t bits;
    std::int64_t height, width, rows, columns, row_stride, column_stride, row_dilation,
        column_dilation;
    std::int64_t blocks = 1; ///< words of a pixel
};
constexpr WindowCase windows[] = {
    {8, 6, 6, 3, 3, 1, 1, 1, 1},     {3, 7, 9, 3, 2, 2, 1, 1, 2},    {24, 5, 8, 2, 3, 2, 2, 2, 1},
    {10, 1, 12, 1, 5, 1, 3, 1, 2},   {10, 12, 1, 5, 1, 1, 1, 2, 1},  {4, 4, 4, 1, 1, 2, 2, 1, 1},
    {16, 3, 3, 3, 3, 1, 1, 1, 1},    {7, 2, 2, 2, 2, 1, 1, 1, 1},    {5, 5, 5, 2, 2, 3, 2, 1, 3},
    {8, 6, 6, 3, 3, 1, 1, 1, 1, 2},  {3, 5, 7, 3, 2, 2, 1, 1, 2, 3}, {6, 1, 9, 1, 3, 1, 2, 1, 1, 5},
    {2, 4, 4, 2, 2, 2, 2, 1, 1, 40}, {5, 3, 3, 3, 3, 1, 1, 1, 1, 1},
};

// What an instance does: its words and the cycles in which they move at full speed.
struct Behaviour {
    std::string name;
    std::size_t bits;      ///< of an input word
    std::size_t out_lanes; ///< input words in an output word
    std::int64_t in_words; ///< a frame
    Numbers sources;       ///< of each lane of a frame's output words, in order: the input word
    Numbers takes;         ///< cycle of each input word, all frames
    Numbers sends;         ///< cycle in which each output word is offered, all frames
};

std::int64_t address(const RearrangeCase& c, std::int64_t word, std::size_t loops) {
    std::int64_t sum = c.offset;
    for (std::size_t i = c.counts.size(); i-- > 0; word /= c.counts[i]) {
        sum += i < loops ? word % c.counts[i] * c.strides[i] : 0;
    }
    return sum;
}

Behaviour rearrange(const RearrangeCase& c) {
    Behaviour result{"rearrange", c.bits, 1, c.in_words, {}, {}, {}};
    const std::int64_t out_words =
        std::accumulate(c.counts.begin(), c.counts.end(), std::int64_t{1}, std::multiplies<>());
    for (std::int64_t j = 0; j < out_words; ++j) {
        result.sources.push_back(address(c, j, c.counts.size()));
    }
    std::int64_t cycle = 0;
    if (!c.overlap) {
        for (std::int64_t frame = 0; frame < frames; ++frame) {
            for (std::int64_t r = 0, j = 0; r < c.in_words || j < out_words; ++cycle) {
                const std::int64_t low = j < out_words ? address(c, j, c.leading) : c.in_words;
                const bool sends = j < out_words && address(c, j, c.counts.size()) < r;
                if (r < c.in_words && r - low < c.depth) {
                    result.takes.push_back(cycle);
                    ++r;
                }
                if (sends) {
                    result.sends.push_back(cycle + 1);
                    ++j;
                }
            }
        }
        return result;
    }
    // Frames overlap: one sequence of words for all of them.
    std::int64_t r = 0;
    std::int64_t j = 0;
    for (; r < frames * c.in_words || j < frames * out_words; ++cycle) {
        const std::int64_t first = j / out_words * c.in_words;
        const std::int64_t low = first + address(c, j % out_words, c.leading);
        const std::int64_t a = first + address(c, j % out_words, c.counts.size());
        const bool sends = j < frames * out_words && a < r;
        if (r < frames * c.in_words && r - low < c.depth) {
            result.takes.push_back(cycle);
            ++r;
        }
        if (sends) {
            result.sends.push_back(cycle + 1);
            ++j;
        }
    }
    return result;
}

Behaviour parallel_window(const WindowCase& c) {
    Behaviour result{"parallel_window",
                     c.bits,
                     static_cast<std::size_t>(c.rows * c.columns),
                     c.height * c.width * c.blocks,
                     {},
                     {},
                     {}};
    const std::int64_t row_reach = (c.rows - 1) * c.row_dilation;
    const std::int64_t column_reach = (c.columns - 1) * c.column_dilation;
    for (std::int64_t row = 0; row + row_reach < c.height; row += c.row_stride) {
        for (std::int64_t column = 0; column + column_reach < c.width; column += c.column_stride) {
            for (std::int64_t block = 0; block < c.blocks; ++block) {
                for (std::int64_t kh = 0; kh < c.rows; ++kh) {
                    for (std::int64_t kw = 0; kw < c.columns; ++kw) {
                        const std::int64_t pixel =
                            (row + kh * c.row_dilation) * c.width + column + kw * c.column_dilation;
                        result.sources.push_back(pixel * c.blocks + block);
                    }
                }
            }
        }
    }
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        const std::int64_t first = frame * result.in_words;
        for (std::size_t word = result.out_lanes; word <= result.sources.size();
             word += result.out_lanes) {
            result.sends.push_back(first + result.sources[word - 1] + 1);
        }
    }
    for (std::int64_t i = 0; i < frames * result.in_words; ++i) {
        result.takes.push_back(i);
    }
    return result;
}

// Cycles a frame, if all frames but the first take the same.
std::int64_t interval(const Behaviour& b, std::size_t words) {
    const std::int64_t first = b.sends[2 * words - 1] - b.sends[words - 1];
    for (std::size_t end = 3 * words; end <= b.sends.size(); end += words) {
        if (b.sends[end - 1] - b.sends[end - 1 - words] != first) {
            return 0;
        }
    }
    return first;
}

// All instances at full speed: each word in and out must move in the cycle that is expected.
int check_cycles(Top& top, const std::vector<Behaviour>& behaviours) {
    const auto clock = [&top] {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    };
    top.rst = 1;
    for (std::size_t i = 0; i < behaviours.size(); ++i) {
        Signal(top.in_valid, i).set(true);
        Signal(top.out_ready, i).set(true);
    }
    clock();
    top.rst = 0;
    std::vector<std::size_t> taken(behaviours.size(), 0);
    std::vector<std::size_t> sent(behaviours.size(), 0);
    std::size_t open = behaviours.size();
    int failures = 0;
    for (std::int64_t cycle = 0; open > 0 && failures < 20; ++cycle) {
        top.clk = 0;
        top.eval();
        open = 0;
        for (std::size_t i = 0; i < behaviours.size(); ++i) {
            const Behaviour& b = behaviours[i];
            const auto compare = [&](const char* side, const Numbers& cycles, std::size_t& next,
                                     bool moves) {
                if (next == cycles.size()) {
                    return;
                }
                ++open;
                const bool expected = cycles[next] == cycle;
                if (moves != expected && failures++ < 20) {
                    std::printf("%s (instance %zu): %s word %zu %s in cycle %lld, expected in "
                                "cycle %lld\n",
                                b.name.c_str(), i, side, next, moves ? "moved" : "did not move",
                                static_cast<long long>(cycle),
                                static_cast<long long>(cycles[next]));
                }
                next += moves ? 1 : 0;
            };
            compare("input", b.takes, taken[i], Signal(top.in_ready, i).get());
            compare("output", b.sends, sent[i], Signal(top.out_valid, i).get());
        }
        top.clk = 1;
        top.eval();
    }
    return failures;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<Behaviour> behaviours;
    for (const RearrangeCase& c : rearranges) {
        behaviours.push_back(rearrange(c));
    }
    for (const WindowCase& c : windows) {
        behaviours.push_back(parallel_window(c));
    }

    VerilatedContext context;
    context.commandArgs(argc, argv);
    Top top(&context);
    if (check_cycles(top, behaviours) != 0) {
        return 1;
    }
    Bench<Top> bench(top);
    std::mt19937_64 random(3);
    for (std::size_t i = 0; i < behaviours.size(); ++i) {
        const Behaviour& b = behaviours[i];
        const StreamFormat format{1, b.bits, Encoding::unsigned_};
        const StreamFormat out_format{b.out_lanes, b.bits, Encoding::unsigned_};
        Elements sent;
        Elements expected;
        for (std::int64_t frame = 0; frame < frames; ++frame) {
            const Elements in =
                random_elements(random, static_cast<std::size_t>(b.in_words), format);
            sent.insert(sent.end(), in.begin(), in.end());
            for (const std::int64_t word : b.sources) {
                expected.push_back(in[static_cast<std::size_t>(word)]);
            }
        }
        const std::string name = b.name + " " + std::to_string(i);
        const std::size_t words = b.sources.size() / b.out_lanes;
        bench.source(name, {{top.in_data, i * slot}, {top.in_valid, i}, {top.in_ready, i}, format})
            .send(sent);
        bench
            .sink(name,
                  {{top.out_data, i * slot}, {top.out_valid, i}, {top.out_ready, i}, out_format})
            .expect(expected, words, interval(b, words));
    }
    return bench.run();
}
