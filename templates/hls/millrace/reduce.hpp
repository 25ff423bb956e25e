// SPDX-License-Identifier: Apache-2.0
//
// The largest, the smallest or the sum of the T taps of each channel, for BLOCKS blocks of PE
// channels a frame. A word has SIMD taps of a block: lane s * PE + p is channel p of the word's tap
// s; the T / SIMD words of a block follow each other.
//
// Schedule: an input word in each iteration, BLOCKS * (T / SIMD) iterations a frame; the output
// word leaves in the iteration of its block's last input word. A tree reduces the taps of a word;
// only the state of a channel waits for the iteration before.
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

// The reduction of the taps FIRST to FIRST + COUNT - 1 of a word, as a tree of two halves: HLS
// balances sums by itself, but not comparisons.
template <Reduction REDUCTION, typename In, typename State, int PE, int FIRST, int COUNT>
struct ReductionTree {
    static constexpr int half = COUNT / 2;

    template <int W> static State of(const ap_uint<W>& word, int pe) {
#pragma HLS INLINE
        return Reducer<REDUCTION>::next(
            ReductionTree<REDUCTION, In, State, PE, FIRST, half>::of(word, pe),
            ReductionTree<REDUCTION, In, State, PE, FIRST + half, COUNT - half>::of(word, pe));
    }
};
template <Reduction REDUCTION, typename In, typename State, int PE, int FIRST>
struct ReductionTree<REDUCTION, In, State, PE, FIRST, 1> {
    template <int W> static State of(const ap_uint<W>& word, int pe) {
#pragma HLS INLINE
        return State(get_lane<In>(word, FIRST * PE + pe));
    }
};

} // namespace detail

// The hardware: one loop iteration a cycle.
template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION,
          int SIMD = 1>
void reduce_loops(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
                  hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
    static_assert(T % SIMD == 0, "SIMD divides the number of taps");
    static_assert(SIMD * PE * In::bits <= max_word_bits && PE * Out::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(REDUCTION != Reduction::sum || !Out::is_bipolar, "a sum is signed or unsigned");
    // Extremes are compared in the input's width, sums wrap in the output's.
    constexpr int state_bits =
        REDUCTION == Reduction::sum ? Out::bits : In::value::width + (In::is_signed ? 0 : 1);

    typedef ap_int<state_bits> State;
    constexpr int words = T / SIMD; // of a block

    State states[PE];
#pragma HLS ARRAY_PARTITION variable=states type=complete dim=1
    int word = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < BLOCKS * words; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<SIMD * PE * In::bits> inputs = in.read();
            ap_uint<PE * Out::bits> outputs;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                const State x =
                    detail::ReductionTree<REDUCTION, In, State, PE, 0, SIMD>::of(inputs, pe);
                const State state = states[pe];
                states[pe] = word == 0 ? x : detail::Reducer<REDUCTION>::next(state, x);
                set_lane<Out>(outputs, pe, states[pe]);
            }
            if (++word == words) {
                out.write(outputs);
                word = 0;
            }
        }
    }
}

#ifndef __SYNTHESIS__
// The same for C simulation, some blocks at a time on native integers: word after word the lanes of
// a block are T rows of PE, whatever SIMD is.
template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION,
          int SIMD = 1>
void reduce_fast(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
                 hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
    typedef ap_uint<SIMD * PE * In::bits> InWord;
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
        const int words = count * (T / SIMD);
        fast::unpack_words<In, SIMD * PE>(
            fast::read_block(in, static_cast<std::size_t>(words), in_spare, 0), words,
            inputs.data());
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

template <typename In, typename Out, int PE, int BLOCKS, int T, Reduction REDUCTION,
          int SIMD = 1>
void reduce(hls::stream<ap_uint<SIMD * PE * In::bits>>& in,
            hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    reduce_loops<In, Out, PE, BLOCKS, T, REDUCTION, SIMD>(in, out, frames);
#else
    reduce_fast<In, Out, PE, BLOCKS, T, REDUCTION, SIMD>(in, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_REDUCE_HPP
