// SPDX-License-Identifier: Apache-2.0
//
// mr_matrix_vector (and with it mr_dot_accumulate, mr_dot_product, mr_dot_dsp, mr_bit_heap,
// mr_add_tree, mr_accumulator, mr_rom) against plain sums, with every pair of encodings, in LUTs
// and DSP blocks, folded, in groups, with narrow accumulators (modulo 2^bits) and all kinds of
// memory.
#include "Varithmetic_matrix_top.h"
#include "support/mem_file.hpp"

#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

constexpr auto u = Encoding::unsigned_;
constexpr auto s = Encoding::signed_;
constexpr auto b = Encoding::bipolar;

struct Case {
    std::size_t k, n, groups, pe, simd, a_bits;
    Encoding a_encoding;
    std::size_t w_bits;
    Encoding w_encoding;
    std::size_t acc_bits;
    bool ternary, narrow;
};

// As in arithmetic_matrix_top.sv.
constexpr Case cases[] = {
    {98, 8, 1, 4, 49, 1, b, 1, b, 9, false, false},
    {8, 4, 1, 4, 8, 1, b, 1, b, 5, false, false},
    {15, 6, 1, 2, 5, 2, s, 2, s, 7, false, false},
    {24, 6, 1, 3, 12, 2, s, 2, s, 6, true, false},
    {9, 4, 1, 2, 3, 8, u, 1, b, 13, false, false},
    {27, 4, 1, 4, 3, 8, s, 1, b, 14, false, false},
    {10, 6, 1, 3, 5, 1, b, 4, s, 9, false, false},
    {14, 4, 1, 2, 7, 1, u, 1, b, 5, false, false},
    {20, 10, 1, 5, 4, 4, u, 4, s, 13, false, false},
    {20, 10, 1, 5, 4, 4, u, 4, s, 13, false, false},
    {6, 4, 1, 4, 2, 8, s, 8, s, 19, false, false},
    {9, 8, 1, 4, 3, 4, s, 4, s, 11, false, true},
    {6, 12, 3, 2, 2, 3, u, 3, s, 9, false, false},
    {32, 16, 1, 2, 4, 2, u, 2, s, 9, false, false},
    {6, 3, 1, 3, 3, 1, s, 3, s, 7, false, false},
    {1, 1, 1, 1, 1, 3, u, 3, u, 6, false, false},
    {8, 6, 1, 3, 2, 8, u, 8, u, 19, false, false},
    {40, 4, 1, 1, 1, 3, s, 2, u, 6, false, false},
    {12, 4, 1, 2, 3, 5, s, 6, s, 14, false, false},
    {5, 2, 2, 1, 5, 1, b, 1, b, 4, false, false},
    {4, 6, 1, 2, 4, 4, s, 5, s, 12, false, false},
};
constexpr std::size_t slot = 80;
constexpr std::size_t vectors = 2; // a frame
constexpr std::size_t frames = 5;

Elements operands(std::mt19937_64& random, std::size_t count, const StreamFormat& format,
                  bool narrow) {
    Elements elements = random_elements(random, count, format);
    if (narrow) {
        for (auto& element : elements) {
            element += element == -(std::int64_t{1} << (format.bits - 1)) ? 1 : 0;
        }
    }
    return elements;
}

} // namespace

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    std::mt19937_64 random(1);
    std::vector<Elements> weights; // [N][K]
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const Case& c = cases[i];
        const StreamFormat format{c.pe * c.simd, c.w_bits, c.w_encoding};
        weights.push_back(operands(random, c.n * c.k, format, c.ternary || c.narrow));
        Elements words;
        for (std::size_t n = 0; n < c.n; n += c.pe) {
            for (std::size_t k = 0; k < c.k; k += c.simd) {
                for (std::size_t bit = 0; bit < c.pe * c.w_bits * c.simd; ++bit) {
                    const std::size_t row = n + bit / c.simd / c.w_bits;
                    const std::uint64_t code =
                        encode(weights[i][row * c.k + k + bit % c.simd], format);
                    words.push_back(
                        static_cast<std::int64_t>(code >> (bit / c.simd % c.w_bits) & 1));
                }
            }
        }
        write_mem("matrix_" + std::to_string(i) + ".mem", words, {c.pe * c.w_bits * c.simd, 1, u});
    }

    Varithmetic_matrix_top top;
    Bench bench(top);
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const Case& c = cases[i];
        const std::string name = "matrix_vector " + std::to_string(i);
        const StreamFormat in_format{c.simd, c.a_bits, c.a_encoding};
        Source& in = bench.source(
            name, {{top.in_data, i * slot}, {top.in_valid, i}, {top.in_ready, i}, in_format});
        Sink& out = bench.sink(name, {{top.out_data, i * slot},
                                      {top.out_valid, i},
                                      {top.out_ready, i},
                                      {c.pe, c.acc_bits, s}});
        const std::size_t width = c.groups * c.k;
        const Elements x = operands(random, frames * vectors * width, in_format, c.ternary);
        Elements y;
        for (std::size_t v = 0; v < frames * vectors; ++v) {
            for (std::size_t n = 0; n < c.n; ++n) {
                std::int64_t sum = 0;
                for (std::size_t k = 0; k < c.k; ++k) {
                    sum += weights[i][n * c.k + k] * x[v * width + n / (c.n / c.groups) * c.k + k];
                }
                y.push_back(sum);
            }
        }
        in.send(x);
        out.expect(y, vectors * c.n / c.pe,
                   static_cast<std::int64_t>(vectors * (c.n / c.pe) * (c.k / c.simd)));
    }
    return bench.run();
}
