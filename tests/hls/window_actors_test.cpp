// SPDX-License-Identifier: Apache-2.0
//
// Actors that choose and surround words (rearrange, parallel_window, pad) against plain loops over
// the frame's elements: windows with strides and dilations of odd sizes, transposes, slices,
// repetition, several foldings, encodings, images and frames; both forms. The iterations of
// rearrange are counted by a second walk over its documented schedule.
#include "bench_support.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace {

using bench::Numbers;
using millrace::AutoMemory;
using millrace::Bipolar;
using millrace::BramMemory;
using millrace::ChannelTable;
using millrace::Constant;
using millrace::Loop;
using millrace::Loops;
using millrace::LutMemory;
using millrace::MatrixWeights;
using millrace::Signed;
using millrace::Unsigned;
using millrace::UramMemory;

// The loops as numbers, and the schedule of the README, evaluated by the compiler.
template <typename List> struct Walk;
template <int... COUNTS, int... STRIDES> struct Walk<Loops<Loop<COUNTS, STRIDES>...>> {
    static constexpr int loops = sizeof...(COUNTS);

    struct State {
        int counts[sizeof...(COUNTS)] = {COUNTS...};
        int strides[sizeof...(COUNTS)] = {STRIDES...};
        int words = 1;

        constexpr State() {
            for (int i = 0; i < loops; ++i) words *= counts[i];
        }
        // The address of word j, of which only the first `of` loops count.
        constexpr int address(int j, int of) const {
            int sum = 0;
            for (int i = loops - 1; i >= 0; --i) {
                if (i < of) sum += j % counts[i] * strides[i];
                j /= counts[i];
            }
            return sum;
        }
    };

    // Leading loops during which addresses only go forward.
    static constexpr int leading() {
        const State state;
        int most = 0;
        for (int m = 1; m <= loops; ++m) {
            bool forward = true;
            for (int j = 1; j < state.words; ++j) {
                forward = forward && state.address(j, m) >= state.address(j - 1, m);
            }
            if (forward) most = m;
        }
        return most;
    }
    static constexpr int least_depth(int of) {
        const State state;
        int depth = 1;
        for (int i = of; i < loops; ++i) depth += (state.counts[i] - 1) * state.strides[i];
        return depth;
    }
    static constexpr int cycles(int in_words, int depth, int offset, int of) {
        const State state;
        int read = 0;
        int sent = 0;
        int cycle = 0;
        for (; read < in_words || sent < state.words; ++cycle) {
            const int low = sent < state.words ? offset + state.address(sent, of) : in_words;
            const bool reads = read < in_words && read - low < depth;
            const bool sends = sent < state.words && offset + state.address(sent, loops) < read;
            read += reads;
            sent += sends;
        }
        return cycle;
    }
};

template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int LEADING, typename List,
          typename Memory = AutoMemory>
void check_rearrange_with() {
    CAPTURE(BITS);
    CAPTURE(IN_WORDS);
    CAPTURE(DEPTH);
    CAPTURE(LEADING);
    typedef Unsigned<BITS> E;
    constexpr int cycles = Walk<List>::cycles(IN_WORDS, DEPTH, OFFSET, LEADING);
    const typename Walk<List>::State state;
    const int frames = 3;
    const Numbers x = bench::random_numbers<E>(static_cast<std::size_t>(frames) * IN_WORDS);
    Numbers expected;
    for (int f = 0; f < frames; ++f) {
        for (int j = 0; j < state.words; ++j) {
            expected.push_back(x[static_cast<std::size_t>(f * IN_WORDS + OFFSET +
                                                          state.address(j, Walk<List>::loops))]);
        }
    }
    hls::stream<ap_uint<BITS>> in("in");
    hls::stream<ap_uint<BITS>> out("out");
    bench::put<E, 1>(in, x);
    const long long counted = bench::iterations_of([&] {
        millrace::rearrange_loops<BITS, IN_WORDS, DEPTH, OFFSET, cycles, LEADING, List, Memory>(
            in, out, frames);
    });
    CHECK(bench::iterations_are(counted, static_cast<long long>(frames) * cycles));
    CHECK(bench::take<E, 1>(out) == expected);
    CHECK(in.empty());
    bench::put<E, 1>(in, x);
    millrace::rearrange<BITS, IN_WORDS, DEPTH, OFFSET, cycles, LEADING, List, Memory>(in, out,
                                                                                      frames);
    CHECK(bench::take<E, 1>(out) == expected);
    CHECK(in.empty());
}

// With the smallest buffer, a larger one, and one loop less that leads.
template <int BITS, int IN_WORDS, int OFFSET, typename List, typename Memory = AutoMemory>
void check_rearrange() {
    constexpr int leading = Walk<List>::leading();
    constexpr int depth = Walk<List>::least_depth(leading);
    check_rearrange_with<BITS, IN_WORDS, depth, OFFSET, leading, List, Memory>();
    check_rearrange_with<BITS, IN_WORDS, depth + 3, OFFSET, leading, List, Memory>();
    constexpr int fewer = leading > 0 ? leading - 1 : 0;
    check_rearrange_with<BITS, IN_WORDS, Walk<List>::least_depth(fewer), OFFSET, fewer, List>();
}

// Pixels of BLOCKS words of P.
template <typename E, int P, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW,
          int IMAGES = 1, int BLOCKS = 1, typename Memory = AutoMemory>
void check_parallel_window() {
    CAPTURE(BLOCKS);
    CAPTURE(H);
    CAPTURE(W);
    CAPTURE(KH);
    CAPTURE(KW);
    CAPTURE(SH);
    CAPTURE(SW);
    CAPTURE(DH);
    CAPTURE(DW);
    constexpr int channels = BLOCKS * P;
    constexpr int bits = P * E::bits;
    constexpr int taps = KH * KW;
    const int frames = 2;
    const int images = frames * IMAGES;
    const Numbers x = bench::random_numbers<E>(static_cast<std::size_t>(images) * H * W * channels);
    Numbers expected;
    for (int image = 0; image < images; ++image) {
        for (int row = 0; row + (KH - 1) * DH < H; row += SH) {
            for (int column = 0; column + (KW - 1) * DW < W; column += SW) {
                for (int block = 0; block < BLOCKS; ++block) {
                    for (int kh = 0; kh < KH; ++kh) {
                        for (int kw = 0; kw < KW; ++kw) {
                            const int pixel = (image * H + row + kh * DH) * W + column + kw * DW;
                            for (int p = 0; p < P; ++p) {
                                expected.push_back(
                                    x[static_cast<std::size_t>(pixel * channels + block * P + p)]);
                            }
                        }
                    }
                }
            }
        }
    }
    hls::stream<ap_uint<bits>> in("in");
    hls::stream<ap_uint<taps * bits>> out("out");
    bench::put<E, P>(in, x);
    const long long cycles = bench::iterations_of([&] {
        millrace::parallel_window_loops<bits, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS, Memory>(
            in, out, frames);
    });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(images) * H * W * BLOCKS));
    const Numbers loops = bench::take<E, taps * P>(out);
    CHECK(loops == expected);
    bench::put<E, P>(in, x);
    millrace::parallel_window<bits, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS, Memory>(in, out,
                                                                                          frames);
    const Numbers fast = bench::take<E, taps * P>(out);
    CHECK(fast == expected);
    CHECK(in.empty());
}

// A depthwise convolution and a pool: windows of blocks of P channels, all of whose taps the next
// unit takes at once.
template <typename In, typename Weight, int C, int P, int H, int W, int KH, int KW, int SH, int DW>
void check_window_consumers() {
    CAPTURE(C);
    CAPTURE(P);
    constexpr int taps = KH * KW;
    constexpr int blocks = C / P;
    constexpr int rows = (H - KH) / SH + 1;
    constexpr int columns = W - (KW - 1) * DW;
    typedef Signed<32> Acc;
    const int frames = 2;
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames) * H * W * C);
    const Numbers w = bench::random_numbers<Weight>(static_cast<std::size_t>(C) * taps);
    Numbers products;
    Numbers largest;
    for (int frame = 0; frame < frames; ++frame) {
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column) {
                for (int c = 0; c < C; ++c) {
                    std::int64_t sum = 0;
                    std::int64_t most = bench::lowest<In>();
                    for (int t = 0; t < taps; ++t) {
                        const int h = row * SH + t / KW;
                        const int v = column + t % KW * DW;
                        const std::int64_t tap =
                            x[static_cast<std::size_t>(((frame * H + h) * W + v) * C + c)];
                        sum += tap * w[static_cast<std::size_t>(c * taps + t)];
                        most = tap > most ? tap : most;
                    }
                    products.push_back(sum);
                    largest.push_back(most);
                }
            }
        }
    }
    static MatrixWeights<taps, C, taps, P, Weight> weights;
    bench::fill(weights, w);
    hls::stream<ap_uint<P * In::bits>> in("in");
    hls::stream<ap_uint<taps * P * In::bits>> windows("windows");
    hls::stream<ap_uint<P * Acc::bits>> sums("sums");
    hls::stream<ap_uint<P * In::bits>> maxima("maxima");
    bench::put<In, P>(in, x);
    millrace::parallel_window<P * In::bits, H, W, KH, KW, SH, 1, 1, DW, 1, blocks>(in, windows,
                                                                                   frames);
    millrace::depthwise<In, Acc, rows * columns>(windows, sums, weights, frames);
    const Numbers of_depthwise = bench::take<Acc, P>(sums);
    CHECK(of_depthwise == products);
    bench::put<In, P>(in, x);
    millrace::parallel_window<P * In::bits, H, W, KH, KW, SH, 1, 1, DW, 1, blocks>(in, windows,
                                                                                   frames);
    millrace::reduce<In, In, P, rows * columns * blocks, taps, millrace::Reduction::max, taps>(
        windows, maxima, frames);
    const Numbers of_reduce = bench::take<In, P>(maxima);
    CHECK(of_reduce == largest);
}

// Pads with the numbers `value(c)`; `values` is what the actor gets for them.
template <typename In, typename Out, int C, int PE, int A, int B, int TOP, int BOTTOM, int LEFT,
          int RIGHT, int IMAGES, typename Values>
void check_pad_with(const Values& values, const Numbers& numbers) {
    CAPTURE(C);
    CAPTURE(PE);
    CAPTURE(TOP);
    CAPTURE(BOTTOM);
    CAPTURE(LEFT);
    CAPTURE(RIGHT);
    constexpr int rows = TOP + A + BOTTOM;
    constexpr int columns = LEFT + B + RIGHT;
    const int frames = 2;
    const int images = frames * IMAGES;
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(images) * A * B * C);
    Numbers expected;
    std::size_t next = 0;
    for (int image = 0; image < images; ++image) {
        for (int row = -TOP; row < A + BOTTOM; ++row) {
            for (int column = -LEFT; column < B + RIGHT; ++column) {
                const bool inside = row >= 0 && row < A && column >= 0 && column < B;
                for (int c = 0; c < C; ++c) {
                    expected.push_back(
                        inside ? x[next++]
                               : numbers[numbers.size() == 1 ? 0 : static_cast<std::size_t>(c)]);
                }
            }
        }
    }
    hls::stream<ap_uint<PE * In::bits>> in("in");
    hls::stream<ap_uint<PE * Out::bits>> out("out");
    bench::put<In, PE>(in, x);
    const long long cycles = bench::iterations_of([&] {
        millrace::pad_loops<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(in, out, values,
                                                                                    frames);
    });
    CHECK(
        bench::iterations_are(cycles, static_cast<long long>(images) * rows * columns * (C / PE)));
    const Numbers loops = bench::take<Out, PE>(out);
    CHECK(loops == expected);
    bench::put<In, PE>(in, x);
    millrace::pad<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(in, out, values, frames);
    const Numbers fast = bench::take<Out, PE>(out);
    CHECK(fast == expected);
    CHECK(in.empty());
}

template <typename In, typename Out, typename Value, int C, int PE, int A, int B, int TOP,
          int BOTTOM, int LEFT, int RIGHT, int IMAGES = 1>
void check_pad_table() {
    static ChannelTable<C, PE, Value> table;
    const Numbers numbers = bench::random_numbers<Value>(C);
    bench::fill(table, numbers);
    check_pad_with<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(table, numbers);
    static ChannelTable<C, PE, Value, 1, true> shared;
    bench::fill(shared, Numbers{numbers[0]});
    check_pad_with<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(shared, {numbers[0]});
}

} // namespace

TEST_CASE("rearrange: sliding windows") {
    // Rows, columns, kernel rows, kernel columns: 3x3 of 6x6.
    check_rearrange<8, 36, 0, Loops<Loop<4, 6>, Loop<4, 1>, Loop<3, 6>, Loop<3, 1>>>();
    // Stride 2 by 3 and dilation 2 by 1 on 9x11; rows behind the last window.
    check_rearrange<5, 99, 0, Loops<Loop<3, 22>, Loop<3, 3>, Loop<2, 22>, Loop<3, 1>>>();
    // Windows that do not overlap, and windows with gaps between them.
    check_rearrange<1, 48, 0, Loops<Loop<3, 16>, Loop<4, 2>, Loop<2, 8>, Loop<2, 1>>>();
    check_rearrange<12, 50, 0, Loops<Loop<2, 30>, Loop<3, 4>, Loop<2, 10>, Loop<2, 1>>>();
    // The order of a depthwise unit: rows, columns, blocks of channels, kernel; 5x7x3 blocks.
    check_rearrange<16, 105, 0,
                    Loops<Loop<3, 21>, Loop<5, 3>, Loop<3, 1>, Loop<3, 21>, Loop<3, 3>>>();
    check_rearrange<16, 105, 0,
                    Loops<Loop<2, 42>, Loop<3, 6>, Loop<3, 1>, Loop<2, 21>, Loop<2, 3>>>();
    // One dimension, and a window of the whole input.
    check_rearrange<64, 17, 0, Loops<Loop<8, 2>, Loop<3, 1>>>();
    check_rearrange<4, 20, 0, Loops<Loop<4, 1>, Loop<5, 4>>>();
}

TEST_CASE("rearrange: transposes, slices, repetition, interleaving") {
    check_rearrange<7, 1, 0, Loops<Loop<1, 0>>>();
    check_rearrange<7, 12, 0, Loops<Loop<12, 1>>>();
    check_rearrange<7, 12, 0, Loops<Loop<4, 1>, Loop<3, 4>>>();             // transpose
    check_rearrange<7, 24, 0, Loops<Loop<2, 1>, Loop<3, 8>, Loop<4, 2>>>(); // axes rotated
    check_rearrange<7, 30, 7, Loops<Loop<3, 10>, Loop<2, 1>>>();            // slice, an end unused
    check_rearrange<7, 30, 29, Loops<Loop<1, 5>>>();                        // the last word
    check_rearrange<7, 30, 0, Loops<Loop<1, 5>>>();                         // the first word
    check_rearrange<7, 12, 0, Loops<Loop<3, 4>, Loop<2, 0>, Loop<4, 1>, Loop<2, 0>>>(); // upsample
    check_rearrange<7, 5, 0, Loops<Loop<5, 1>, Loop<7, 0>>>();
    check_rearrange<7, 5, 2, Loops<Loop<9, 0>, Loop<3, 1>>>();
    // Depth to space by 2 on 3x4 of 4 words; overlap where no loop leads.
    check_rearrange<7, 48, 0, Loops<Loop<3, 16>, Loop<2, 2>, Loop<4, 4>, Loop<2, 1>>>();
    check_rearrange<7, 10, 1, Loops<Loop<3, 1>, Loop<3, 1>, Loop<3, 2>>>();
    check_rearrange<3, 64, 0,
                    Loops<Loop<2, 32>, Loop<1, 9>, Loop<2, 4>, Loop<2, 16>, Loop<2, 1>, Loop<2, 8>,
                          Loop<1, 0>, Loop<2, 2>>>();
}

TEST_CASE("rearrange: wide words and memory styles") {
    typedef Loops<Loop<4, 6>, Loop<4, 1>, Loop<3, 6>, Loop<3, 1>> Windows;
    check_rearrange<8, 36, 0, Windows, LutMemory>();
    check_rearrange<8, 36, 0, Windows, BramMemory>();
    check_rearrange<8, 36, 0, Windows, UramMemory>();
}

#ifndef __SYNTHESIS__
TEST_CASE("rearrange: a wrong number of cycles is an error") {
    typedef Loops<Loop<4, 1>, Loop<3, 4>> Transpose;
    constexpr int cycles = Walk<Transpose>::cycles(12, 9, 0, 1);
    hls::stream<ap_uint<7>> in("in");
    hls::stream<ap_uint<7>> out("out");
    bench::put<Unsigned<7>, 1>(in, Numbers(24));
    CHECK_THROWS_AS((millrace::rearrange_loops<7, 12, 9, 0, cycles - 1, 1, Transpose>(in, out, 1)),
                    std::logic_error);
    while (!in.empty()) in.read();
    bench::put<Unsigned<7>, 1>(in, Numbers(24));
    CHECK_THROWS_AS((millrace::rearrange_loops<7, 12, 9, 0, cycles + 1, 1, Transpose>(in, out, 1)),
                    std::logic_error);
    while (!in.empty()) in.read();
    while (!out.empty()) out.read();
}
#endif

TEST_CASE("parallel window: kernels, strides, dilations") {
    check_parallel_window<Unsigned<8>, 1, 6, 6, 3, 3, 1, 1, 1, 1>();
    check_parallel_window<Unsigned<8>, 3, 7, 5, 3, 3, 2, 2, 1, 1, 2>();
    check_parallel_window<Signed<5>, 2, 9, 11, 2, 3, 3, 1, 2, 3>();
    check_parallel_window<Signed<5>, 2, 8, 7, 3, 2, 1, 4, 3, 2, 3>();
    check_parallel_window<Bipolar, 3, 5, 5, 5, 5, 1, 1, 1, 1, 2>();
    check_parallel_window<Bipolar, 67, 4, 4, 2, 2, 1, 1, 1, 1>();
    check_parallel_window<Unsigned<16>, 4, 4, 3, 1, 1, 1, 1, 1, 1>();
    check_parallel_window<Unsigned<16>, 1, 5, 6, 1, 1, 2, 3, 1, 1>();
    check_parallel_window<Unsigned<3>, 1, 1, 20, 1, 5, 1, 3, 1, 2, 2>(); // one dimension
    check_parallel_window<Unsigned<3>, 1, 20, 1, 5, 1, 3, 1, 2, 1, 2>();
    check_parallel_window<Unsigned<3>, 1, 2, 2, 2, 2, 5, 5, 1, 1, 3>();
    check_parallel_window<Unsigned<3>, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4>();
    check_parallel_window<Unsigned<8>, 3, 12, 13, 7, 7, 2, 2, 1, 1>();
}

TEST_CASE("parallel window: blocks of channels") {
    check_parallel_window<Unsigned<8>, 1, 6, 6, 3, 3, 1, 1, 1, 1, 1, 2>();
    check_parallel_window<Unsigned<8>, 3, 7, 5, 3, 3, 2, 2, 1, 1, 2, 3>();
    check_parallel_window<Signed<5>, 2, 9, 11, 2, 3, 3, 1, 2, 3, 1, 5>();
    check_parallel_window<Signed<5>, 2, 8, 7, 3, 2, 1, 4, 3, 2, 3, 2>();
    check_parallel_window<Signed<5>, 1, 5, 9, 2, 3, 1, 1, 1, 2, 2, 7>();
    check_parallel_window<Bipolar, 3, 5, 5, 5, 5, 1, 1, 1, 1, 2, 4>();
    check_parallel_window<Bipolar, 67, 4, 4, 2, 2, 1, 1, 1, 1, 1, 3>();
    check_parallel_window<Unsigned<16>, 4, 4, 3, 1, 1, 1, 1, 1, 1, 1, 3>();
    check_parallel_window<Unsigned<16>, 1, 5, 6, 1, 1, 2, 3, 1, 1, 1, 2>();
    check_parallel_window<Unsigned<3>, 1, 1, 20, 1, 5, 1, 3, 1, 2, 2, 3>(); // one dimension
    check_parallel_window<Unsigned<3>, 1, 20, 1, 5, 1, 3, 1, 2, 1, 2, 3>();
    check_parallel_window<Unsigned<3>, 1, 2, 2, 2, 2, 5, 5, 1, 1, 3, 6>();
    check_parallel_window<Unsigned<3>, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 2>();
    check_parallel_window<Unsigned<6>, 1, 4, 5, 2, 2, 2, 2, 1, 1, 2, 40>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 2, LutMemory>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 2, BramMemory>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 2, UramMemory>();
}

TEST_CASE("parallel window: into depthwise and reduce") {
    check_window_consumers<Unsigned<8>, Signed<6>, 6, 6, 5, 6, 3, 3, 1, 1>();
    check_window_consumers<Unsigned<8>, Signed<6>, 6, 2, 5, 6, 3, 3, 2, 1>();
    check_window_consumers<Signed<5>, Bipolar, 6, 1, 5, 7, 2, 3, 1, 2>();
    check_window_consumers<Bipolar, Bipolar, 6, 3, 4, 5, 2, 2, 2, 1>();
}

TEST_CASE("parallel window: wide words and memory styles") {
    check_parallel_window<Unsigned<8>, 56, 4, 4, 3, 3, 1, 1, 1, 1>(); // 4,032 bits
    check_parallel_window<Unsigned<32>, 32, 3, 3, 2, 2, 1, 1, 1, 1>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, LutMemory>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, BramMemory>();
    check_parallel_window<Unsigned<8>, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, UramMemory>();
}

TEST_CASE("pad: constants") {
    check_pad_with<Unsigned<8>, Unsigned<8>, 6, 3, 4, 5, 1, 1, 1, 1, 1>(Constant<0>(), {0});
    check_pad_with<Unsigned<8>, Unsigned<8>, 6, 2, 3, 2, 0, 2, 3, 1, 2>(Constant<128>(), {128});
    check_pad_with<Signed<4>, Signed<8>, 4, 4, 3, 3, 2, 0, 0, 1, 3>(Constant<100>(), {100});
    check_pad_with<Unsigned<4>, Signed<8>, 4, 1, 3, 3, 1, 1, 1, 1, 1>(Constant<-128>(), {-128});
    check_pad_with<Bipolar, Signed<2>, 5, 5, 3, 3, 1, 1, 1, 1, 1>(Constant<0>(), {0});
    check_pad_with<Bipolar, Bipolar, 5, 1, 3, 3, 1, 0, 2, 1, 2>(Constant<-1>(), {-1});
    check_pad_with<Signed<16>, Signed<16>, 1, 1, 1, 7, 0, 0, 2, 4, 2>(Constant<-7>(), {-7});
    check_pad_with<Signed<40>, Signed<48>, 2, 1, 2, 2, 1, 1, 1, 1, 1>(Constant<(1LL << 46)>(),
                                                                      {std::int64_t(1) << 46});
    check_pad_with<Unsigned<8>, Unsigned<8>, 2, 1, 2, 3, 0, 0, 0, 0, 1>(Constant<0>(), {0});
}

TEST_CASE("pad: tables") {
    check_pad_table<Unsigned<8>, Unsigned<8>, Unsigned<8>, 6, 3, 4, 5, 1, 1, 1, 1>();
    check_pad_table<Signed<4>, Signed<9>, Unsigned<8>, 6, 1, 2, 3, 2, 1, 0, 3, 2>();
    check_pad_table<Unsigned<3>, Signed<12>, Signed<12>, 6, 6, 2, 3, 0, 1, 1, 0, 2>();
    check_pad_table<Bipolar, Bipolar, Bipolar, 6, 2, 3, 3, 1, 1, 1, 1>();
    check_pad_table<Bipolar, Signed<3>, Signed<3>, 70, 70, 2, 2, 1, 1, 1, 1>();
}
