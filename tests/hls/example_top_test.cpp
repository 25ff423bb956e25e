// SPDX-License-Identifier: Apache-2.0
//
// The worked example of templates/hls/README.md, which must hold the text between the two marks
// verbatim (tests/hls_pragma_lint_test.cpp compares): a layer of 64 inputs and 32 neurons with
// thresholds and an arg-max, once with memory ports and once with AXI-streams. Its outputs are
// compared with plain loops, over calls of different numbers of frames.
#include "bench_support.hpp"
#include "parameter_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>

// clang-format off
// [example]
#include "millrace/millrace.hpp"

using namespace millrace;

#ifdef __SYNTHESIS__
static const MatrixWeights<64, 32, 8, 4, Signed<6>> fc_weights = {
#include "fc_weights.inc"
};
static const ThresholdTree<32, 4, Signed<19>, 15> act_thresholds = {
#include "act_thresholds.inc"
};
#else
static MatrixWeights<64, 32, 8, 4, Signed<6>> fc_weights;
static ThresholdTree<32, 4, Signed<19>, 15> act_thresholds;

void load_parameters(const std::string& directory) {
    ParameterFile file(directory, "parameters.bin");
    file.load("fc_weights", fc_weights);
    file.load("act_thresholds", act_thresholds);
    file.finish();
}
#endif

static void fc(hls::stream<ap_uint<64>>& in, hls::stream<ap_uint<72>>& out, int frames) {
#pragma HLS ARRAY_PARTITION variable=fc_weights.words type=complete dim=1
#pragma HLS BIND_STORAGE variable=fc_weights.words type=rom_1p impl=lutram
    matrix_vector<Unsigned<8>, Signed<18>, 1, LutMultiplier>(in, out, fc_weights, frames);
}

static void act(hls::stream<ap_uint<72>>& in, hls::stream<ap_uint<16>>& out, int frames) {
#pragma HLS ARRAY_PARTITION variable=act_thresholds.level0 type=complete dim=1
#pragma HLS ARRAY_PARTITION variable=act_thresholds.level1 type=complete dim=1
#pragma HLS ARRAY_PARTITION variable=act_thresholds.level2 type=complete dim=1
#pragma HLS ARRAY_PARTITION variable=act_thresholds.level3 type=complete dim=1
    map_thresholds<Signed<18>, Unsigned<4>, 0>(in, out, act_thresholds, frames);
}

extern "C" void network(const ap_uint<128>* in0, ap_uint<64>* out0, int frames) {
#pragma HLS INTERFACE mode=m_axi port=in0 offset=slave bundle=gmem0 depth=4
#pragma HLS INTERFACE mode=m_axi port=out0 offset=slave bundle=gmem1 depth=1
#pragma HLS INTERFACE mode=s_axilite port=in0 bundle=control
#pragma HLS INTERFACE mode=s_axilite port=out0 bundle=control
#pragma HLS INTERFACE mode=s_axilite port=frames bundle=control
#pragma HLS INTERFACE mode=s_axilite port=return bundle=control
#pragma HLS DATAFLOW
    hls::stream<ap_uint<64>> s0("s0");
#pragma HLS STREAM variable=s0 depth=8
    hls::stream<ap_uint<72>> s1("s1");
#pragma HLS STREAM variable=s1 depth=2
    hls::stream<ap_uint<16>> s2("s2");
#pragma HLS STREAM variable=s2 depth=2
    hls::stream<ap_uint<5>> s3("s3");
#pragma HLS STREAM variable=s3 depth=2
    memory_to_stream<128, 8, Unsigned<8>, 64>(in0, s0, frames);
    fc(s0, s1, frames);
    act(s1, s2, frames);
    top_k<32, 1, 4, Unsigned<4>, 5>(s2, s3, frames);
    stream_to_memory<64, 1, Unsigned<5>, 1>(s3, out0, frames);
}

// The same with AXI-stream ports.
extern "C" void network_axis(hls::stream<AxisWord<64>>& in0, hls::stream<AxisWord<5>>& out0,
                             int frames) {
#pragma HLS INTERFACE mode=axis port=in0 register_mode=both
#pragma HLS INTERFACE mode=axis port=out0 register_mode=both
#pragma HLS INTERFACE mode=s_axilite port=frames bundle=control
#pragma HLS INTERFACE mode=s_axilite port=return bundle=control
#pragma HLS DATAFLOW
    hls::stream<ap_uint<64>> s0("s0");
#pragma HLS STREAM variable=s0 depth=8
    hls::stream<ap_uint<72>> s1("s1");
#pragma HLS STREAM variable=s1 depth=2
    hls::stream<ap_uint<16>> s2("s2");
#pragma HLS STREAM variable=s2 depth=2
    hls::stream<ap_uint<5>> s3("s3");
#pragma HLS STREAM variable=s3 depth=2
    axis_to_stream<8>(in0, s0, frames);
    fc(s0, s1, frames);
    act(s1, s2, frames);
    top_k<32, 1, 4, Unsigned<4>, 5>(s2, s3, frames);
    stream_to_axis<1>(s3, out0, frames);
}
// [end of example]
// clang-format on

TEST_CASE("the README's example computes what it says") {
    const bench::Numbers w = bench::random_numbers<Signed<6>>(32 * 64);
    bench::Numbers t = bench::random_numbers<Signed<14>>(32 * 15);
    for (auto row = t.begin(); row != t.end(); row += 15) std::sort(row, row + 15);
    bench::Directory directory;
    directory.write(bench::file_of({{"fc_weights", 1, 6, w}, {"act_thresholds", 1, 19, t}}));
    load_parameters(directory.path());

    for (const int frames : {0, 1, 2, 9, 100}) {
        const bench::Numbers x =
            bench::random_numbers<Unsigned<8>>(static_cast<std::size_t>(frames) * 64);
        std::vector<ap_uint<128>> in(static_cast<std::size_t>(frames) * 4);
        std::vector<ap_uint<64>> out(static_cast<std::size_t>(frames));
        hls::stream<AxisWord<64>> in_port("in_port");
        hls::stream<AxisWord<5>> out_port("out_port");
        for (std::size_t i = 0; i < in.size(); ++i) {
            in[i] = bench::word_of<Unsigned<8>, 16>(x.data() + 16 * i);
        }
        for (std::size_t i = 0; i < x.size(); i += 8) {
            AxisWord<64> word;
            word.data = bench::word_of<Unsigned<8>, 8>(x.data() + i);
            in_port.write(word);
        }
        network(in.data(), out.data(), frames);
        network_axis(in_port, out_port, frames);
        for (std::size_t f = 0; f < out.size(); ++f) {
            std::size_t best = 0;
            int best_level = -1;
            for (std::size_t n = 0; n < 32; ++n) {
                std::int64_t sum = 0;
                for (std::size_t k = 0; k < 64; ++k) sum += w[n * 64 + k] * x[f * 64 + k];
                int level = 0;
                for (std::size_t i = 0; i < 15; ++i) level += sum >= t[n * 15 + i];
                if (level > best_level) {
                    best = n;
                    best_level = level;
                }
            }
            CHECK(out[f].to_uint64() == best);
            const AxisWord<5> word = out_port.read();
            CHECK(word.data.to_uint64() == best);
            CHECK(word.last == 1);
        }
        CHECK(out_port.empty());
    }
}
