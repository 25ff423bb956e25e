// SPDX-License-Identifier: Apache-2.0
//
// How fast C simulation of convolutional networks is: hand-written tops of the shape that the
// generator emits, with random weights. The first network is conv 3x3x8, pool, conv 3x3x16, pool,
// dense 10 on 28x28 pixels with 6-bit weights and activations, with the smallest and with a large
// folding. The second is the largest layer of a U-Net at 256x256, a depthwise 3x3 convolution of 48
// channels with padding and a pointwise one to 16, with one lane, with 16, and with 16 and all taps
// in parallel. Prints inferences per second and a checksum of the outputs, which must not depend on
// the folding.
//
// Build it as an emitted project would be: -O3.
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

template <typename Table> void randomise(Table& table, std::int64_t lo, std::int64_t n) {
    table.resize();
    for (std::size_t i = 0; i < table.size(); ++i) table.set(i, lo + random_below(n));
}

typedef Unsigned<8> Input;
typedef Unsigned<6> Activation;
typedef Signed<6> Weight;
typedef Signed<22> Sum;

// Sliding windows in the order of a matrix-vector unit: pixels of FOLDS words, K x K, stride 1. The
// number of cycles only matters to hardware.
template <int W, int FOLDS, int ROWS, int K>
using Windows = Loops<Loop<ROWS, W * FOLDS>, Loop<ROWS, FOLDS>, Loop<K, W * FOLDS>, Loop<K, FOLDS>,
                      Loop<FOLDS, 1>>;
// In the order of a unit that works on channels one by one.
template <int W, int FOLDS, int ROWS, int COLUMNS, int K, int STRIDE>
using Blocks = Loops<Loop<ROWS, STRIDE * W * FOLDS>, Loop<COLUMNS, STRIDE * FOLDS>, Loop<FOLDS, 1>,
                     Loop<K, W * FOLDS>, Loop<K, FOLDS>>;

// P0, P1: lanes behind the convolutions; S1: lanes into the second one.
template <int P0, int S1, int P1, int S2, int P2> struct Cnn {
    MatrixWeights<9, 8, 9, P0, Weight> w0;
    MatrixWeights<72, 16, S1, P1, Weight> w1;
    MatrixWeights<400, 10, S2, P2, Weight> w2;
    ThresholdTree<8, P0, Sum, 63> t0;
    ChannelTable<16, P1, Unsigned<12>> m1;
    ChannelTable<16, P1, Signed<24>> a1;

    void load() {
        random_state = 1;
        randomise(w0, -32, 64);
        randomise(w1, -32, 64);
        randomise(w2, -32, 64);
        t0.resize();
        for (std::size_t i = 0; i < t0.size(); ++i) {
            t0.set(i, (static_cast<std::int64_t>(i) % 63 - 31) * 300 + random_below(300));
        }
        randomise(m1, 500, 400);
        randomise(a1, -10000, 20000);
    }

    void top(const ap_uint<64>* in0, ap_uint<64>* out0, int frames) {
#pragma HLS DATAFLOW
        hls::stream<ap_uint<8>> s0("s0");
        hls::stream<ap_uint<72>> s1("s1");
        hls::stream<ap_uint<P0 * 22>> s2("s2");
        hls::stream<ap_uint<P0 * 6>> s3("s3");
        hls::stream<ap_uint<P0 * 6>> s4("s4");
        hls::stream<ap_uint<P0 * 6>> s5("s5");
        hls::stream<ap_uint<S1 * 6>> s6("s6");
        hls::stream<ap_uint<S1 * 6>> s7("s7");
        hls::stream<ap_uint<P1 * 22>> s8("s8");
        hls::stream<ap_uint<P1 * 6>> s9("s9");
        hls::stream<ap_uint<P1 * 6>> s10("s10");
        hls::stream<ap_uint<P1 * 6>> s11("s11");
        hls::stream<ap_uint<S2 * 6>> s12("s12");
        hls::stream<ap_uint<P2 * 22>> s13("s13");
        memory_to_stream<64, 1, Input, 784>(in0, s0, frames);
        parallel_window<8, 28, 28, 3, 3>(s0, s1, frames);
        matrix_vector<Input, Sum, 676>(s1, s2, w0, frames);
        map_thresholds<Sum, Activation, 0, 676>(s2, s3, t0, frames);
        rearrange<P0 * 6, 676 * 8 / P0, 676 * 8 / P0, 0, 0, 1, Blocks<26, 8 / P0, 13, 13, 2, 2>>(
            s3, s4, frames);
        reduce<Activation, Activation, P0, 169 * 8 / P0, 4, Reduction::max>(s4, s5, frames);
        width_converter<P0, S1, 6, 169 * 8>(s5, s6, frames);
        rearrange<S1 * 6, 169 * 8 / S1, 169 * 8 / S1, 0, 0, 1, Windows<13, 8 / S1, 11, 3>>(s6, s7,
                                                                                           frames);
        matrix_vector<Activation, Sum, 121>(s7, s8, w1, frames);
        map_scale<Sum, Activation, 18, 0, 63, 0, 121>(s8, s9, m1, a1, frames);
        rearrange<P1 * 6, 121 * 16 / P1, 121 * 16 / P1, 0, 0, 1, Blocks<11, 16 / P1, 5, 5, 2, 2>>(
            s9, s10, frames);
        reduce<Activation, Activation, P1, 25 * 16 / P1, 4, Reduction::max>(s10, s11, frames);
        width_converter<P1, S2, 6, 400>(s11, s12, frames);
        matrix_vector<Activation, Sum>(s12, s13, w2, frames);
        stream_to_memory<64, P2, Sum, 10>(s13, out0, frames);
    }
    static constexpr int in_words = 98;
    static constexpr int out_words = 5;
    static constexpr int batch = 32;
};

// TAPS: taps a cycle of the depthwise unit, one or all.
template <int PE, int TAPS> struct UNetLayer {
    static constexpr int folds = 48 / PE;
    MatrixWeights<9, 48, TAPS, PE, Signed<8>> w0;
    ChannelTable<48, PE, Unsigned<12>> m0;
    ChannelTable<48, PE, Signed<24>> a0;
    MatrixWeights<48, 16, PE, PE, Signed<8>> w1;
    ChannelTable<16, PE, Unsigned<12>> m1;
    ChannelTable<16, PE, Signed<24>> a1;

    void load() {
        random_state = 1;
        randomise(w0, -128, 256);
        randomise(m0, 500, 400);
        randomise(a0, -10000, 20000);
        randomise(w1, -128, 256);
        randomise(m1, 500, 400);
        randomise(a1, -10000, 20000);
    }

    void top(const ap_uint<64>* in0, ap_uint<64>* out0, int frames) {
#pragma HLS DATAFLOW
        hls::stream<ap_uint<PE * 8>> s0("s0");
        hls::stream<ap_uint<PE * 8>> s1("s1");
        hls::stream<ap_uint<TAPS * PE * 8>> s2("s2");
        hls::stream<ap_uint<PE * 22>> s3("s3");
        hls::stream<ap_uint<PE * 8>> s4("s4");
        hls::stream<ap_uint<PE * 26>> s5("s5");
        hls::stream<ap_uint<PE * 8>> s6("s6");
        memory_to_stream<64, PE, Signed<8>, 65536 * 48>(in0, s0, frames);
        pad<Signed<8>, Signed<8>, 48, PE, 256, 256, 1, 1, 1, 1>(s0, s1, Constant<-3>(), frames);
        windows(s1, s2, frames);
        depthwise<Signed<8>, Signed<22>, 65536>(s2, s3, w0, frames);
        map_scale<Signed<22>, Signed<8>, 16, -128, 127, 0, 65536>(s3, s4, m0, a0, frames);
        matrix_vector<Signed<8>, Signed<26>, 65536>(s4, s5, w1, frames);
        map_scale<Signed<26>, Signed<8>, 18, -128, 127, 0, 65536>(s5, s6, m1, a1, frames);
        stream_to_memory<64, PE, Signed<8>, 65536 * 16>(s6, out0, frames);
    }
    static void windows(hls::stream<ap_uint<PE * 8>>& in, hls::stream<ap_uint<PE * 8>>& out,
                        int frames) {
        rearrange<PE * 8, 258 * 258 * folds, 258 * 258 * folds, 0, 0, 1,
                  Blocks<258, folds, 256, 256, 3, 1>>(in, out, frames);
    }
    static void windows(hls::stream<ap_uint<PE * 8>>& in, hls::stream<ap_uint<9 * PE * 8>>& out,
                        int frames) {
        parallel_window<PE * 8, 258, 258, 3, 3, 1, 1, 1, 1, 1, folds>(in, out, frames);
    }
    static constexpr int in_words = 65536 * 6;
    static constexpr int out_words = 65536 * 2;
    static constexpr int batch = 1;
};

template <typename Network> std::uint64_t measure(const char* name, int inferences) {
    static Network network;
    network.load();
    std::vector<ap_uint<64>> in(Network::batch * Network::in_words);
    std::vector<ap_uint<64>> out(Network::batch * Network::out_words);
    for (auto& word : in) {
        for (int b = 0; b < 64; b += 8) {
            word.range(b + 7, b) = ap_uint<8>(static_cast<int>(random_below(256)));
        }
    }
    std::uint64_t checksum = 0;
    const auto start = std::chrono::steady_clock::now();
    int done = 0;
    for (; done < inferences; done += Network::batch) {
        network.top(in.data(), out.data(), Network::batch);
        for (const auto& word : out) checksum = checksum * 31 + word.to_uint64();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%-44s %10.1f inferences/s  %016llx\n", name, done / seconds.count(),
                static_cast<unsigned long long>(checksum));
    return checksum;
}

} // namespace

// The first argument scales the number of inferences (default 1; 0.01 is a smoke test).
int main(int argc, char** argv) {
    const double scale = argc > 1 ? std::atof(argv[1]) : 1;
    const int many = static_cast<int>(32 * 512 * scale);
    const int few = static_cast<int>(3 * scale) + 1;
    const std::uint64_t a = measure<Cnn<1, 1, 1, 1, 1>>("28x28 cnn w6a6, PE 1 SIMD 1", many);
    const std::uint64_t b =
        measure<Cnn<8, 8, 16, 16, 10>>("28x28 cnn w6a6, PE 8,16 SIMD 8,16", many);
    const std::uint64_t c = measure<UNetLayer<1, 1>>("256x256x48 u-net layer, PE 1", few);
    const std::uint64_t d = measure<UNetLayer<16, 1>>("256x256x48 u-net layer, PE 16", few);
    const std::uint64_t e = measure<UNetLayer<16, 9>>("256x256x48 u-net layer, PE 16, 9 taps", few);
    if (a != b || c != d || c != e) {
        std::printf("outputs depend on the folding\n");
        return 1;
    }
    return 0;
}
