// SPDX-License-Identifier: Apache-2.0
//
// Regroups a frame of ELEMENTS elements from words of IN_LANES to words of OUT_LANES. Both divide
// ELEMENTS; neither need divide the other. max(input words, output words) iterations a frame;
// output word j leaves in the first iteration that has its last element (lane_converter.hpp).
#ifndef MILLRACE_WIDTH_CONVERTER_HPP
#define MILLRACE_WIDTH_CONVERTER_HPP

#include "lane_converter.hpp"

namespace millrace {

template <int IN_LANES, int OUT_LANES, int BITS, int ELEMENTS>
void width_converter(hls::stream<ap_uint<IN_LANES * BITS>>& in,
                     hls::stream<ap_uint<OUT_LANES * BITS>>& out, int frames) {
#pragma HLS INLINE
    static_assert(ELEMENTS % IN_LANES == 0 && ELEMENTS % OUT_LANES == 0,
                  "a frame is whole words on both sides");
    detail::convert_lanes<Unsigned<BITS>, IN_LANES, BITS, OUT_LANES, BITS, ELEMENTS, false>(in, out,
                                                                                            frames);
}

} // namespace millrace

#endif // MILLRACE_WIDTH_CONVERTER_HPP
