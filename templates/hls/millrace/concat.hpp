// SPDX-License-Identifier: Apache-2.0
//
// One vector behind the other: for each of VECTORS vectors a frame the words of the first input,
// then those of the second, and so on, in the output's encoding, which holds them all. Every word
// has PE lanes. Schedule: an iteration reads one word and sends it.
#ifndef MILLRACE_CONCAT_HPP
#define MILLRACE_CONCAT_HPP

#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"
#endif

namespace millrace {

// An input of a concat: its encoding and its elements a vector.
template <typename E, int C> struct Part {
    static_assert(C >= 1, "an input has elements");
    typedef E Encoding;
    static constexpr int channels = C;
};

namespace detail {

// Words of a vector that come from all inputs.
template <int PE> constexpr int concat_words() { return 0; }
template <int PE, typename First, typename... Others> constexpr int concat_words() {
    static_assert(First::channels % PE == 0, "PE divides the elements of each input");
    return First::channels / PE + concat_words<PE, Others...>();
}

// Word number `word` of a vector, which comes from one of the inputs from word FIRST on.
template <int PE, typename Out, int FIRST> ap_uint<PE * Out::bits> read_part(int) {
#pragma HLS INLINE
    return 0;
}
template <int PE, typename Out, int FIRST, typename P, typename... Others>
ap_uint<PE * Out::bits> read_part(int word, hls::stream<ap_uint<PE * P::Encoding::bits>>& in,
                                  hls::stream<ap_uint<PE * Others::Encoding::bits>>&... others) {
#pragma HLS INLINE
    constexpr int end = FIRST + P::channels / PE;
    if (sizeof...(Others) > 0 && word >= end) {
        return read_part<PE, Out, end, Others...>(word, others...);
    }
    const ap_uint<PE * P::Encoding::bits> inputs = in.read();
    ap_uint<PE * Out::bits> outputs;
    for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
        set_lane<Out>(outputs, pe, get_lane<typename P::Encoding>(inputs, pe));
    }
    return outputs;
}

} // namespace detail

// The hardware: one loop iteration a cycle.
template <int PE, typename Out, int VECTORS, typename... Parts>
void concat_loops(hls::stream<ap_uint<PE * Parts::Encoding::bits>>&... in,
                  hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
    static_assert(sizeof...(Parts) >= 2, "a concat has at least two inputs");
    static_assert(PE * Out::bits <= max_word_bits, "stream words are at most 4,096 bits");
    constexpr int words = detail::concat_words<PE, Parts...>();
    int word = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < VECTORS * words; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            out.write(detail::read_part<PE, Out, 0, Parts...>(word, in...));
            word = word + 1 == words ? 0 : word + 1;
        }
    }
}

#ifndef __SYNTHESIS__
namespace fast {

// Converts a vector of each input; returns where the next vector goes.
template <int PE, typename Out, typename Word> inline Word* append_parts(Word* target) {
    return target;
}
template <int PE, typename Out, typename P, typename... Others, typename Word>
inline Word* append_parts(Word* target, hls::stream<ap_uint<PE * P::Encoding::bits>>& in,
                          hls::stream<ap_uint<PE * Others::Encoding::bits>>&... others) {
    constexpr int words = P::channels / PE;
    std::vector<ap_uint<PE * P::Encoding::bits>> spare;
    convert_words<typename P::Encoding, Out, PE>(read_block(in, words, spare, 0), words, target);
    return append_parts<PE, Out, Others...>(target + words, others...);
}

} // namespace fast

// The same for C simulation, a vector at a time.
template <int PE, typename Out, int VECTORS, typename... Parts>
void concat_fast(hls::stream<ap_uint<PE * Parts::Encoding::bits>>&... in,
                 hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
    typedef ap_uint<PE * Out::bits> OutWord;
    std::vector<OutWord> out_spare;
    const long long vectors = static_cast<long long>(frames) * VECTORS;
    for (long long vector = 0; vector < vectors; ++vector) {
        fast::write_block(
            out, detail::concat_words<PE, Parts...>(), out_spare,
            [&](OutWord* words) { fast::append_parts<PE, Out, Parts...>(words, in...); }, 0);
    }
}
#endif

template <int PE, typename Out, int VECTORS, typename... Parts>
void concat(hls::stream<ap_uint<PE * Parts::Encoding::bits>>&... in,
            hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    concat_loops<PE, Out, VECTORS, Parts...>(in..., out, frames);
#else
    concat_fast<PE, Out, VECTORS, Parts...>(in..., out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_CONCAT_HPP
