// SPDX-License-Identifier: Apache-2.0
//
// The matrix-vector unit for C simulation: the same numbers as its hardware loops, computed a block
// of vectors at a time on native integers. Not seen by synthesis.
//
// A block shares each row of weights while it is in the cache. 16-bit operands with 32-bit sums are
// used where they cannot overflow, because compilers turn that loop into multiply-add instructions;
// sums are as wide as the worst case of the operand widths needs, so no intermediate overflows.
// Bipolar times bipolar works on bits, 64 products at a time.
#ifndef MILLRACE_MATRIX_VECTOR_FAST_HPP
#define MILLRACE_MATRIX_VECTOR_FAST_HPP

#include "parameters.hpp"

namespace millrace {
namespace fast {

template <typename Sum, int K, typename X, typename W>
inline Sum dot(const X* inputs, const W* weights) {
    Sum sum = 0;
    for (int k = 0; k < K; ++k) sum += static_cast<Sum>(inputs[k]) * static_cast<Sum>(weights[k]);
    return sum;
}

// Set bits of all limbs of a ^ b. Counts are kept per byte, which hold 31 limbs of at most 8 each.
template <int LIMBS> inline int count_different(const std::uint64_t* a, const std::uint64_t* b) {
    constexpr std::uint64_t ones = 0x5555555555555555u;
    constexpr std::uint64_t pairs = 0x3333333333333333u;
    constexpr std::uint64_t nibbles = 0x0f0f0f0f0f0f0f0fu;
    constexpr std::uint64_t bytes = 0x00ff00ff00ff00ffu;
    int total = 0;
    for (int first = 0; first < LIMBS; first += 31) {
        const int last = first + 31 < LIMBS ? first + 31 : LIMBS;
        std::uint64_t sum = 0;
        for (int i = first; i < last; ++i) {
            std::uint64_t v = a[i] ^ b[i];
            v -= (v >> 1) & ones;
            v = (v & pairs) + ((v >> 2) & pairs);
            sum += (v + (v >> 4)) & nibbles;
        }
        sum = (sum & bytes) + ((sum >> 8) & bytes);
        total += static_cast<int>((sum * 0x0001000100010001u) >> 48);
    }
    return total;
}

// The rows of one kind of operands: general numbers.
template <int K, int N, int SIMD, int PE, typename In, typename Weight> struct MatrixRows {
    typedef MatrixWeights<K, N, SIMD, PE, Weight> Weights;
    static constexpr int sum_bits =
        signed_bits<In>() + signed_bits<Weight>() + index_bits(static_cast<long long>(K) + 1);
    typedef Integer<sum_bits> Sum;
    typedef Operand<signed_bits<In>()> Input;
    static constexpr int length = K;

    static void read_words(const ap_uint<SIMD * In::bits>* words, Input* vector) {
        unpack_words<In, SIMD>(words, K / SIMD, vector);
    }
    static Sum row(const Weights& weights, int n, const Input* vector) {
        return dot<Sum, K>(vector, weights.numbers.data() + static_cast<std::size_t>(n) * K);
    }
};

// Both sides bipolar: bits.
template <int K, int N, int SIMD, int PE> struct MatrixRows<K, N, SIMD, PE, Bipolar, Bipolar> {
    typedef MatrixWeights<K, N, SIMD, PE, Bipolar> Weights;
    typedef std::int32_t Sum;
    typedef std::uint64_t Input;
    static constexpr int length = Weights::row_limbs;

    static void read_words(const ap_uint<SIMD>* words, Input* vector) {
        constexpr int limbs = (SIMD + 63) / 64;
        for (int i = 0; i < length; ++i) vector[i] = 0;
        for (int sf = 0; sf < K / SIMD; ++sf) {
            const int at = sf * SIMD;
            const int offset = at & 63;
            for (int i = 0; i < limbs; ++i) {
                const std::uint64_t limb = get_limb(words[sf], i);
                vector[(at >> 6) + i] |= limb << offset;
                // Bits of the last limb that cross into the next one exist only inside the vector.
                if (64 % SIMD != 0 && offset != 0 && (at >> 6) + i + 1 < length) {
                    vector[(at >> 6) + i + 1] |= limb >> (64 - offset);
                }
            }
        }
    }
    static Sum row(const Weights& weights, int n, const Input* vector) {
        const std::uint64_t* signs =
            weights.signs.data() + static_cast<std::size_t>(n) * Weights::row_limbs;
        return K - 2 * count_different<Weights::row_limbs>(vector, signs);
    }
};

} // namespace fast

template <typename In, typename Acc, int VECTORS = 1, int GROUPS = 1, int K, int N, int SIMD,
          int PE, typename Weight>
void matrix_vector_fast(hls::stream<ap_uint<SIMD * In::bits>>& in,
                        hls::stream<ap_uint<PE * Acc::bits>>& out,
                        const MatrixWeights<K, N, SIMD, PE, Weight>& weights, int frames) {
    typedef fast::MatrixRows<K, N, SIMD, PE, In, Weight> Rows;
    constexpr int block = 8;
    const long long vectors = static_cast<long long>(frames) * VECTORS;

    std::vector<typename Rows::Input> inputs(static_cast<std::size_t>(block) * GROUPS *
                                              Rows::length);
    std::vector<typename Rows::Sum> sums(static_cast<std::size_t>(block) * N);
    std::vector<ap_uint<SIMD * In::bits>> in_spare;
    std::vector<ap_uint<PE * Acc::bits>> out_spare;
    for (long long first = 0; first < vectors; first += block) {
        const int count = vectors - first < block ? static_cast<int>(vectors - first) : block;
        for (int v = 0; v < count; ++v) {
            const ap_uint<SIMD * In::bits>* words =
                fast::read_block(in, GROUPS * (K / SIMD), in_spare, 0);
            for (int g = 0; g < GROUPS; ++g) {
                Rows::read_words(words + g * (K / SIMD),
                                 inputs.data() + (v * GROUPS + g) * Rows::length);
            }
        }
        for (int n = 0; n < N; ++n) {
            const int group = n / (N / GROUPS);
            for (int v = 0; v < count; ++v) {
                sums[static_cast<std::size_t>(v) * N + n] =
                    Rows::row(weights, n, inputs.data() + (v * GROUPS + group) * Rows::length);
            }
        }
        for (int v = 0; v < count; ++v) {
            const typename Rows::Sum* source = sums.data() + static_cast<std::size_t>(v) * N;
            fast::write_block(
                out, N / PE, out_spare,
                [source](ap_uint<PE * Acc::bits>* words) {
                    fast::pack_words<Acc, PE>(source, N / PE, words);
                },
                0);
        }
    }
}

} // namespace millrace

#endif // MILLRACE_MATRIX_VECTOR_FAST_HPP
