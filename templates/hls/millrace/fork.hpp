// SPDX-License-Identifier: Apache-2.0
//
// Copies each word to every output; WORDS iterations a frame. All outputs must have room for a word
// before the next one is read.
#ifndef MILLRACE_FORK_HPP
#define MILLRACE_FORK_HPP

#include "types.hpp"

namespace millrace {

namespace detail {

template <int W> void write_all(const ap_uint<W>& word, hls::stream<ap_uint<W>>& out) {
#pragma HLS INLINE
    out.write(word);
}
template <int W, typename... Others>
void write_all(const ap_uint<W>& word, hls::stream<ap_uint<W>>& out, Others&... others) {
#pragma HLS INLINE
    out.write(word);
    write_all(word, others...);
}

} // namespace detail

template <int WORDS, int W, typename... Outputs>
void fork(int frames, hls::stream<ap_uint<W>>& in, Outputs&... outputs) {
    static_assert(sizeof...(Outputs) >= 2, "a fork has at least two outputs");
    static_assert(W <= max_word_bits, "stream words are at most 4,096 bits");
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < WORDS; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<W> word = in.read();
            detail::write_all(word, outputs...);
        }
    }
}

} // namespace millrace

#endif // MILLRACE_FORK_HPP
