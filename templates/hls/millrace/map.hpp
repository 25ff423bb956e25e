// SPDX-License-Identifier: Apache-2.0
//
// The loop that all elementwise function units share: one word in, one word out, every cycle.
//
// Schedule: VECTORS * (CHANNELS / PE) iterations a frame; output word i needs input word i. The
// channel of lane pe of word i is (i % (CHANNELS / PE)) * PE + pe.
//
// A function is a type F with two static members that compute the same number: apply(x, pe, fold,
// tables...) on ap_int, which becomes hardware, and native(x, channel, tables...) on native
// integers for C simulation.
#ifndef MILLRACE_MAP_HPP
#define MILLRACE_MAP_HPP

#include "parameters.hpp"

namespace millrace {

// The hardware: one loop iteration a cycle.
template <typename F, int CHANNELS, int PE, typename In, typename Out, int VECTORS,
          typename... Tables>
void map_loops(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               int frames, const Tables&... tables) {
    static_assert(CHANNELS % PE == 0, "PE divides the number of channels");
    static_assert(PE * In::bits <= max_word_bits && PE * Out::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    constexpr int folds = CHANNELS / PE;
    int fold = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < VECTORS * folds; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<PE * In::bits> inputs = in.read();
            ap_uint<PE * Out::bits> outputs;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                set_lane<Out>(outputs, pe, F::apply(get_lane<In>(inputs, pe), pe, fold, tables...));
            }
            out.write(outputs);
            fold = fold + 1 == folds ? 0 : fold + 1;
        }
    }
}

#ifndef __SYNTHESIS__
// The same for C simulation, some vectors at a time.
template <typename F, int CHANNELS, int PE, typename In, typename Out, int VECTORS,
          typename... Tables>
void map_fast(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
              int frames, const Tables&... tables) {
    typedef ap_uint<PE * In::bits> InWord;
    typedef ap_uint<PE * Out::bits> OutWord;
    constexpr int folds = CHANNELS / PE;
    constexpr int block = fast::vectors_at_once(CHANNELS);
    std::vector<fast::Integer<fast::signed_bits<In>()>> inputs(block * std::size_t(CHANNELS));
    std::vector<typename F::Native> outputs(block * std::size_t(CHANNELS));
    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long vectors = static_cast<long long>(frames) * VECTORS;
    for (long long first = 0; first < vectors; first += block) {
        const int count = vectors - first < block ? static_cast<int>(vectors - first) : block;
        const int words = count * folds;
        fast::unpack_words<In, PE>(
            fast::read_block(in, static_cast<std::size_t>(words), in_spare, 0), words,
            inputs.data());
        for (int v = 0; v < count; ++v) {
            const auto* const source = inputs.data() + static_cast<std::size_t>(v) * CHANNELS;
            typename F::Native* const target =
                outputs.data() + static_cast<std::size_t>(v) * CHANNELS;
            for (int c = 0; c < CHANNELS; ++c) target[c] = F::native(source[c], c, tables...);
        }
        fast::write_block(
            out, static_cast<std::size_t>(words), out_spare,
            [&outputs, words](OutWord* target) {
                fast::pack_words<Out, PE>(outputs.data(), words, target);
            },
            0);
    }
}
#endif

template <typename F, int CHANNELS, int PE, typename In, typename Out, int VECTORS,
          typename... Tables>
void map_words(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               int frames, const Tables&... tables) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    map_loops<F, CHANNELS, PE, In, Out, VECTORS>(in, out, frames, tables...);
#else
    map_fast<F, CHANNELS, PE, In, Out, VECTORS>(in, out, frames, tables...);
#endif
}

namespace detail {

// Clamps a number to [LO, HI], adds Z and returns what the output encoding holds. Two bits more
// than the encoding are enough, because the result is inside its range.
template <typename Out, long long LO, long long HI, long long Z, int W>
ap_int<Out::bits + 2> clamp_and_add(const ap_int<W>& number) {
#pragma HLS INLINE
    static_assert(LO <= HI, "the clamp's bounds are ordered");
    ap_int<Out::bits + 2> clamped = ap_int<Out::bits + 2>(number);
    if (number < ap_int<64>(LO)) clamped = ap_int<Out::bits + 2>(LO);
    if (number > ap_int<64>(HI)) clamped = ap_int<Out::bits + 2>(HI);
    return ap_int<Out::bits + 2>(clamped + ap_int<Out::bits + 2>(Z));
}

} // namespace detail

} // namespace millrace

#endif // MILLRACE_MAP_HPP
