// SPDX-License-Identifier: Apache-2.0
//
// The initialisers that a generator writes into the include files for synthesis, as literal text:
// that they compile as C++, and that every number lands where the actors read it. The sizes are
// small enough to check by eye against templates/hls/README.md.
//
// With __SYNTHESIS__ defined, parameter objects are constant arrays.
#define __SYNTHESIS__
#include "bench_support.hpp"

#include <doctest/doctest.h>

using namespace millrace;

namespace {

// 3 inputs, 4 outputs, weight[n][k] = 10 n + k; SIMD 3 (one word a row), PE 2.
const MatrixWeights<3, 4, 3, 2, Signed<8>> by_row = {
    {{0x020100, 0x161514}, {0x0c0b0a, 0x201f1e}},
};

// The same weights, SIMD 1, PE 1: row-major.
const MatrixWeights<3, 4, 1, 1, Signed<8>> by_element = {
    {{0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32}},
};

// A word of more than 64 bits: 72 bipolar weights, +1 at k = 0, 64 and 71.
const MatrixWeights<72, 1, 72, 1, Bipolar> wide = {
    {{ap_uint<72>("0x810000000000000001", 16)}},
};

// Channels 0..3 hold {10 c, 10 c - 1}; PE 2.
const ChannelTable<4, 2, Signed<6>, 2> table = {
    {{0, -1, 20, 19}, {10, 9, 30, 29}},
};
const ChannelTable<4, 2, Bipolar, 3, true> shared = {
    {{1, 0, 1}},
};

// Five thresholds for each of two channels, PE 1: -4 -2 0 2 4 and 10 20 30 40 50. Depth 3: the
// nodes in level order are thresholds 3; 1, 5; 0, 2, 4, 6, where 5 and 6 do not exist. The levels
// that are not in use are left out.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
const ThresholdTree<2, 1, Signed<7>, 5> tree = {
    {{2, 40}},
    {{-2, 0, 20, 0}},
    {{-4, 0, 4, 0, 10, 30, 50, 0}},
};
#pragma GCC diagnostic pop

} // namespace

TEST_CASE("include files: weights") {
    hls::stream<ap_uint<24>> in3("in3");
    hls::stream<ap_uint<8>> in1("in1");
    hls::stream<ap_uint<24>> out2("out2");
    hls::stream<ap_uint<12>> out1("out1");
    bench::put<Signed<8>, 3>(in3, {1, 1, 1, 0, 1, 0, 0, 0, -1});
    bench::put<Signed<8>, 1>(in1, {1, 1, 1, 0, 1, 0, 0, 0, -1});
    const bench::Numbers expected = {3, 33, 63, 93, 1, 11, 21, 31, -2, -12, -22, -32};
    matrix_vector<Signed<8>, Signed<12>>(in3, out2, by_row, 3);
    CHECK(bench::take<Signed<12>, 2>(out2) == expected);
    matrix_vector<Signed<8>, Signed<12>>(in1, out1, by_element, 3);
    CHECK(bench::take<Signed<12>, 1>(out1) == expected);
    for (int k = 0; k < 72; ++k) {
        const ap_uint<72> word = wide.word(0, 0);
        CHECK(get_lane<Bipolar>(word, k).to_int() == (k == 0 || k == 64 || k == 71 ? 1 : -1));
    }
}

TEST_CASE("include files: tables and trees") {
    for (int c = 0; c < 4; ++c) {
        CHECK(table.at(c % 2, c / 2, 0).to_int() == 10 * c);
        CHECK(table.at(c % 2, c / 2, 1).to_int() == 10 * c - 1);
        CHECK(shared.at(c % 2, c / 2, 0).to_int() == 1);
        CHECK(shared.at(c % 2, c / 2, 1).to_int() == -1);
    }
    for (int x = -60; x < 60; ++x) {
        int low = 0;
        int high = 0;
        for (const int t : {-4, -2, 0, 2, 4}) low += x >= t;
        for (const int t : {10, 20, 30, 40, 50}) high += x >= t;
        CHECK(detail::count_thresholds(tree, ap_int<7>(x), 0, 0).to_int() == low);
        CHECK(detail::count_thresholds(tree, ap_int<7>(x), 0, 1).to_int() == high);
    }
}
