// SPDX-License-Identifier: Apache-2.0
//
// The largest, the smallest or the sum of T words, lane by lane, for BLOCKS blocks of T words a
// frame. Schedule: an input word in each iteration, BLOCKS * T iterations a frame; the output word
// leaves in the iteration of its block's last input word.
//
// A sum is exact modulo 2^bits of the output encoding, and so exact whenever the encoding holds the
// result. Bipolar numbers compare as -1 < 1.
#ifndef MILLRACE_REDUCE_HPP
#define MILLRACE_REDUCE_HPP

#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"
#endif

namespace millrace {

enum class Reduction { max, min, sum };

namespace detail {

// The reduction of two numbers, the second the later one.
template <Reduction REDUCTION> struct Reducer {
    template <typename State, typename X> static State next(const State& state, const X& x) {
#pragma HLS INLINE
        return REDUCTION == Reduction::sum          ? State(state + State(x))
               : (REDUCTION == Reduction::max) == (state < State(x)) ? State(x)
                                                                    : state;
    }
};

} // namespace detail

// The hardware: one loop iteration a cycle.
template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION>
void reduce_loops(hls::stream<ap_uint<PE * In::bits>>& in,
                  hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
    static_assert(PE * In::bits <= max_word_bits && PE * Out::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(REDUCTION != Reduction::sum || !Out::is_bipolar, "a sum is signed or unsigned");
    // Extremes are compared in the input's width, sums wrap in the output's.
    constexpr int state_bits =
        REDUCTION == Reduction::sum ? Out::bits : In::value::width + (In::is_signed ? 0 : 1);

    ap_int<state_bits> states[PE];
#pragma HLS ARRAY_PARTITION variable=states type=complete dim=1
    int t = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < BLOCKS * T; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<PE * In::bits> inputs = in.read();
            ap_uint<PE * Out::bits> word;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                const ap_int<state_bits> x = get_lane<In>(inputs, pe);
                const ap_int<state_bits> state = states[pe];
                states[pe] = t == 0 ? x : detail::Reducer<REDUCTION>::next(state, x);
                set_lane<Out>(word, pe, states[pe]);
            }
            if (++t == T) {
                out.write(word);
                t = 0;
            }
        }
    }
}

#ifndef __SYNTHESIS__
// The same for C simulation, some blocks at a time on native integers.
template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION>
void reduce_fast(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
                 int frames) {
    typedef ap_uint<PE * In::bits> InWord;
    typedef ap_uint<PE * Out::bits> OutWord;
    constexpr int sum_bits = fast::signed_bits<In>() + index_bits(T + 1LL);
    typedef fast::Integer<REDUCTION == Reduction::sum ? sum_bits : fast::signed_bits<In>()> State;
    typedef detail::Reducer<REDUCTION> Reducer;
    constexpr int block = greater(1, 1024 / (PE * T));

    std::vector<State> inputs(static_cast<std::size_t>(block) * T * PE);
    std::vector<State> states(static_cast<std::size_t>(block) * PE);
    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long blocks = static_cast<long long>(frames) * BLOCKS;
    for (long long first = 0; first < blocks; first += block) {
        const int count = blocks - first < block ? static_cast<int>(blocks - first) : block;
        const std::size_t words = static_cast<std::size_t>(count) * T;
        fast::unpack_words<In, PE>(fast::read_block(in, words, in_spare, 0),
                                   static_cast<int>(words), inputs.data());
        for (int b = 0; b < count; ++b) {
            const State* source = inputs.data() + static_cast<std::size_t>(b) * T * PE;
            State* target = states.data() + static_cast<std::size_t>(b) * PE;
            for (int pe = 0; pe < PE; ++pe) target[pe] = source[pe];
            for (int t = 1; t < T; ++t) {
                for (int pe = 0; pe < PE; ++pe) {
                    target[pe] = Reducer::next(target[pe], source[t * PE + pe]);
                }
            }
        }
        fast::write_block(
            out, static_cast<std::size_t>(count), out_spare,
            [&states, count](OutWord* target) {
                fast::pack_words<Out, PE>(states.data(), count, target);
            },
            0);
    }
}
#endif

template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION>
void reduce(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
            int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    reduce_loops<In, Out, PE, BLOCKS, T, REDUCTION>(in, out, frames);
#else
    reduce_fast<In, Out, PE, BLOCKS, T, REDUCTION>(in, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_REDUCE_HPP
