// SPDX-License-Identifier: Apache-2.0
//
// Joins of two streams of one shape:
//   add_join: out = multiplier_a[c] * a + multiplier_b[c] * b,
//   mul_join: out = (a - zero_a[c]) * (b - zero_b[c]).
// Each parameter is a ChannelTable or a Constant. All intermediate results are exact; their widths
// follow from the encodings, and the output encoding holds the result.
//
// Schedule: a word of each input and an output word in each iteration, VECTORS * C / PE iterations
// a frame. Constant factors are known to synthesis, which builds no multiplier for 1, -1 and powers
// of two.
#ifndef MILLRACE_JOIN_HPP
#define MILLRACE_JOIN_HPP

#include "multiply.hpp"
#include "parameters.hpp"

namespace millrace {

namespace detail {

// A join's function F has two static members that compute the same number: apply() on ap_int, which
// becomes hardware, and native() on native integers for C simulation.
template <typename A, typename B, typename ParameterA, typename ParameterB> struct AddFunction {
    static constexpr int a_bits = A::value::width + ParameterA::Encoding::value::width + 1;
    static constexpr int b_bits = B::value::width + ParameterB::Encoding::value::width + 1;
    static constexpr int bits = greater(a_bits, b_bits) + 1;
    static_assert(bits <= 120, "the sum is at most 120 bits");

    static ap_int<bits> apply(const typename A::value& a, const typename B::value& b, int pe,
                              int fold, const ParameterA& multiplier_a,
                              const ParameterB& multiplier_b) {
#pragma HLS INLINE
        const ap_int<a_bits> scaled_a = a * multiplier_a.at(pe, fold, 0);
        const ap_int<b_bits> scaled_b = b * multiplier_b.at(pe, fold, 0);
        return ap_int<bits>(scaled_a + scaled_b);
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<bits> Native;
    static Native native(Native a, Native b, int channel, const ParameterA& multiplier_a,
                         const ParameterB& multiplier_b) {
        return a * static_cast<Native>(multiplier_a.native(channel, 0)) +
               b * static_cast<Native>(multiplier_b.native(channel, 0));
    }
#endif
};

template <typename A, typename B, typename ParameterA, typename ParameterB, typename Multiplier>
struct MulFunction {
    static constexpr int a_bits = greater(A::value::width, ParameterA::Encoding::value::width) + 2;
    static constexpr int b_bits = greater(B::value::width, ParameterB::Encoding::value::width) + 2;
    static constexpr int bits = a_bits + b_bits;
    static_assert(bits <= 120, "the product is at most 120 bits");

    static ap_int<bits> apply(const typename A::value& a, const typename B::value& b, int pe,
                              int fold, const ParameterA& zero_a, const ParameterB& zero_b) {
#pragma HLS INLINE
        const ap_int<a_bits> from_zero_a = a - zero_a.at(pe, fold, 0);
        const ap_int<b_bits> from_zero_b = b - zero_b.at(pe, fold, 0);
        return multiply<ap_int<bits>>(from_zero_a, from_zero_b, Multiplier());
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<bits> Native;
    static Native native(Native a, Native b, int channel, const ParameterA& zero_a,
                         const ParameterB& zero_b) {
        return (a - static_cast<Native>(zero_a.native(channel, 0))) *
               (b - static_cast<Native>(zero_b.native(channel, 0)));
    }
#endif
};

// The hardware: one loop iteration a cycle.
template <typename F, typename A, typename B, typename Out, int C, int PE, int VECTORS,
          typename ParameterA, typename ParameterB>
void join_loops(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& parameter_a,
                const ParameterB& parameter_b, int frames) {
#pragma HLS INLINE
    static_assert(C % PE == 0, "PE divides the number of channels");
    static_assert(PE * A::bits <= max_word_bits && PE * B::bits <= max_word_bits &&
                      PE * Out::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    constexpr int folds = C / PE;
    int fold = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < VECTORS * folds; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const ap_uint<PE * A::bits> word_a = a.read();
            const ap_uint<PE * B::bits> word_b = b.read();
            ap_uint<PE * Out::bits> outputs;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                set_lane<Out>(outputs, pe,
                              F::apply(get_lane<A>(word_a, pe), get_lane<B>(word_b, pe), pe, fold,
                                       parameter_a, parameter_b));
            }
            out.write(outputs);
            fold = fold + 1 == folds ? 0 : fold + 1;
        }
    }
}

#ifndef __SYNTHESIS__
// The same for C simulation, a vector at a time.
template <typename F, typename A, typename B, typename Out, int C, int PE, int VECTORS,
          typename ParameterA, typename ParameterB>
void join_fast(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
               hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& parameter_a,
               const ParameterB& parameter_b, int frames) {
    constexpr int folds = C / PE;
    std::vector<fast::Integer<fast::signed_bits<A>()>> numbers_a(C);
    std::vector<fast::Integer<fast::signed_bits<B>()>> numbers_b(C);
    std::vector<typename F::Native> results(C);
    std::vector<ap_uint<PE * A::bits>> a_spare;
    std::vector<ap_uint<PE * B::bits>> b_spare;
    std::vector<ap_uint<PE * Out::bits>> out_spare;
    const long long vectors = static_cast<long long>(frames) * VECTORS;
    for (long long vector = 0; vector < vectors; ++vector) {
        fast::unpack_words<A, PE>(fast::read_block(a, folds, a_spare, 0), folds, numbers_a.data());
        fast::unpack_words<B, PE>(fast::read_block(b, folds, b_spare, 0), folds, numbers_b.data());
        for (int c = 0; c < C; ++c) {
            const std::size_t i = static_cast<std::size_t>(c);
            results[i] = F::native(static_cast<typename F::Native>(numbers_a[i]),
                                   static_cast<typename F::Native>(numbers_b[i]), c, parameter_a,
                                   parameter_b);
        }
        fast::write_block(
            out, folds, out_spare,
            [&results](ap_uint<PE * Out::bits>* words) {
                fast::pack_words<Out, PE>(results.data(), folds, words);
            },
            0);
    }
}
#endif

template <typename F, typename A, typename B, typename Out, int C, int PE, int VECTORS,
          typename ParameterA, typename ParameterB>
void join_words(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& parameter_a,
                const ParameterB& parameter_b, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    join_loops<F, A, B, Out, C, PE, VECTORS>(a, b, out, parameter_a, parameter_b, frames);
#else
    join_fast<F, A, B, Out, C, PE, VECTORS>(a, b, out, parameter_a, parameter_b, frames);
#endif
}

} // namespace detail

template <typename A, typename B, typename Out, int C, int PE, int VECTORS = 1, typename ParameterA,
          typename ParameterB>
void add_join_loops(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                    hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& multiplier_a,
                    const ParameterB& multiplier_b, int frames) {
#pragma HLS INLINE
    detail::join_loops<detail::AddFunction<A, B, ParameterA, ParameterB>, A, B, Out, C, PE,
                       VECTORS>(a, b, out, multiplier_a, multiplier_b, frames);
}

template <typename A, typename B, typename Out, int C, int PE, int VECTORS = 1, typename ParameterA,
          typename ParameterB>
void add_join(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
              hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& multiplier_a,
              const ParameterB& multiplier_b, int frames) {
#pragma HLS INLINE
    detail::join_words<detail::AddFunction<A, B, ParameterA, ParameterB>, A, B, Out, C, PE,
                       VECTORS>(a, b, out, multiplier_a, multiplier_b, frames);
}

template <typename A, typename B, typename Out, int C, int PE, int VECTORS = 1,
          typename Multiplier = AutoMultiplier, typename ParameterA, typename ParameterB>
void mul_join_loops(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                    hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& zero_a,
                    const ParameterB& zero_b, int frames) {
#pragma HLS INLINE
    detail::join_loops<detail::MulFunction<A, B, ParameterA, ParameterB, Multiplier>, A, B, Out, C,
                       PE, VECTORS>(a, b, out, zero_a, zero_b, frames);
}

template <typename A, typename B, typename Out, int C, int PE, int VECTORS = 1,
          typename Multiplier = AutoMultiplier, typename ParameterA, typename ParameterB>
void mul_join(hls::stream<ap_uint<PE * A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
              hls::stream<ap_uint<PE * Out::bits>>& out, const ParameterA& zero_a,
              const ParameterB& zero_b, int frames) {
#pragma HLS INLINE
    detail::join_words<detail::MulFunction<A, B, ParameterA, ParameterB, Multiplier>, A, B, Out, C,
                       PE, VECTORS>(a, b, out, zero_a, zero_b, frames);
}

} // namespace millrace

#endif // MILLRACE_JOIN_HPP
