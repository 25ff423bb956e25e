// SPDX-License-Identifier: Apache-2.0
//
// Matrix-vector unit: out[n] = sum over k of weight[n][k] * in[g * K + k], g = n / (N / GROUPS),
// for VECTORS vectors of GROUPS * K elements a frame.
//
// Schedule: vector, then group, then nf in [0, N / GROUPS / PE), then sf in [0, K / SIMD); one
// iteration a clock cycle, VECTORS * (N / PE) * (K / SIMD) iterations a frame. An input word is
// read in each iteration with nf = 0 and kept for the group's later passes; an output word of PE
// accumulators leaves in the iteration that ends an sf pass. Output channel n is that of the
// group's first plus nf * PE + pe, input k = sf * SIMD + s. The weight word of lane pe at fold
// n / PE * (K / SIMD) + sf holds the weights of that lane's SIMD inputs; folds are counted through.
//
// The sum is exact modulo 2^bits of the accumulator encoding, and so exact whenever the encoding
// holds the result: two's complement sums do not care about the order. Bipolar times bipolar counts
// equal signs p and returns 2 * p - K, which is the sum of the K products.
#ifndef MILLRACE_MATRIX_VECTOR_HPP
#define MILLRACE_MATRIX_VECTOR_HPP

#include "multiply.hpp"
#include "parameters.hpp"

#ifndef __SYNTHESIS__
#include "matrix_vector_fast.hpp"
#endif

namespace millrace {

namespace detail {

// The sum over one input word and one weight word. A bipolar side selects a sign, which needs no
// multiplier; two bipolar sides count equal bits.
template <typename In, typename Weight, int SIMD, typename Multiplier> struct DotProduct {
    static constexpr int product_bits = In::value::width + Weight::value::width;
    typedef ap_int<product_bits + 1> Product;
    typedef ap_int<product_bits + 1 + index_bits(SIMD + 1)> Sum;

    static Sum of(const ap_uint<SIMD * In::bits>& inputs,
                  const ap_uint<SIMD * Weight::bits>& weights) {
#pragma HLS INLINE
        Sum sum = 0;
        for (int s = 0; s < SIMD; ++s) {
#pragma HLS UNROLL
            const typename In::value input = get_lane<In>(inputs, s);
            const typename Weight::value weight = get_lane<Weight>(weights, s);
            sum += multiply<Product>(input, weight, Multiplier());
        }
        return sum;
    }
};

template <typename In, int SIMD, typename Multiplier>
struct DotProduct<In, Bipolar, SIMD, Multiplier> {
    typedef ap_int<In::bits + 2 + index_bits(SIMD + 1)> Sum;

    static Sum of(const ap_uint<SIMD * In::bits>& inputs, const ap_uint<SIMD>& weights) {
#pragma HLS INLINE
        Sum sum = 0;
        for (int s = 0; s < SIMD; ++s) {
#pragma HLS UNROLL
            const ap_int<In::bits + 2> input = get_lane<In>(inputs, s);
            const ap_int<In::bits + 2> minus = -input;
            const ap_uint<1> positive = weights.range(s, s);
            sum += positive == 1 ? input : minus;
        }
        return sum;
    }
};

template <typename Weight, int SIMD, typename Multiplier>
struct DotProduct<Bipolar, Weight, SIMD, Multiplier> {
    typedef ap_int<Weight::bits + 2 + index_bits(SIMD + 1)> Sum;

    static Sum of(const ap_uint<SIMD>& inputs, const ap_uint<SIMD * Weight::bits>& weights) {
#pragma HLS INLINE
        return DotProduct<Weight, Bipolar, SIMD, Multiplier>::of(weights, inputs);
    }
};

template <int SIMD, typename Multiplier> struct DotProduct<Bipolar, Bipolar, SIMD, Multiplier> {
    typedef ap_uint<index_bits(SIMD + 1)> Sum;

    static Sum of(const ap_uint<SIMD>& inputs, const ap_uint<SIMD>& weights) {
#pragma HLS INLINE
        const ap_uint<SIMD> equal = ~(inputs ^ weights);
        Sum count = 0;
        for (int s = 0; s < SIMD; ++s) {
#pragma HLS UNROLL
            const ap_uint<1> bit = equal.range(s, s);
            count += bit;
        }
        return count;
    }
};

} // namespace detail

// The hardware: one loop iteration a cycle.
template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier,
          int GROUPS = 1, int K, int N, int SIMD, int PE, typename Weight>
void matrix_vector_loops(hls::stream<ap_uint<SIMD * In::bits>>& in,
                         hls::stream<ap_uint<PE * Acc::bits>>& out,
                         const MatrixWeights<K, N, SIMD, PE, Weight>& weights, int frames) {
    static_assert(N % GROUPS == 0 && K % SIMD == 0 && N / GROUPS % PE == 0,
                  "SIMD divides K, GROUPS divides N and PE a group's share of N");
    static_assert(SIMD * In::bits <= max_word_bits && PE * Acc::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(!Acc::is_bipolar, "an accumulator is signed or unsigned");
    typedef detail::DotProduct<In, Weight, SIMD, Multiplier> Dot;
    constexpr bool counts = In::is_bipolar && Weight::is_bipolar;
    // A count of equal signs needs index_bits(K + 1) bits whatever the accumulator is.
    constexpr int sum_bits = counts ? greater(Acc::bits, index_bits(K + 1) + 2) : Acc::bits;
    constexpr int input_folds = K / SIMD;
    constexpr int output_folds = N / GROUPS / PE;
    constexpr int folds = N / PE * input_folds;

    ap_uint<SIMD * In::bits> kept[input_folds];
    ap_int<sum_bits> sums[PE];
#pragma HLS ARRAY_PARTITION variable=sums type=complete dim=1
    int sf = 0;
    int nf = 0;
    int fold = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    folds_loop:
        for (int i = 0; i < VECTORS * folds; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            ap_uint<SIMD * In::bits> inputs;
            if (nf == 0) {
                inputs = in.read();
                kept[sf] = inputs;
            } else {
                inputs = kept[sf];
            }
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                const typename Dot::Sum part = Dot::of(inputs, weights.word(pe, fold));
                const ap_int<sum_bits> before = sf == 0 ? ap_int<sum_bits>(0) : sums[pe];
                sums[pe] = before + part;
            }
            ++fold;
            if (++sf == input_folds) {
                ap_uint<PE * Acc::bits> word;
                for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                    const ap_int<sum_bits> sum =
                        counts ? ap_int<sum_bits>(sums[pe] + sums[pe] - ap_int<sum_bits>(K))
                               : sums[pe];
                    set_lane<Acc>(word, pe, sum);
                }
                out.write(word);
                sf = 0;
                if (++nf == output_folds) nf = 0;
                if (fold == folds) fold = 0;
            }
        }
    }
}

template <typename In, typename Acc, int VECTORS = 1, typename Multiplier = AutoMultiplier,
          int GROUPS = 1, int K, int N, int SIMD, int PE, typename Weight>
void matrix_vector(hls::stream<ap_uint<SIMD * In::bits>>& in,
                   hls::stream<ap_uint<PE * Acc::bits>>& out,
                   const MatrixWeights<K, N, SIMD, PE, Weight>& weights, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    matrix_vector_loops<In, Acc, VECTORS, Multiplier, GROUPS>(in, out, weights, frames);
#else
    matrix_vector_fast<In, Acc, VECTORS, GROUPS>(in, out, weights, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_MATRIX_VECTOR_HPP
