// SPDX-License-Identifier: Apache-2.0
//
// The units that compute on streams besides the matrix-vector unit (depthwise, reduce, joins,
// concat, matrix product of two streams) against plain loops over int64: pairs of encodings, edge
// values, foldings, several vectors and frames, both forms, and their numbers of iterations.
#include "bench_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using bench::Numbers;
using millrace::AutoMultiplier;
using millrace::Bipolar;
using millrace::ChannelTable;
using millrace::Constant;
using millrace::DspMultiplier;
using millrace::LutMultiplier;
using millrace::MatrixWeights;
using millrace::Part;
using millrace::Reduction;
using millrace::Signed;
using millrace::Unsigned;

// Element (vector, t, c) of a stream of blocks: the T / SIMD words of a block of PE channels follow
// each other, a word has SIMD taps of them, tap after tap.
template <int C, int PE, int T, int SIMD> std::size_t block_element(int vector, int t, int c) {
    const int word = (vector * (C / PE) + c / PE) * (T / SIMD) + t / SIMD;
    const int lane = t % SIMD * PE + c % PE;
    return static_cast<std::size_t>(word * SIMD * PE + lane);
}

template <typename In, typename Weight, int C, int PE, int T, int VECTORS = 1, int SIMD = 1,
          typename Multiplier = AutoMultiplier>
void check_depthwise() {
    CAPTURE(C);
    CAPTURE(PE);
    CAPTURE(T);
    CAPTURE(SIMD);
    typedef Signed<In::bits + Weight::bits + 2 + millrace::index_bits(T + 1)> Acc;
    const int frames = 3;
    const int vectors = frames * VECTORS;
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(vectors) * C * T);
    const Numbers w = bench::random_numbers<Weight>(static_cast<std::size_t>(C) * T);
    Numbers expected;
    for (int v = 0; v < vectors; ++v) {
        for (int c = 0; c < C; ++c) {
            std::int64_t sum = 0;
            for (int t = 0; t < T; ++t) {
                sum += x[block_element<C, PE, T, SIMD>(v, t, c)] *
                       w[static_cast<std::size_t>(c * T + t)];
            }
            expected.push_back(sum);
        }
    }
    static MatrixWeights<T, C, SIMD, PE, Weight> weights;
    bench::fill(weights, w);
    hls::stream<ap_uint<SIMD * PE * In::bits>> in("in");
    hls::stream<ap_uint<PE * Acc::bits>> out("out");
    bench::put<In, SIMD * PE>(in, x);
    const long long cycles = bench::iterations_of(
        [&] { millrace::depthwise_loops<In, Acc, VECTORS, Multiplier>(in, out, weights, frames); });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(vectors) * (C / PE) * (T / SIMD)));
    const Numbers loops = bench::take<Acc, PE>(out);
    CHECK(loops == expected);
    bench::put<In, SIMD * PE>(in, x);
    millrace::depthwise<In, Acc, VECTORS, Multiplier>(in, out, weights, frames);
    const Numbers fast = bench::take<Acc, PE>(out);
    CHECK(fast == expected);
    CHECK(in.empty());
}

template <typename In> void check_depthwise_weights() {
    check_depthwise<In, Bipolar, 6, 2, 9>();
    check_depthwise<In, Bipolar, 6, 2, 9, 2, 3>();
    check_depthwise<In, Bipolar, 6, 1, 9, 1, 9>();
    check_depthwise<In, Unsigned<1>, 6, 3, 4, 2>();
    check_depthwise<In, Unsigned<1>, 6, 3, 4, 2, 4>();
    check_depthwise<In, Signed<2>, 6, 6, 5>();
    check_depthwise<In, Signed<8>, 6, 1, 9, 2>();
    check_depthwise<In, Signed<8>, 6, 2, 9, 2, 9>();
    check_depthwise<In, Unsigned<16>, 6, 2, 3>();
    check_depthwise<In, Unsigned<16>, 6, 2, 4, 1, 2>();
    check_depthwise<In, Signed<16>, 6, 1, 1, 3>();
}

template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION, int SIMD>
void check_reduce() {
    CAPTURE(PE);
    CAPTURE(BLOCKS);
    CAPTURE(T);
    CAPTURE(SIMD);
    const int frames = 3;
    const int blocks = frames * BLOCKS;
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(blocks) * T * PE);
    Numbers expected;
    for (int block = 0; block < blocks; ++block) {
        for (int pe = 0; pe < PE; ++pe) {
            Numbers of_lane;
            std::int64_t sum = 0;
            for (int t = 0; t < T; ++t) {
                of_lane.push_back(x[block_element<PE, PE, T, SIMD>(block, t, pe)]);
                sum += of_lane.back();
            }
            expected.push_back(
                REDUCTION == Reduction::max   ? *std::max_element(of_lane.begin(), of_lane.end())
                : REDUCTION == Reduction::min ? *std::min_element(of_lane.begin(), of_lane.end())
                                              : sum);
        }
    }
    hls::stream<ap_uint<SIMD * PE * In::bits>> in("in");
    hls::stream<ap_uint<PE * Out::bits>> out("out");
    bench::put<In, SIMD * PE>(in, x);
    const long long cycles = bench::iterations_of(
        [&] { millrace::reduce_loops<In, Out, PE, BLOCKS, T, REDUCTION, SIMD>(in, out, frames); });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(blocks) * (T / SIMD)));
    const Numbers loops = bench::take<Out, PE>(out);
    CHECK(loops == expected);
    bench::put<In, SIMD * PE>(in, x);
    millrace::reduce<In, Out, PE, BLOCKS, T, REDUCTION, SIMD>(in, out, frames);
    const Numbers fast = bench::take<Out, PE>(out);
    CHECK(fast == expected);
    CHECK(in.empty());
}

template <typename In, int PE, int BLOCKS, int T, int SIMD = 1> void check_reductions() {
    typedef Signed<(In::bits > 55 ? 64 : In::bits + 2 + millrace::index_bits(T + 1))> Sum;
    check_reduce<In, In, PE, BLOCKS, T, Reduction::max, SIMD>();
    check_reduce<In, In, PE, BLOCKS, T, Reduction::min, SIMD>();
    check_reduce<In, Sum, PE, BLOCKS, T, Reduction::max, SIMD>();
    check_reduce<In, Sum, PE, BLOCKS, T, Reduction::min, SIMD>();
    check_reduce<In, Sum, PE, BLOCKS, T, Reduction::sum, SIMD>();
}

// One entry serves all channels.
std::int64_t of_channel(const Numbers& numbers, std::size_t c) {
    return numbers[numbers.size() == 1 ? 0 : c];
}

struct Add {
    template <typename A, typename B, typename Out, int C, int PE, int VECTORS> struct On {
        template <typename... Arguments> static void loops(Arguments&&... arguments) {
            millrace::add_join_loops<A, B, Out, C, PE, VECTORS>(arguments...);
        }
        template <typename... Arguments> static void unit(Arguments&&... arguments) {
            millrace::add_join<A, B, Out, C, PE, VECTORS>(arguments...);
        }
    };
    static std::int64_t of(std::int64_t a, std::int64_t b, std::int64_t p, std::int64_t q) {
        return p * a + q * b;
    }
};

template <typename Multiplier = AutoMultiplier> struct Mul {
    template <typename A, typename B, typename Out, int C, int PE, int VECTORS> struct On {
        template <typename... Arguments> static void loops(Arguments&&... arguments) {
            millrace::mul_join_loops<A, B, Out, C, PE, VECTORS, Multiplier>(arguments...);
        }
        template <typename... Arguments> static void unit(Arguments&&... arguments) {
            millrace::mul_join<A, B, Out, C, PE, VECTORS, Multiplier>(arguments...);
        }
    };
    static std::int64_t of(std::int64_t a, std::int64_t b, std::int64_t p, std::int64_t q) {
        return (a - p) * (b - q);
    }
};

// `p` and `q` are what the actor gets for the numbers `of_p` and `of_q`.
template <typename Join, typename A, typename B, typename Out, int C, int PE, int VECTORS,
          typename P, typename Q>
void check_join(const P& p, const Numbers& of_p, const Q& q, const Numbers& of_q) {
    CAPTURE(C);
    CAPTURE(PE);
    typedef typename Join::template On<A, B, Out, C, PE, VECTORS> Unit;
    const int frames = 3;
    const std::size_t count = static_cast<std::size_t>(frames) * VECTORS * C;
    const Numbers x = bench::random_numbers<A>(count);
    const Numbers y = bench::random_numbers<B>(count);
    Numbers expected;
    for (std::size_t i = 0; i < count; ++i) {
        expected.push_back(Join::of(x[i], y[i], of_channel(of_p, i % C), of_channel(of_q, i % C)));
    }
    hls::stream<ap_uint<PE * A::bits>> a("a");
    hls::stream<ap_uint<PE * B::bits>> b("b");
    hls::stream<ap_uint<PE * Out::bits>> out("out");
    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    const long long cycles = bench::iterations_of([&] { Unit::loops(a, b, out, p, q, frames); });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(count / PE)));
    const Numbers loops = bench::take<Out, PE>(out);
    CHECK(loops == expected);
    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    Unit::unit(a, b, out, p, q, frames);
    const Numbers fast = bench::take<Out, PE>(out);
    CHECK(fast == expected);
    CHECK(a.empty());
    CHECK(b.empty());
}

// All mixtures of tables, shared tables and the constants 1 and -3.
template <typename Join, typename A, typename B, typename E, typename Out, int C, int PE,
          int VECTORS = 1>
void check_join_tables() {
    static ChannelTable<C, PE, E> table;
    static ChannelTable<C, PE, E, 1, true> shared;
    const Numbers p = bench::random_numbers<E>(C);
    const Numbers q = {bench::random_number<E>()};
    bench::fill(table, p);
    bench::fill(shared, q);
    check_join<Join, A, B, Out, C, PE, VECTORS>(table, p, table, p);
    check_join<Join, A, B, Out, C, PE, VECTORS>(shared, q, table, p);
    check_join<Join, A, B, Out, C, PE, VECTORS>(table, p, Constant<1>(), {1});
    check_join<Join, A, B, Out, C, PE, VECTORS>(Constant<-3>(), {-3}, shared, q);
}

template <int PE, typename Out, int VECTORS, typename A, int CA, typename B, int CB, typename D,
          int CD>
void check_concat() {
    CAPTURE(PE);
    const int frames = 3;
    const std::size_t vectors = static_cast<std::size_t>(frames) * VECTORS;
    const Numbers x = bench::random_numbers<A>(vectors * CA);
    const Numbers y = bench::random_numbers<B>(vectors * CB);
    const Numbers z = bench::random_numbers<D>(vectors * CD);
    Numbers of_two;
    Numbers of_three;
    for (std::size_t v = 0; v < vectors; ++v) {
        for (std::size_t c = 0; c < CA; ++c) of_two.push_back(x[v * CA + c]);
        for (std::size_t c = 0; c < CB; ++c) of_two.push_back(y[v * CB + c]);
        of_three.insert(of_three.end(), of_two.end() - CA - CB, of_two.end());
        for (std::size_t c = 0; c < CD; ++c) of_three.push_back(z[v * CD + c]);
    }
    hls::stream<ap_uint<PE * A::bits>> a("a");
    hls::stream<ap_uint<PE * B::bits>> b("b");
    hls::stream<ap_uint<PE * D::bits>> d("d");
    hls::stream<ap_uint<PE * Out::bits>> out("out");
    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    const long long two = bench::iterations_of([&] {
        millrace::concat_loops<PE, Out, VECTORS, Part<A, CA>, Part<B, CB>>(a, b, out, frames);
    });
    CHECK(bench::iterations_are(two, static_cast<long long>(of_two.size() / PE)));
    Numbers sent = bench::take<Out, PE>(out);
    CHECK(sent == of_two);
    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    millrace::concat<PE, Out, VECTORS, Part<A, CA>, Part<B, CB>>(a, b, out, frames);
    sent = bench::take<Out, PE>(out);
    CHECK(sent == of_two);

    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    bench::put<D, PE>(d, z);
    const long long three = bench::iterations_of([&] {
        millrace::concat_loops<PE, Out, VECTORS, Part<A, CA>, Part<B, CB>, Part<D, CD>>(
            a, b, d, out, frames);
    });
    CHECK(bench::iterations_are(three, static_cast<long long>(of_three.size() / PE)));
    sent = bench::take<Out, PE>(out);
    CHECK(sent == of_three);
    bench::put<A, PE>(a, x);
    bench::put<B, PE>(b, y);
    bench::put<D, PE>(d, z);
    millrace::concat<PE, Out, VECTORS, Part<A, CA>, Part<B, CB>, Part<D, CD>>(a, b, d, out, frames);
    sent = bench::take<Out, PE>(out);
    CHECK(sent == of_three);
    CHECK(a.empty());
    CHECK(b.empty());
    CHECK(d.empty());
}

template <typename A, typename B, int M, int K, int N, int PE, int MATRICES = 1,
          long long ZERO_A = 0, long long ZERO_B = 0, typename Multiplier = AutoMultiplier,
          typename Memory = millrace::AutoMemory>
void check_dynamic_matrix() {
    CAPTURE(M);
    CAPTURE(K);
    CAPTURE(N);
    CAPTURE(PE);
    typedef Signed<A::bits + B::bits + 6 + millrace::index_bits(K + 1)> Acc;
    const int frames = 3;
    const int matrices = frames * MATRICES;
    const Numbers x = bench::random_numbers<A>(static_cast<std::size_t>(matrices) * M * K);
    const Numbers y = bench::random_numbers<B>(static_cast<std::size_t>(matrices) * K * N);
    Numbers expected;
    for (int matrix = 0; matrix < matrices; ++matrix) {
        for (int m = 0; m < M; ++m) {
            for (int n = 0; n < N; ++n) {
                std::int64_t sum = 0;
                for (int k = 0; k < K; ++k) {
                    sum += (x[static_cast<std::size_t>((matrix * M + m) * K + k)] - ZERO_A) *
                           (y[static_cast<std::size_t>((matrix * K + k) * N + n)] - ZERO_B);
                }
                expected.push_back(sum);
            }
        }
    }
    hls::stream<ap_uint<A::bits>> a("a");
    hls::stream<ap_uint<PE * B::bits>> b("b");
    hls::stream<ap_uint<PE * Acc::bits>> out("out");
    bench::put<A, 1>(a, x);
    bench::put<B, PE>(b, y);
    const long long cycles = bench::iterations_of([&] {
        millrace::dynamic_matrix_loops<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier,
                                       Memory>(a, b, out, frames);
    });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(matrices) *
                                            (K * N / PE + M * (N / PE) * K)));
    const Numbers loops = bench::take<Acc, PE>(out);
    CHECK(loops == expected);
    bench::put<A, 1>(a, x);
    bench::put<B, PE>(b, y);
    millrace::dynamic_matrix<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier, Memory>(
        a, b, out, frames);
    const Numbers fast = bench::take<Acc, PE>(out);
    CHECK(fast == expected);
    CHECK(a.empty());
    CHECK(b.empty());
}

} // namespace

TEST_CASE("depthwise: every pair of encodings") {
    check_depthwise_weights<Bipolar>();
    check_depthwise_weights<Unsigned<1>>();
    check_depthwise_weights<Signed<3>>();
    check_depthwise_weights<Unsigned<8>>();
    check_depthwise_weights<Signed<8>>();
    check_depthwise_weights<Unsigned<16>>();
    check_depthwise_weights<Signed<16>>();
}

TEST_CASE("depthwise: foldings, multiplier styles, wide words") {
    check_depthwise<Unsigned<8>, Signed<8>, 1, 1, 25>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 4, 25, 5>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 3, 2, 1, 1, LutMultiplier>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 3, 2, 1, 1, DspMultiplier>();
    check_depthwise<Signed<8>, Signed<4>, 64, 64, 9>();
    check_depthwise<Signed<24>, Signed<20>, 4, 2, 9>();
}

TEST_CASE("depthwise: taps in parallel") {
    check_depthwise<Unsigned<8>, Signed<8>, 1, 1, 25, 4, 25>(); // all of them
    check_depthwise<Unsigned<8>, Signed<8>, 12, 4, 25, 5, 25>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 12, 9, 2, 9>(); // a vector a word
    check_depthwise<Unsigned<8>, Signed<8>, 12, 4, 25, 5, 5>(); // some of them
    check_depthwise<Signed<5>, Signed<3>, 9, 3, 12, 2, 2>();
    check_depthwise<Signed<5>, Signed<3>, 9, 3, 12, 2, 3>();
    check_depthwise<Signed<5>, Signed<3>, 9, 1, 12, 2, 6>();
    check_depthwise<Signed<5>, Signed<3>, 9, 9, 12, 2, 4>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 3, 6, 1, 3, LutMultiplier>();
    check_depthwise<Unsigned<8>, Signed<8>, 12, 3, 6, 1, 2, DspMultiplier>();
    check_depthwise<Signed<24>, Signed<20>, 4, 2, 9, 1, 3>();
    check_depthwise<Signed<8>, Signed<4>, 56, 56, 9, 1, 9>(); // 4,032 bits
    check_depthwise<Bipolar, Bipolar, 130, 65, 9, 2, 9>();
    check_depthwise<Bipolar, Bipolar, 3, 1, 70, 2, 70>();
}

TEST_CASE("reduce: max, min and sum of every encoding") {
    check_reductions<Bipolar, 3, 4, 4>();
    check_reductions<Unsigned<1>, 1, 5, 3>();
    check_reductions<Signed<2>, 70, 2, 5>();
    check_reductions<Unsigned<8>, 1, 7, 9>();
    check_reductions<Signed<8>, 16, 3, 49>();
    check_reductions<Unsigned<31>, 2, 3, 4>();
    check_reductions<Signed<32>, 2, 3, 4>();
    check_reductions<Unsigned<33>, 2, 3, 4>();
    check_reductions<Unsigned<8>, 4, 6, 1>();
    check_reductions<Unsigned<6>, 1, 300, 4>(); // more blocks than are handled at once
    check_reductions<Signed<5>, 2, 1, 3000>();  // a block that is more
    check_reduce<Unsigned<64>, Unsigned<64>, 1, 3, 1, Reduction::min, 1>();
}

TEST_CASE("reduce: taps in parallel") {
    check_reductions<Bipolar, 3, 4, 4, 4>(); // all of them
    check_reductions<Unsigned<1>, 1, 5, 3, 3>();
    check_reductions<Signed<2>, 70, 2, 5, 5>();
    check_reductions<Unsigned<8>, 1, 7, 9, 9>();
    check_reductions<Bipolar, 3, 4, 4, 2>(); // some of them
    check_reductions<Unsigned<8>, 5, 3, 12, 3>();
    check_reductions<Unsigned<8>, 5, 3, 12, 4>();
    check_reductions<Signed<8>, 10, 3, 49, 7>();
    check_reductions<Unsigned<31>, 2, 3, 4, 2>();
    check_reductions<Signed<32>, 2, 3, 4, 4>();
    check_reductions<Unsigned<33>, 2, 3, 4, 2>();
    check_reductions<Unsigned<6>, 1, 300, 4, 2>();  // more blocks than are handled at once
    check_reductions<Signed<5>, 2, 1, 3000, 100>(); // a block that is more
    check_reductions<Signed<8>, 56, 2, 9, 9>();     // 4,032 bits
}

TEST_CASE("add join: every mixture of parameters") {
    check_join_tables<Add, Unsigned<6>, Signed<8>, Signed<5>, Signed<16>, 12, 3, 2>();
    check_join_tables<Add, Bipolar, Bipolar, Unsigned<4>, Signed<8>, 12, 12>();
    check_join_tables<Add, Signed<16>, Unsigned<16>, Signed<16>, Signed<36>, 4, 1, 3>();
    check_join_tables<Add, Bipolar, Unsigned<3>, Bipolar, Signed<8>, 6, 2, 2>();
    check_join<Add, Unsigned<6>, Unsigned<6>, Unsigned<7>, 8, 4, 5>(Constant<1>(), {1},
                                                                    Constant<1>(), {1});
    check_join<Add, Unsigned<6>, Unsigned<6>, Signed<7>, 8, 8, 1>(Constant<1>(), {1},
                                                                  Constant<-1>(), {-1});
    check_join<Add, Signed<30>, Signed<12>, Signed<52>, 2, 1, 7>(
        Constant<(1 << 20)>(), {1 << 20}, Constant<-(1LL << 39)>(), {-(std::int64_t(1) << 39)});
}

TEST_CASE("mul join: every mixture of parameters") {
    check_join_tables<Mul<>, Unsigned<6>, Signed<8>, Signed<5>, Signed<20>, 12, 3, 2>();
    check_join_tables<Mul<>, Bipolar, Bipolar, Unsigned<4>, Signed<12>, 12, 12>();
    check_join_tables<Mul<>, Signed<16>, Unsigned<16>, Signed<16>, Signed<40>, 4, 1, 3>();
    check_join<Mul<>, Unsigned<8>, Unsigned<8>, Unsigned<16>, 8, 4, 5>(Constant<0>(), {0},
                                                                       Constant<0>(), {0});
    check_join<Mul<LutMultiplier>, Unsigned<8>, Signed<8>, Signed<18>, 8, 8, 1>(
        Constant<128>(), {128}, Constant<-5>(), {-5});
    check_join<Mul<DspMultiplier>, Unsigned<20>, Signed<20>, Signed<42>, 3, 1, 2>(
        Constant<0>(), {0}, Constant<7>(), {7});
}

TEST_CASE("concat: encodings, numbers of words") {
    check_concat<1, Unsigned<8>, 1, Unsigned<8>, 3, Unsigned<8>, 1, Unsigned<8>, 2>();
    check_concat<2, Signed<9>, 4, Unsigned<8>, 4, Signed<4>, 2, Bipolar, 6>();
    check_concat<4, Signed<6>, 3, Signed<6>, 4, Unsigned<5>, 8, Signed<2>, 4>();
    check_concat<1, Signed<2>, 3, Bipolar, 5, Unsigned<1>, 7, Bipolar, 1>();
    check_concat<3, Bipolar, 3, Bipolar, 3, Bipolar, 6, Bipolar, 3>();
    check_concat<16, Signed<33>, 2, Unsigned<32>, 16, Signed<33>, 32, Signed<8>, 16>();
}

TEST_CASE("matrix product of two streams") {
    check_dynamic_matrix<Unsigned<8>, Signed<8>, 3, 5, 4, 2>();
    check_dynamic_matrix<Unsigned<8>, Unsigned<8>, 3, 5, 4, 4, 3, 128, 127>();
    check_dynamic_matrix<Signed<8>, Signed<8>, 4, 7, 6, 1, 2, -128, 3>();
    check_dynamic_matrix<Signed<3>, Bipolar, 2, 6, 6, 3, 2, 0, 1>();
    check_dynamic_matrix<Bipolar, Bipolar, 2, 9, 4, 4, 2>();
    check_dynamic_matrix<Signed<16>, Unsigned<16>, 1, 1, 1, 1, 4, 1, 65535>();
    check_dynamic_matrix<Signed<6>, Signed<6>, 5, 1, 8, 2, 2>();
    check_dynamic_matrix<Signed<6>, Signed<6>, 1, 8, 2, 2, 2>();
    check_dynamic_matrix<Unsigned<8>, Signed<8>, 3, 16, 16, 16, 1, 0, 0, LutMultiplier,
                         millrace::LutMemory>();
    check_dynamic_matrix<Unsigned<8>, Signed<8>, 3, 6, 4, 2, 1, 0, 0, DspMultiplier,
                         millrace::BramMemory>();
    check_dynamic_matrix<Unsigned<8>, Signed<8>, 3, 6, 4, 2, 1, 0, 0, AutoMultiplier,
                         millrace::UramMemory>();
}
