// SPDX-License-Identifier: Apache-2.0
//
// Frames between memory (an m_axi port) and streams.
//
// In memory each element sits in a container of the next power of two of its bits; containers are
// packed from bit 0 of a memory word, and a frame is padded to whole memory words, frames back to
// back. Elements of 8 bits and more are therefore native integers to a host: signed elements are
// sign-extended on the way out, and only the low bits count on the way in.
//
// A mover is two processes: one touches memory, the other regroups. The first is one counted loop
// over the words of all frames of a call, with one access an iteration at the loop's own index and
// nothing else: the form from which HLS infers bursts over the whole loop. So the master asks for
// the longest bursts that its port's settings allow, up to the last word of the batch, and frame
// boundaries do not interrupt them. (The loop must stay that plain: a condition, a second access or
// an index of another form, and the tools fall back to single words.) The two overlap, so a frame
// takes
//   max(memory words, conversion_cycles(ELEMENTS, IN, OUT)) cycles,
// IN and OUT being the elements in a word of the source and of the destination.
#ifndef MILLRACE_MEMORY_HPP
#define MILLRACE_MEMORY_HPP

#include "lane_converter.hpp"

namespace millrace {

// Elements in a memory word, and memory words in a frame.
template <int MEM_BITS, typename E> constexpr int memory_lanes() {
    return MEM_BITS / container_bits(E::bits);
}
template <int MEM_BITS, typename E, int ELEMENTS> constexpr int memory_words() {
    return ceil_div(ELEMENTS, memory_lanes<MEM_BITS, E>());
}

namespace detail {

// frames * WORDS words, none for frames <= 0.
template <int MEM_BITS, int WORDS>
void read_memory(const ap_uint<MEM_BITS>* memory, hls::stream<ap_uint<MEM_BITS>>& words,
                 int frames) {
    const long long total = static_cast<long long>(frames) * WORDS;
read_loop:
    for (long long i = 0; i < total; ++i) {
#pragma HLS PIPELINE II=1 style=flp
        words.write(memory[i]);
    }
}

template <int MEM_BITS, int WORDS>
void write_memory(hls::stream<ap_uint<MEM_BITS>>& words, ap_uint<MEM_BITS>* memory, int frames) {
    const long long total = static_cast<long long>(frames) * WORDS;
write_loop:
    for (long long i = 0; i < total; ++i) {
#pragma HLS PIPELINE II=1 style=flp
        memory[i] = words.read();
    }
}

} // namespace detail

template <int MEM_BITS, int LANES, typename E, int ELEMENTS>
void memory_to_stream(const ap_uint<MEM_BITS>* memory, hls::stream<ap_uint<LANES * E::bits>>& out,
                      int frames) {
#pragma HLS DATAFLOW
    static_assert(MEM_BITS >= 64 && MEM_BITS <= 512 && (MEM_BITS & (MEM_BITS - 1)) == 0,
                  "memory words are 64, 128, 256 or 512 bits");
    static_assert(ELEMENTS % LANES == 0, "a frame is whole stream words");
    hls::stream<ap_uint<MEM_BITS>> words("memory_to_stream.words");
#pragma HLS STREAM variable=words depth=32
    detail::read_memory<MEM_BITS, memory_words<MEM_BITS, E, ELEMENTS>()>(memory, words, frames);
    detail::convert_lanes<E, memory_lanes<MEM_BITS, E>(), container_bits(E::bits), LANES, E::bits,
                          ELEMENTS, false>(words, out, frames);
}

template <int MEM_BITS, int LANES, typename E, int ELEMENTS>
void stream_to_memory(hls::stream<ap_uint<LANES * E::bits>>& in, ap_uint<MEM_BITS>* memory,
                      int frames) {
#pragma HLS DATAFLOW
    static_assert(MEM_BITS >= 64 && MEM_BITS <= 512 && (MEM_BITS & (MEM_BITS - 1)) == 0,
                  "memory words are 64, 128, 256 or 512 bits");
    static_assert(ELEMENTS % LANES == 0, "a frame is whole stream words");
    hls::stream<ap_uint<MEM_BITS>> words("stream_to_memory.words");
#pragma HLS STREAM variable=words depth=32
    detail::convert_lanes<E, LANES, E::bits, memory_lanes<MEM_BITS, E>(), container_bits(E::bits),
                          ELEMENTS, true>(in, words, frames);
    detail::write_memory<MEM_BITS, memory_words<MEM_BITS, E, ELEMENTS>()>(words, memory, frames);
}

} // namespace millrace

#endif // MILLRACE_MEMORY_HPP
