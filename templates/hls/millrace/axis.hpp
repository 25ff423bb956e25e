// SPDX-License-Identifier: Apache-2.0
//
// Streams at AXI-stream ports. A port word is the stream word zero-extended to whole bytes. TLAST
// marks the last word of each frame on the way out and is not looked at on the way in, where the
// number of words says where a frame ends. WORDS iterations a frame.
#ifndef MILLRACE_AXIS_HPP
#define MILLRACE_AXIS_HPP

#include "types.hpp"

#include <ap_axi_sdata.h>

namespace millrace {

constexpr int axis_bits(int bits) { return 8 * ceil_div(bits, 8); }
template <int W> using AxisWord = ap_axiu<axis_bits(W), 0, 0, 0>;

template <int WORDS, int W>
void axis_to_stream(hls::stream<AxisWord<W>>& in, hls::stream<ap_uint<W>>& out, int frames) {
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < WORDS; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const AxisWord<W> word = in.read();
            out.write(ap_uint<W>(word.data));
        }
    }
}

template <int WORDS, int W>
void stream_to_axis(hls::stream<ap_uint<W>>& in, hls::stream<AxisWord<W>>& out, int frames) {
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < WORDS; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            AxisWord<W> word;
            word.data = ap_uint<axis_bits(W)>(in.read());
            word.keep = -1;
            word.strb = -1;
            word.last = i == WORDS - 1 ? 1 : 0;
            out.write(word);
        }
    }
}

} // namespace millrace

#endif // MILLRACE_AXIS_HPP
