// SPDX-License-Identifier: Apache-2.0
//
// The matrix-vector unit against the definition out[n] = sum_k w[n][k] * x[g * K + k], g the group
// of n: every pair of encodings, widths 1 to 16, many foldings, several groups, several vectors a
// frame and several frames, both forms, and the number of iterations of the hardware loops.
#include "bench_support.hpp"

#include <doctest/doctest.h>

namespace {

using millrace::Bipolar;
using millrace::Signed;
using millrace::Unsigned;

constexpr int result_bits(int in_bits, int weight_bits, int k) {
    return in_bits + weight_bits + 2 + millrace::index_bits(k + 1);
}

template <typename In, typename Weight, int K, int N, int SIMD, int PE, int VECTORS = 1,
          typename Multiplier = millrace::AutoMultiplier, int GROUPS = 1>
void check_matrix_vector() {
    typedef Signed<result_bits(In::bits, Weight::bits, K)> Acc;
    CAPTURE(K);
    CAPTURE(N);
    CAPTURE(SIMD);
    CAPTURE(PE);
    const int frames = static_cast<int>(bench::random_between(1, 7));
    const int vectors = frames * VECTORS;
    const bench::Numbers x =
        bench::random_numbers<In>(static_cast<std::size_t>(vectors) * GROUPS * K);
    const bench::Numbers w = bench::random_numbers<Weight>(static_cast<std::size_t>(N) * K);
    bench::Numbers expected;
    for (int v = 0; v < vectors; ++v) {
        for (int n = 0; n < N; ++n) {
            const int group = n / (N / GROUPS);
            std::int64_t sum = 0;
            for (int k = 0; k < K; ++k) {
                sum += x[static_cast<std::size_t>((v * GROUPS + group) * K + k)] *
                       w[static_cast<std::size_t>(n * K + k)];
            }
            expected.push_back(sum);
        }
    }

    static millrace::MatrixWeights<K, N, SIMD, PE, Weight> weights;
    bench::fill(weights, w);
    hls::stream<ap_uint<SIMD * In::bits>> in("in");
    hls::stream<ap_uint<PE * Acc::bits>> out("out");

    bench::put<In, SIMD>(in, x);
    const long long cycles = bench::iterations_of([&] {
        millrace::matrix_vector_loops<In, Acc, VECTORS, Multiplier, GROUPS>(in, out, weights,
                                                                            frames);
    });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(vectors) * (N / PE) * (K / SIMD)));
    CHECK(bench::take<Acc, PE>(out) == expected);

    bench::put<In, SIMD>(in, x);
    millrace::matrix_vector<In, Acc, VECTORS, Multiplier, GROUPS>(in, out, weights, frames);
    CHECK(bench::take<Acc, PE>(out) == expected);
    CHECK(in.empty());
}

// All pairs of encodings at one folding.
template <typename In, int K, int N, int SIMD, int PE> void check_weights() {
    check_matrix_vector<In, Bipolar, K, N, SIMD, PE>();
    check_matrix_vector<In, Unsigned<1>, K, N, SIMD, PE>();
    check_matrix_vector<In, Signed<2>, K, N, SIMD, PE, 2>();
    check_matrix_vector<In, Unsigned<7>, K, N, SIMD, PE>();
    check_matrix_vector<In, Signed<8>, K, N, SIMD, PE>();
    check_matrix_vector<In, Unsigned<16>, K, N, SIMD, PE>();
    check_matrix_vector<In, Signed<16>, K, N, SIMD, PE>();
}

template <typename In, typename Weight> void check_foldings() {
    check_matrix_vector<In, Weight, 1, 1, 1, 1>();
    check_matrix_vector<In, Weight, 1, 6, 1, 3>();
    check_matrix_vector<In, Weight, 30, 1, 5, 1>();
    check_matrix_vector<In, Weight, 12, 10, 1, 1, 3>();
    check_matrix_vector<In, Weight, 12, 10, 12, 10>();
    check_matrix_vector<In, Weight, 12, 10, 3, 10, 2>();
    check_matrix_vector<In, Weight, 12, 10, 12, 2>();
    check_matrix_vector<In, Weight, 72, 8, 24, 4>();
    check_matrix_vector<In, Weight, 98, 4, 49, 2>();
}

} // namespace

TEST_CASE("matrix-vector unit: every pair of encodings") {
    check_weights<Bipolar, 20, 6, 5, 2>();
    check_weights<Unsigned<1>, 20, 6, 4, 3>();
    check_weights<Signed<2>, 20, 6, 10, 1>();
    check_weights<Unsigned<5>, 20, 6, 20, 6>();
    check_weights<Signed<8>, 20, 6, 2, 2>();
    check_weights<Unsigned<16>, 20, 6, 5, 6>();
    check_weights<Signed<16>, 20, 6, 1, 1>();
}

TEST_CASE("matrix-vector unit: foldings") {
    check_foldings<Bipolar, Bipolar>();
    check_foldings<Unsigned<8>, Signed<6>>();
    check_foldings<Signed<3>, Bipolar>();
}

TEST_CASE("matrix-vector unit: long binary vectors cross limbs") {
    check_matrix_vector<Bipolar, Bipolar, 784, 4, 49, 2>();
    check_matrix_vector<Bipolar, Bipolar, 784, 2, 784, 1>();
    check_matrix_vector<Bipolar, Bipolar, 300, 2, 100, 1>();
    check_matrix_vector<Bipolar, Bipolar, 2112, 2, 96, 2>();
    check_matrix_vector<Bipolar, Bipolar, 4096, 1, 4096, 1>();
}

TEST_CASE("matrix-vector unit: multiplier styles and wide words") {
    check_matrix_vector<Signed<8>, Signed<8>, 16, 4, 4, 2, 1, millrace::LutMultiplier>();
    check_matrix_vector<Unsigned<4>, Signed<4>, 16, 4, 4, 2, 1, millrace::DspMultiplier>();
    check_matrix_vector<Signed<16>, Signed<16>, 256, 2, 256, 1>();
}

TEST_CASE("matrix-vector unit: groups") {
    typedef millrace::AutoMultiplier Multiplier;
    check_matrix_vector<Unsigned<8>, Signed<6>, 9, 4, 3, 1, 1, Multiplier, 4>();
    check_matrix_vector<Unsigned<8>, Signed<6>, 9, 4, 3, 2, 3, Multiplier, 2>();
    check_matrix_vector<Signed<3>, Bipolar, 6, 12, 1, 2, 5, Multiplier, 3>();
    check_matrix_vector<Bipolar, Signed<4>, 6, 12, 6, 4, 2, Multiplier, 3>();
    check_matrix_vector<Bipolar, Bipolar, 70, 6, 7, 1, 3, Multiplier, 2>();
    check_matrix_vector<Bipolar, Bipolar, 5, 6, 5, 2, 2, Multiplier, 3>();
    check_matrix_vector<Signed<16>, Unsigned<16>, 1, 5, 1, 1, 2, Multiplier, 5>();
}

TEST_CASE("matrix-vector unit: no frames, no words") {
    static millrace::MatrixWeights<4, 4, 2, 2, Signed<4>> weights;
    bench::fill(weights, bench::Numbers(16, 1));
    hls::stream<ap_uint<8>> in("in");
    hls::stream<ap_uint<32>> out("out");
    millrace::matrix_vector<Signed<4>, Signed<16>>(in, out, weights, 0);
    CHECK(out.empty());
}

TEST_CASE("matrix-vector unit: an unsigned accumulator as narrow as its range") {
    static millrace::MatrixWeights<3, 1, 1, 1, Unsigned<2>> weights;
    bench::fill(weights, {3, 3, 3});
    hls::stream<ap_uint<2>> in("in");
    hls::stream<ap_uint<5>> out("out");
    bench::put<Unsigned<2>, 1>(in, {3, 3, 3, 0, 1, 0});
    millrace::matrix_vector<Unsigned<2>, Unsigned<5>>(in, out, weights, 2);
    CHECK(bench::take<Unsigned<5>, 1>(out) == bench::Numbers{27, 3});
}
