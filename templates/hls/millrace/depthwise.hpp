// SPDX-License-Identifier: Apache-2.0
//
// Depthwise unit: out[c] = sum over t in [0, T) of weight[c][t] * in[t][c], for VECTORS vectors a
// frame. The T words of a block of PE channels follow each other, then those of the next block.
//
// Schedule: vector, then block, then t; an input word in each iteration, VECTORS * (C / PE) * T
// iterations a frame; the output word of PE accumulators leaves in the iteration of the block's
// last input word. The weights of a lane are used in the order in which they are stored, so their
// address is a counter.
//
// The sum is exact modulo 2^bits of the accumulator encoding, and so exact whenever the encoding
// holds the result.
#ifndef MILLRACE_DEPTHWISE_HPP
#define MILLRACE_DEPTHWISE_HPP

#include "multiply.hpp"
#include "parameters.hpp"

namespace millrace {

// The hardware: one loop iteration a cycle.
template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier, int C,
          int PE, int T, typename Weight, bool SHARED>
void depthwise_loops(hls::stream<ap_uint<PE * In::bits>>& in,
                     hls::stream<ap_uint<PE * Acc::bits>>& out,
                     const ChannelTable<C, PE, Weight, T, SHARED>& weights, int frames) {
    static_assert(C % PE == 0, "PE divides the number of channels");
    static_assert(PE * In::bits <= max_word_bits && PE * Acc::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(!Acc::is_bipolar, "an accumulator is signed or unsigned");
    constexpr int entries = ChannelTable<C, PE, Weight, T, SHARED>::entries;

    ap_int<Acc::bits> sums[PE];
#pragma HLS ARRAY_PARTITION variable=sums type=complete dim=1
    int t = 0;
    int entry = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < VECTORS * (C / PE) * T; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<PE * In::bits> inputs = in.read();
            ap_uint<PE * Acc::bits> word;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                const ap_int<Acc::bits> before = t == 0 ? ap_int<Acc::bits>(0) : sums[pe];
                sums[pe] = before + detail::Product<In, Weight, Multiplier>::of(
                                        get_lane<In>(inputs, pe), weights.entry(pe, entry));
                set_lane<Acc>(word, pe, sums[pe]);
            }
            if (++entry == entries) entry = 0;
            if (++t == T) {
                out.write(word);
                t = 0;
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

// The same for C simulation, a vector at a time on native integers. The sums are as wide as the
// worst case of the operand widths needs.
template <typename In, typename Acc, int VECTORS = 1, int C, int PE, int T, typename Weight,
          bool SHARED>
void depthwise_fast(hls::stream<ap_uint<PE * In::bits>>& in,
                    hls::stream<ap_uint<PE * Acc::bits>>& out,
                    const ChannelTable<C, PE, Weight, T, SHARED>& weights, int frames) {
    typedef ap_uint<PE * In::bits> InWord;
    typedef ap_uint<PE * Acc::bits> OutWord;
    constexpr int sum_bits =
        fast::signed_bits<In>() + fast::signed_bits<Weight>() + index_bits(T + 1LL);
    typedef fast::Integer<sum_bits> Sum;
    constexpr int blocks = C / PE;

    std::vector<fast::Operand<fast::signed_bits<Weight>()>> rows(static_cast<std::size_t>(C) * T);
    for (int block = 0; block < blocks; ++block) {
        for (int t = 0; t < T; ++t) {
            for (int pe = 0; pe < PE; ++pe) {
                rows[(static_cast<std::size_t>(block) * T + t) * PE + pe] =
                    static_cast<fast::Operand<fast::signed_bits<Weight>()>>(
                        weights.native(block * PE + pe, t));
            }
        }
    }
    std::vector<fast::Operand<fast::signed_bits<In>()>> inputs(static_cast<std::size_t>(C) * T);
    std::vector<Sum> sums(C);
    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long vectors = static_cast<long long>(frames) * VECTORS;
    for (long long vector = 0; vector < vectors; ++vector) {
        fast::unpack_words<In, PE>(fast::read_block(in, blocks * T, in_spare, 0), blocks * T,
                                   inputs.data());
        for (int block = 0; block < blocks; ++block) {
            const std::size_t at = static_cast<std::size_t>(block) * T * PE;
            fast::depthwise_block<PE, T>(inputs.data() + at, rows.data() + at,
                                         sums.data() + block * PE);
        }
        fast::write_block(
            out, blocks, out_spare,
            [&sums](OutWord* words) { fast::pack_words<Acc, PE>(sums.data(), blocks, words); }, 0);
    }
}
#endif

template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier, int C,
          int PE, int T, typename Weight, bool SHARED>
void depthwise(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Acc::bits>>& out,
               const ChannelTable<C, PE, Weight, T, SHARED>& weights, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    depthwise_loops<In, Acc, VECTORS, Multiplier>(in, out, weights, frames);
#else
    depthwise_fast<In, Acc, VECTORS>(in, out, weights, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_DEPTHWISE_HPP
