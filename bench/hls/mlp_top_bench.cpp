// SPDX-License-Identifier: Apache-2.0
//
// How fast C simulation is: hand-written tops of the shape that the generator emits, with random
// weights, for the 16-64-32-32-5 perceptron (8-bit input, 6-bit weights and activations, 63
// thresholds or multiply-add-shift) and for a binary 784-64-64-64-10 one, each with the smallest
// and with a large folding. Prints inferences per second and a checksum of the outputs, which must
// not depend on the folding.
//
// Build it as an emitted project would be: -O3 for the rate, -O2 for the time of the build.
#include "millrace/millrace.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace millrace;

namespace {

std::uint64_t random_state = 1;
std::int64_t random_below(std::int64_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>((random_state >> 33) % static_cast<std::uint64_t>(n));
}

template <typename Weights> void randomise(Weights& weights) {
    typedef typename Weights::Encoding E;
    weights.resize();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights.set(i, E::is_bipolar ? 2 * random_below(2) - 1 : random_below(64) - 32);
    }
}
template <typename Tree> void randomise_thresholds(Tree& tree, int count, std::int64_t step) {
    tree.resize();
    for (std::size_t i = 0; i < tree.size(); ++i) {
        tree.set(i, (static_cast<std::int64_t>(i) % count - count / 2) * step + random_below(step));
    }
}
template <typename Table> void randomise_table(Table& table, std::int64_t lo, std::int64_t n) {
    table.resize();
    for (std::size_t i = 0; i < table.size(); ++i) table.set(i, lo + random_below(n));
}

typedef Unsigned<8> Input;
typedef Unsigned<6> Activation;
typedef Signed<6> Weight;
typedef Signed<18> Sum;

// The perceptron with one PE and SIMD per layer.
template <int S0, int P0, int S1, int P1, int S2, int P2, int S3, int P3> struct Mlp {
    MatrixWeights<16, 64, S0, P0, Weight> w0;
    MatrixWeights<64, 32, S1, P1, Weight> w1;
    MatrixWeights<32, 32, S2, P2, Weight> w2;
    MatrixWeights<32, 5, S3, P3, Weight> w3;
    ThresholdTree<64, P0, Sum, 63> t0;
    ChannelTable<32, P1, Unsigned<12>> m1;
    ChannelTable<32, P1, Signed<24>> a1;
    ThresholdTree<32, P2, Sum, 63> t2;

    void load() {
        random_state = 1;
        randomise(w0);
        randomise(w1);
        randomise(w2);
        randomise(w3);
        randomise_thresholds(t0, 63, 300);
        randomise_table(m1, 500, 400);
        randomise_table(a1, -10000, 20000);
        randomise_thresholds(t2, 63, 200);
    }

    void top(const ap_uint<128>* in0, ap_uint<64>* out0, int frames) {
#pragma HLS DATAFLOW
        hls::stream<ap_uint<S0 * 8>> s0("s0");
        hls::stream<ap_uint<P0 * 18>> s1("s1");
        hls::stream<ap_uint<P0 * 6>> s2("s2");
        hls::stream<ap_uint<S1 * 6>> s3("s3");
        hls::stream<ap_uint<P1 * 18>> s4("s4");
        hls::stream<ap_uint<P1 * 6>> s5("s5");
        hls::stream<ap_uint<S2 * 6>> s6("s6");
        hls::stream<ap_uint<P2 * 18>> s7("s7");
        hls::stream<ap_uint<P2 * 6>> s8("s8");
        hls::stream<ap_uint<S3 * 6>> s9("s9");
        hls::stream<ap_uint<P3 * 18>> s10("s10");
        memory_to_stream<128, S0, Input, 16>(in0, s0, frames);
        matrix_vector<Input, Sum>(s0, s1, w0, frames);
        map_thresholds<Sum, Activation, 0>(s1, s2, t0, frames);
        width_converter<P0, S1, 6, 64>(s2, s3, frames);
        matrix_vector<Activation, Sum>(s3, s4, w1, frames);
        map_scale<Sum, Activation, 18, 0, 63>(s4, s5, m1, a1, frames);
        width_converter<P1, S2, 6, 32>(s5, s6, frames);
        matrix_vector<Activation, Sum>(s6, s7, w2, frames);
        map_thresholds<Sum, Activation, 0>(s7, s8, t2, frames);
        width_converter<P2, S3, 6, 32>(s8, s9, frames);
        matrix_vector<Activation, Sum>(s9, s10, w3, frames);
        stream_to_memory<64, P3, Sum, 5>(s10, out0, frames);
    }
    static constexpr int in_words = 1;
    static constexpr int out_words = 3;
    typedef ap_uint<128> InWord;
};

// The binary perceptron: bipolar weights and activations, one threshold per neuron.
template <int S0, int P0, int S1, int P1, int P3> struct Binary {
    MatrixWeights<784, 64, S0, P0, Bipolar> w0;
    MatrixWeights<64, 64, S1, P1, Bipolar> w1;
    MatrixWeights<64, 64, S1, P1, Bipolar> w2;
    MatrixWeights<64, 10, S1, P3, Bipolar> w3;
    ThresholdTree<64, P0, Signed<11>, 1> t0;
    ThresholdTree<64, P1, Signed<8>, 1> t1;
    ThresholdTree<64, P1, Signed<8>, 1> t2;

    void load() {
        random_state = 1;
        randomise(w0);
        randomise(w1);
        randomise(w2);
        randomise(w3);
        randomise_thresholds(t0, 1, 20);
        randomise_thresholds(t1, 1, 5);
        randomise_thresholds(t2, 1, 5);
    }

    void top(const ap_uint<64>* in0, ap_uint<64>* out0, int frames) {
#pragma HLS DATAFLOW
        hls::stream<ap_uint<S0>> s0("s0");
        hls::stream<ap_uint<P0 * 11>> s1("s1");
        hls::stream<ap_uint<P0>> s2("s2");
        hls::stream<ap_uint<S1>> s3("s3");
        hls::stream<ap_uint<P1 * 8>> s4("s4");
        hls::stream<ap_uint<P1>> s5("s5");
        hls::stream<ap_uint<S1>> s6("s6");
        hls::stream<ap_uint<P1 * 8>> s7("s7");
        hls::stream<ap_uint<P1>> s8("s8");
        hls::stream<ap_uint<S1>> s9("s9");
        hls::stream<ap_uint<P3 * 8>> s10("s10");
        memory_to_stream<64, S0, Bipolar, 784>(in0, s0, frames);
        matrix_vector<Bipolar, Signed<11>>(s0, s1, w0, frames);
        map_thresholds<Signed<11>, Bipolar, -1>(s1, s2, t0, frames);
        width_converter<P0, S1, 1, 64>(s2, s3, frames);
        matrix_vector<Bipolar, Signed<8>>(s3, s4, w1, frames);
        map_thresholds<Signed<8>, Bipolar, -1>(s4, s5, t1, frames);
        width_converter<P1, S1, 1, 64>(s5, s6, frames);
        matrix_vector<Bipolar, Signed<8>>(s6, s7, w2, frames);
        map_thresholds<Signed<8>, Bipolar, -1>(s7, s8, t2, frames);
        width_converter<P1, S1, 1, 64>(s8, s9, frames);
        matrix_vector<Bipolar, Signed<8>>(s9, s10, w3, frames);
        stream_to_memory<64, P3, Signed<8>, 10>(s10, out0, frames);
    }
    static constexpr int in_words = 13;
    static constexpr int out_words = 2;
    typedef ap_uint<64> InWord;
};

template <typename Network> std::uint64_t measure(const char* name, int inferences) {
    static Network network;
    network.load();
    constexpr int batch = 256;
    std::vector<typename Network::InWord> in(batch * Network::in_words);
    std::vector<ap_uint<64>> out(batch * Network::out_words);
    for (auto& word : in) {
        for (int b = 0; b < Network::InWord::width; b += 8) {
            word.range(b + 7, b) = ap_uint<8>(static_cast<int>(random_below(256)));
        }
    }
    std::uint64_t checksum = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int done = 0; done < inferences; done += batch) {
        network.top(in.data(), out.data(), batch);
        for (const auto& word : out) checksum = checksum * 31 + word.to_uint64();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%-44s %10.0f inferences/s  %016llx\n", name, inferences / seconds.count(),
                static_cast<unsigned long long>(checksum));
    return checksum;
}

} // namespace

// The first argument scales the number of inferences (default 1; 0.01 is a smoke test).
int main(int argc, char** argv) {
    const double scale = argc > 1 ? std::atof(argv[1]) : 1;
    const int count = static_cast<int>(256 * 1024 * scale);
    const std::uint64_t a =
        measure<Mlp<1, 1, 1, 1, 1, 1, 1, 1>>("16-64-32-32-5 w6a6, PE 1 SIMD 1", count);
    const std::uint64_t b =
        measure<Mlp<16, 64, 64, 32, 32, 32, 32, 5>>("16-64-32-32-5 w6a6, PE N SIMD K", count);
    const std::uint64_t c =
        measure<Binary<1, 1, 1, 1, 1>>("784-64-64-64-10 w1a1, PE 1 SIMD 1", count);
    const std::uint64_t d =
        measure<Binary<49, 16, 8, 8, 10>>("784-64-64-64-10 w1a1, PE, SIMD 49,16 8,8 8,10", count);
    const std::uint64_t e =
        measure<Binary<784, 64, 64, 64, 10>>("784-64-64-64-10 w1a1, PE N SIMD K", count);
    if (a != b || c != d || c != e) {
        std::printf("outputs depend on the folding\n");
        return 1;
    }
    return 0;
}
