// SPDX-License-Identifier: Apache-2.0
//
// Depthwise unit: out[c] = sum over t in [0, T) of weight[c][t] * in[t][c], for VECTORS vectors a
// frame. A word has SIMD taps of a block of PE channels: lane s * PE + p is channel p of the word's
// tap s. The T / SIMD words of a block follow each other, then those of the next block.
//
// Schedule: vector, then block, then word; an input word in each iteration, VECTORS * (C / PE) *
// (T / SIMD) iterations a frame; the output word of PE accumulators leaves in the iteration of the
// block's last input word. The weights are those of a matrix of C rows of T: the word of lane pe at
// fold block * (T / SIMD) + word holds that channel's weights of the input word's taps, so folds
// are counted through.
//
// The sum is exact modulo 2^bits of the accumulator encoding, and so exact whenever the encoding
// holds the result. Bipolar times bipolar counts equal signs p: the sum of the T products is
// 2 * p - T.
#ifndef MILLRACE_DEPTHWISE_HPP
#define MILLRACE_DEPTHWISE_HPP

#include "matrix_vector.hpp"
#include "parameters.hpp"

namespace millrace {

// The hardware: one loop iteration a cycle.
template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier, int T,
          int C, int SIMD, int PE, typename Weight>
void depthwise_loops(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
                     hls::stream<ap_uint<PE * Acc::bits>>& out,
                     const MatrixWeights<T, C, SIMD, PE, Weight>& weights, int frames) {
    static_assert(C % PE == 0 && T % SIMD == 0,
                  "PE divides the number of channels, SIMD that of taps");
    static_assert(SIMD * PE * In::bits <= max_word_bits && PE * Acc::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(!Acc::is_bipolar, "an accumulator is signed or unsigned");
    typedef detail::DotProduct<In, Weight, SIMD, Multiplier> Dot;
    constexpr bool counts = In::is_bipolar && Weight::is_bipolar;
    constexpr int words = T / SIMD; // of a block
    constexpr int folds = C / PE * words;

    ap_int<Acc::bits> sums[PE];
#pragma HLS ARRAY_PARTITION variable=sums type=complete dim=1
    int word = 0;
    int fold = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < VECTORS * folds; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<SIMD * PE * In::bits> inputs = in.read();
            ap_uint<PE * Acc::bits> outputs;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                ap_uint<SIMD * In::bits> taps; // of this channel
                for (int s = 0; s < SIMD; ++s) {
#pragma HLS UNROLL
                    const int at = (s * PE + pe) * In::bits;
                    taps.range((s + 1) * In::bits - 1, s * In::bits) =
                        inputs.range(at + In::bits - 1, at);
                }
                const ap_int<Acc::bits> part = Dot::of(taps, weights.word(pe, fold));
                const ap_int<Acc::bits> before =
                    word == 0 ? ap_int<Acc::bits>(counts ? -T : 0) : sums[pe];
                sums[pe] = before + (counts ? ap_int<Acc::bits>(part << 1) : part);
                set_lane<Acc>(outputs, pe, sums[pe]);
            }
            if (++fold == folds) fold = 0;
            if (++word == words) {
                out.write(outputs);
                word = 0;
            }
        }
    }
}

#ifndef __SYNTHESIS__
namespace fast {

// The sums of one block: `inputs` and `weights` are T rows of PE.
template <int PE, int T, typename Sum, typename X, typename W>
inline void depthwise_block(const X* inputs, const W* weights, Sum* sums) {
    if (PE == 1) {
        Sum sum = 0;
        for (int t = 0; t < T; ++t) {
            sum += static_cast<Sum>(inputs[t]) * static_cast<Sum>(weights[t]);
        }
        sums[0] = sum;
        return;
    }
    for (int pe = 0; pe < PE; ++pe) sums[pe] = 0;
    for (int t = 0; t < T; ++t) {
        for (int pe = 0; pe < PE; ++pe) {
            sums[pe] +=
                static_cast<Sum>(inputs[t * PE + pe]) * static_cast<Sum>(weights[t * PE + pe]);
        }
    }
}

} // namespace fast

// The same for C simulation, a vector at a time on native integers: word after word the lanes of a
// block are T rows of PE, whatever SIMD is. The sums are as wide as the worst case of the operand
// widths needs.
template <typename In, typename Acc, int VECTORS = 1, int T, int C, int SIMD, int PE,
          typename Weight>
void depthwise_fast(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
                    hls::stream<ap_uint<PE * Acc::bits>>& out,
                    const MatrixWeights<T, C, SIMD, PE, Weight>& weights, int frames) {
    typedef ap_uint<SIMD * PE * In::bits> InWord;
    typedef ap_uint<PE * Acc::bits> OutWord;
    constexpr int sum_bits =
        fast::signed_bits<In>() + fast::signed_bits<Weight>() + index_bits(T + 1LL);
    typedef fast::Integer<sum_bits> Sum;
    constexpr int blocks = C / PE;
    constexpr int words = blocks * (T / SIMD); // of a vector

    std::vector<typename MatrixWeights<T, C, SIMD, PE, Weight>::Native> rows(weights.size());
    for (int block = 0; block < blocks; ++block) {
        for (int t = 0; t < T; ++t) {
            for (int pe = 0; pe < PE; ++pe) {
                rows[(static_cast<std::size_t>(block) * T + t) * PE + pe] =
                    weights.numbers[static_cast<std::size_t>(block * PE + pe) * T + t];
            }
        }
    }
    std::vector<fast::Operand<fast::signed_bits<In>()>> inputs(static_cast<std::size_t>(C) * T);
    std::vector<Sum> sums(C);
    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long vectors = static_cast<long long>(frames) * VECTORS;
    for (long long vector = 0; vector < vectors; ++vector) {
        fast::unpack_words<In, SIMD * PE>(fast::read_block(in, words, in_spare, 0), words,
                                          inputs.data());
        for (int block = 0; block < blocks; ++block) {
            const std::size_t at = static_cast<std::size_t>(block) * T * PE;
            fast::depthwise_block<PE, T>(inputs.data() + at, rows.data() + at,
                                         sums.data() + block * PE);
        }
        fast::write_block(
            out, blocks, out_spare,
            [&sums](OutWord* target) { fast::pack_words<Acc, PE>(sums.data(), blocks, target); },
            0);
    }
}
#endif

template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier, int T,
          int C, int SIMD, int PE, typename Weight>
void depthwise(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
               hls::stream<ap_uint<PE * Acc::bits>>& out,
               const MatrixWeights<T, C, SIMD, PE, Weight>& weights, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    depthwise_loops<In, Acc, VECTORS, Multiplier>(in, out, weights, frames);
#else
    depthwise_fast<In, Acc, VECTORS>(in, out, weights, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_DEPTHWISE_HPP
