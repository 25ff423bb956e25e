// SPDX-License-Identifier: Apache-2.0
//
// mr_depthwise, mr_reduce, mr_add_join, mr_mul_join, mr_dynamic_matrix and mr_top_k, and the parts
// mr_popcount, mr_add_tree and mr_multiply, against plain loops.
#include "Varithmetic_actors_top.h"
#include "support/mem_file.hpp"

#include <algorithm>
#include <numeric>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Number = std::int64_t;

constexpr auto u = Encoding::unsigned_;
constexpr auto s = Encoding::signed_;
constexpr auto b = Encoding::bipolar;
constexpr std::size_t slot = 80;
constexpr std::size_t frames = 6;

std::mt19937_64 random_numbers(3);

// The top is made after the .mem files of its instances are written, the streams after the top.
std::vector<std::function<void(Varithmetic_actors_top&, BenchBase&)>> streams;

// noise() as in arithmetic_actors_top.sv.
Number noise(Number i, std::size_t bits, Number seed) {
    const Number number = ((i + 1) * (i + 7) * 37 + (seed + 3) * (i + 5) * 11) / 4;
    const auto code = static_cast<std::uint64_t>(number) & ((std::uint64_t{1} << bits) - 1);
    return decode(code, {1, bits, s});
}

std::string numbered(const char* actor, std::size_t i) {
    return std::string(actor) + " " + std::to_string(i);
}

void send(std::size_t i, const std::string& name, int port, const StreamFormat& format,
          Elements elements) {
    streams.push_back([=](Varithmetic_actors_top& top, BenchBase& bench) {
        Source& in =
            port == 0
                ? bench.source(
                      name,
                      {{top.in0_data, i * slot}, {top.in0_valid, i}, {top.in0_ready, i}, format})
                : bench.source(
                      name,
                      {{top.in1_data, i * slot}, {top.in1_valid, i}, {top.in1_ready, i}, format});
        in.send(elements);
    });
}

void expect(std::size_t i, const std::string& name, int port, const StreamFormat& format,
            Elements elements, std::size_t words_per_frame, std::size_t interval) {
    streams.push_back([=](Varithmetic_actors_top& top, BenchBase& bench) {
        Sink& out =
            port == 0
                ? bench.sink(
                      name,
                      {{top.out0_data, i * slot}, {top.out0_valid, i}, {top.out0_ready, i}, format})
                : bench.sink(name, {{top.out1_data, i * slot},
                                    {top.out1_valid, i},
                                    {top.out1_ready, i},
                                    format});
        out.expect(elements, words_per_frame, static_cast<std::int64_t>(interval));
    });
}

/// `in`: the PE lanes of a tap; a word has `simd` taps.
void depthwise(std::size_t i, std::size_t taps, std::size_t simd, std::size_t blocks,
               StreamFormat in, StreamFormat weight, std::size_t acc_bits, bool ternary) {
    const auto draw = [&](std::size_t count, const StreamFormat& format) {
        return ternary ? random_elements(random_numbers, count, -1, 1)
                       : random_elements(random_numbers, count, format);
    };
    const std::size_t pe = in.lanes;
    const Elements w = draw(blocks * taps * pe, weight); // [block][tap][lane]
    Elements planes;
    for (std::size_t first = 0; first < w.size(); first += simd * pe) {
        for (std::size_t lane = 0; lane < pe; ++lane) {
            for (std::size_t bit = 0; bit < weight.bits; ++bit) {
                for (std::size_t t = 0; t < simd; ++t) {
                    const std::uint64_t code = encode(w[first + t * pe + lane], weight);
                    planes.push_back(static_cast<Number>(code >> bit & 1));
                }
            }
        }
    }
    write_mem("depthwise_" + std::to_string(i) + ".mem", planes, {pe * weight.bits * simd, 1, u});
    const Elements x = draw(frames * 2 * w.size(), in);
    Elements y;
    for (std::size_t block = 0; block < frames * 2 * blocks; ++block) {
        for (std::size_t lane = 0; lane < pe; ++lane) {
            Number sum = 0;
            for (std::size_t t = 0; t < taps; ++t) {
                sum +=
                    x[(block * taps + t) * pe + lane] * w[(block % blocks * taps + t) * pe + lane];
            }
            y.push_back(sum);
        }
    }
    send(i, numbered("depthwise", i), 0, {simd * pe, in.bits, in.encoding}, x);
    expect(i, numbered("depthwise", i), 0, {pe, acc_bits, s}, y, 2 * blocks,
           2 * blocks * taps / simd);
}

void reduce(std::size_t i, std::size_t taps, std::size_t simd, int reduction, StreamFormat in,
            StreamFormat out) {
    const std::size_t words = 5; // a frame
    const Elements x = random_elements(random_numbers, frames * words * taps * in.lanes, in);
    Elements y;
    for (std::size_t word = 0; word < frames * words; ++word) {
        for (std::size_t lane = 0; lane < in.lanes; ++lane) {
            Number result = x[word * taps * in.lanes + lane];
            for (std::size_t t = 1; t < taps; ++t) {
                const Number next = x[(word * taps + t) * in.lanes + lane];
                result = reduction == 0   ? std::max(result, next)
                         : reduction == 1 ? std::min(result, next)
                                          : result + next;
            }
            y.push_back(result);
        }
    }
    send(i, numbered("reduce", i), 0, {simd * in.lanes, in.bits, in.encoding}, x);
    expect(i, numbered("reduce", i), 0, out, y, words, words * taps / simd);
}

using Constant = Number (*)(Number channel);

// mr_add_join with multipliers, or mr_mul_join with zero points.
void join(std::size_t i, std::size_t folds, StreamFormat a, StreamFormat c, StreamFormat out,
          Constant constant_a, Constant constant_b, bool adds) {
    const std::string name = numbered(adds ? "add_join" : "mul_join", i);
    const std::size_t channels = folds * a.lanes;
    const std::size_t count = frames * 3 * channels;
    const Elements left = random_elements(random_numbers, count, a);
    const Elements right = random_elements(random_numbers, count, c);
    Elements y;
    for (std::size_t j = 0; j < count; ++j) {
        const Number p = constant_a(static_cast<Number>(j % channels));
        const Number q = constant_b(static_cast<Number>(j % channels));
        y.push_back(adds ? p * left[j] + q * right[j] : (left[j] - p) * (right[j] - q));
    }
    send(i, name, 0, a, left);
    send(i, name, 1, c, right);
    expect(i, name, 0, out, y, 3 * folds, 3 * folds);
}

void dynamic_matrix(std::size_t i, std::size_t rows, std::size_t depth, std::size_t columns,
                    StreamFormat a, StreamFormat c, Number zero_a, Number zero_b,
                    std::size_t acc_bits) {
    const std::string name = numbered("dynamic_matrix", i);
    const std::size_t matrices = 2; // a frame
    const Elements left = random_elements(random_numbers, frames * matrices * rows * depth, a);
    const Elements right = random_elements(random_numbers, frames * matrices * depth * columns, c);
    Elements y;
    for (std::size_t matrix = 0; matrix < frames * matrices; ++matrix) {
        for (std::size_t m = 0; m < rows; ++m) {
            for (std::size_t n = 0; n < columns; ++n) {
                Number sum = 0;
                for (std::size_t k = 0; k < depth; ++k) {
                    sum += (left[(matrix * rows + m) * depth + k] - zero_a) *
                           (right[(matrix * depth + k) * columns + n] - zero_b);
                }
                y.push_back(sum);
            }
        }
    }
    const std::size_t folds = columns / c.lanes;
    send(i, name, 0, a, left);
    send(i, name, 1, c, right);
    expect(i, name, 0, {c.lanes, acc_bits, s}, y, matrices * rows * folds,
           matrices * (depth + rows * depth) * folds);
}

void top_k(std::size_t i, std::size_t n, std::size_t k, StreamFormat in, std::size_t index_bits,
           bool largest, bool last_index, bool values) {
    const std::string name = numbered("top_k", i);
    const std::size_t vectors = 3; // a frame
    const Elements x = random_elements(random_numbers, frames * vectors * n, in);
    Elements places;
    Elements best;
    for (std::size_t v = 0; v < frames * vectors; ++v) {
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t l, std::size_t r) {
            const Number left = x[v * n + l];
            const Number right = x[v * n + r];
            if (left != right) {
                return largest ? left > right : left < right;
            }
            return last_index ? l > r : l < r;
        });
        for (std::size_t j = 0; j < k; ++j) {
            places.push_back(static_cast<Number>(order[j]));
            best.push_back(x[v * n + order[j]]);
        }
    }
    send(i, name, 0, in, x);
    expect(i, name, 0, {k, index_bits, u}, places, vectors, vectors * n);
    if (values) {
        expect(i, name, 1, {k, in.bits, in.encoding}, best, vectors, vectors * n);
    }
}

using Combine = Number (*)(Number, Number);
Number sum(Number left, Number right) { return left + right; }
Number product(Number left, Number right) { return left * right; }

// A part that makes one number of a word's elements, every cycle.
void part(std::size_t i, const char* name, StreamFormat in, StreamFormat out, Combine combine) {
    const std::size_t words = 10; // a frame
    const Elements x = random_elements(random_numbers, frames * words * in.lanes, in);
    Elements y;
    for (std::size_t word = 0; word < frames * words; ++word) {
        Number result = x[word * in.lanes];
        for (std::size_t lane = 1; lane < in.lanes; ++lane) {
            result = combine(result, x[word * in.lanes + lane]);
        }
        y.push_back(result);
    }
    send(i, numbered(name, i), 0, in, x);
    expect(i, numbered(name, i), 0, out, y, words, words);
}

// As in arithmetic_actors_top.sv.
void make_cases() {
    depthwise(0, 9, 1, 3, {2, 4, u}, {2, 4, s}, 12, false);
    depthwise(1, 5, 1, 1, {3, 8, s}, {3, 8, s}, 18, false);
    depthwise(2, 9, 1, 2, {2, 1, b}, {2, 1, b}, 5, false);
    depthwise(3, 4, 1, 2, {1, 2, s}, {1, 2, s}, 4, true);
    depthwise(4, 1, 1, 4, {2, 3, u}, {2, 3, s}, 6, false);
    depthwise(5, 9, 1, 2, {2, 8, s}, {2, 1, b}, 13, false);
    depthwise(6, 3, 1, 3, {2, 5, u}, {2, 6, u}, 14, false);
    reduce(7, 4, 1, 0, {3, 4, u}, {3, 4, u});
    reduce(8, 9, 1, 0, {2, 5, s}, {2, 5, s});
    reduce(9, 4, 1, 1, {2, 5, s}, {2, 6, s});
    reduce(10, 4, 1, 0, {3, 1, b}, {3, 1, b});
    reduce(11, 3, 1, 1, {2, 1, b}, {2, 2, s});
    reduce(12, 7, 1, 2, {2, 6, s}, {2, 9, s});
    reduce(13, 8, 1, 2, {2, 1, b}, {2, 5, s});
    reduce(14, 5, 1, 2, {1, 8, u}, {1, 11, u});
    reduce(15, 1, 1, 0, {2, 4, s}, {2, 4, s});
    reduce(16, 1, 1, 2, {2, 3, u}, {2, 5, s});
    join(
        17, 2, {3, 6, s}, {3, 6, s}, {3, 7, s}, [](Number) { return Number{1}; },
        [](Number) { return Number{1}; }, true);
    join(
        18, 3, {2, 6, u}, {2, 8, s}, {2, 12, s}, [](Number) { return Number{4}; },
        [](Number) { return Number{1}; }, true);
    join(
        19, 2, {2, 5, s}, {2, 7, u}, {2, 12, s}, [](Number) { return Number{3}; },
        [](Number) { return Number{-5}; }, true);
    join(
        20, 3, {2, 6, s}, {2, 4, u}, {2, 13, s}, [](Number c) { return noise(c, 5, 20); },
        [](Number) { return Number{7}; }, true);
    join(
        21, 4, {1, 8, s}, {1, 8, s}, {1, 14, s}, [](Number c) { return noise(c, 5, 21); },
        [](Number c) { return noise(c, 5, 21 + 1); }, true);
    join(
        22, 1, {4, 1, b}, {4, 1, b}, {4, 3, s}, [](Number) { return Number{1}; },
        [](Number) { return Number{1}; }, true);
    join(
        23, 2, {2, 4, u}, {2, 4, u}, {2, 8, u}, [](Number) { return Number{2}; },
        [](Number) { return Number{4}; }, true);
    join(
        24, 3, {2, 6, s}, {2, 5, s}, {2, 11, s}, [](Number) { return Number{0}; },
        [](Number) { return Number{0}; }, false);
    join(
        25, 2, {2, 5, u}, {2, 5, u}, {2, 10, u}, [](Number) { return Number{0}; },
        [](Number) { return Number{0}; }, false);
    join(
        26, 3, {1, 6, u}, {1, 6, s}, {1, 16, s}, [](Number c) { return noise(c, 5, 26); },
        [](Number) { return Number{3}; }, false);
    join(
        27, 2, {2, 7, u}, {2, 7, u}, {2, 17, s}, [](Number) { return Number{100}; },
        [](Number c) { return noise(c, 8, 27 + 1); }, false);
    join(
        28, 1, {3, 1, b}, {3, 5, s}, {3, 7, s}, [](Number) { return Number{0}; },
        [](Number) { return Number{0}; }, false);
    join(
        29, 1, {3, 1, b}, {3, 1, b}, {3, 1, b}, [](Number) { return Number{0}; },
        [](Number) { return Number{0}; }, false);
    dynamic_matrix(30, 3, 5, 6, {1, 4, u}, {2, 4, s}, 0, 0, 12);
    dynamic_matrix(31, 2, 4, 4, {1, 8, s}, {4, 8, s}, 3, -5, 19);
    dynamic_matrix(32, 1, 1, 1, {1, 3, u}, {1, 3, u}, 0, 0, 7);
    dynamic_matrix(33, 4, 3, 2, {1, 5, u}, {1, 6, u}, 7, 0, 14);
    dynamic_matrix(34, 2, 7, 3, {1, 1, b}, {1, 1, b}, 0, 0, 5);
    dynamic_matrix(35, 3, 1, 4, {1, 4, s}, {2, 4, s}, 0, 1, 10);
    top_k(36, 10, 1, {10, 8, s}, 4, true, false, false);
    top_k(37, 10, 3, {2, 4, s}, 4, true, false, true);
    top_k(38, 9, 2, {3, 4, u}, 5, false, true, true);
    top_k(39, 6, 6, {1, 3, u}, 3, true, true, true);
    top_k(40, 1, 1, {1, 5, s}, 1, true, false, true);
    top_k(41, 8, 2, {4, 1, b}, 3, true, false, true);
    top_k(42, 5, 1, {5, 6, u}, 3, false, false, true);
    part(43, "popcount", {1, 1, u}, {1, 1, u}, sum);
    part(44, "popcount", {5, 1, u}, {1, 3, u}, sum);
    part(45, "popcount", {17, 1, u}, {1, 5, u}, sum);
    part(46, "popcount", {64, 1, u}, {1, 7, u}, sum);
    part(47, "add_tree", {1, 5, s}, {1, 7, s}, sum);
    part(48, "add_tree", {5, 4, s}, {1, 7, s}, sum);
    part(49, "add_tree", {7, 6, u}, {1, 9, s}, sum);
    part(50, "add_tree", {6, 5, s}, {1, 4, s}, sum);
    part(51, "add_tree", {4, 8, u}, {1, 13, s}, sum);
    part(52, "multiply", {2, 6, s}, {1, 13, s}, product);
    part(53, "multiply", {2, 9, u}, {1, 19, s}, product);
    part(54, "multiply", {2, 16, s}, {1, 33, s}, product);
    part(55, "multiply", {2, 1, s}, {1, 3, s}, product);
    part(56, "multiply", {2, 12, s}, {1, 25, s}, product);
    depthwise(57, 9, 9, 3, {1, 4, u}, {1, 4, s}, 12, false);
    depthwise(58, 9, 9, 1, {1, 8, s}, {1, 8, s}, 20, false);
    depthwise(59, 4, 4, 2, {2, 1, b}, {2, 1, b}, 4, false);
    depthwise(60, 6, 3, 2, {2, 3, u}, {2, 3, s}, 9, false);
    depthwise(61, 4, 2, 2, {2, 8, s}, {2, 8, s}, 18, false);
    depthwise(62, 4, 4, 3, {3, 2, s}, {3, 2, s}, 4, true);
    depthwise(63, 4, 4, 2, {2, 8, s}, {2, 1, b}, 12, false);
    reduce(64, 4, 4, 0, {3, 4, u}, {3, 4, u});
    reduce(65, 9, 9, 0, {1, 5, s}, {1, 5, s});
    reduce(66, 9, 3, 1, {2, 5, s}, {2, 5, s});
    reduce(67, 4, 4, 0, {3, 1, b}, {3, 1, b});
    reduce(68, 9, 9, 2, {1, 6, s}, {1, 10, s});
    reduce(69, 8, 4, 2, {2, 1, b}, {2, 5, s});
    reduce(70, 9, 9, 2, {1, 8, u}, {1, 12, u});
    reduce(71, 6, 2, 2, {1, 3, u}, {1, 6, s});
    reduce(72, 3, 3, 1, {2, 1, b}, {2, 2, s});
}

} // namespace

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    make_cases();
    Varithmetic_actors_top top;
    Bench bench(top);
    for (const auto& add : streams) {
        add(top, bench);
    }
    return bench.run();
}
