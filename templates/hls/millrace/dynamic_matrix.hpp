// SPDX-License-Identifier: Apache-2.0
//
// The product of two streams' matrices: out[m][n] = sum over k of (a[m][k] - ZERO_A) *
// (b[k][n] - ZERO_B), for MATRICES pairs of an M x K matrix a, one element a word, and a K x N
// matrix b, PE elements of a row a word.
//
// Schedule: for each pair first K * N / PE iterations, each of which reads a word of b into a
// memory; then m, nf in [0, N / PE), k, one product per lane in each iteration. a[m][k] is read at
// nf = 0 and kept for the other passes; an output word of PE accumulators leaves in the iteration
// that ends a pass over k. MATRICES * (K * N / PE + M * (N / PE) * K) iterations a frame.
//
// The sum is exact modulo 2^bits of the accumulator encoding, and so exact whenever the encoding
// holds the result.
#ifndef MILLRACE_DYNAMIC_MATRIX_HPP
#define MILLRACE_DYNAMIC_MATRIX_HPP

#include "memory_style.hpp"
#include "multiply.hpp"
#include "parameters.hpp"

namespace millrace {

namespace detail {

// The distance of a number from a constant zero point.
template <typename E, long long ZERO> struct FromZero {
    typedef typename Constant<ZERO>::Encoding::value Zero;
    static constexpr int bits = ZERO == 0 ? E::value::width + (E::is_signed ? 0 : 1)
                                          : greater(E::value::width, Zero::width) + 2;
    typedef Signed<bits> Encoding;
    static ap_int<bits> of(const typename E::value& x) {
#pragma HLS INLINE
        return ap_int<bits>(x - Zero(ZERO));
    }
};

// The hardware: one loop iteration a cycle. The memory of b is the caller's, who says where it
// lives.
template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES,
          long long ZERO_A, long long ZERO_B, typename Multiplier>
void dynamic_matrix_buffered(hls::stream<ap_uint<A::bits>>& a,
                             hls::stream<ap_uint<PE * B::bits>>& b,
                             hls::stream<ap_uint<PE * Acc::bits>>& out,
                             ap_uint<PE * B::bits> (&rows)[K * (N / PE)], int frames) {
#pragma HLS INLINE
    static_assert(N % PE == 0, "PE divides the number of columns");
    static_assert(PE * B::bits <= max_word_bits && PE * Acc::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    static_assert(!Acc::is_bipolar, "an accumulator is signed or unsigned");
    typedef FromZero<A, ZERO_A> FromA;
    typedef FromZero<B, ZERO_B> FromB;
    constexpr int folds = N / PE;
    constexpr int words = K * folds;

    ap_uint<A::bits> kept[K];
    ap_int<Acc::bits> sums[PE];
#pragma HLS ARRAY_PARTITION variable=sums type=complete dim=1
    bool filling = true;
    int address = 0; // k * folds + nf
    int m = 0;
    int nf = 0;
    int k = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    cycles_loop:
        for (int i = 0; i < MATRICES * (words + M * words); ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            if (filling) {
                rows[address] = b.read();
                if (++address == words) {
                    address = 0;
                    filling = false;
                }
            } else {
                ap_uint<A::bits> code;
                if (nf == 0) {
                    code = a.read();
                    kept[k] = code;
                } else {
                    code = kept[k];
                }
                const ap_int<FromA::bits> left = FromA::of(A::decode(code));
                const ap_uint<PE * B::bits> row = rows[address];
                ap_uint<PE * Acc::bits> word;
                for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                    const ap_int<FromB::bits> right = FromB::of(get_lane<B>(row, pe));
                    const ap_int<Acc::bits> before = k == 0 ? ap_int<Acc::bits>(0) : sums[pe];
                    sums[pe] = before + multiply<ap_int<FromA::bits + FromB::bits>>(left, right,
                                                                                    Multiplier());
                    set_lane<Acc>(word, pe, sums[pe]);
                }
                address += folds;
                if (++k == K) {
                    out.write(word);
                    k = 0;
                    if (++nf == folds) {
                        nf = 0;
                        if (++m == M) {
                            m = 0;
                            filling = true;
                        }
                    }
                    address = nf;
                }
            }
        }
    }
}

template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES,
          long long ZERO_A, long long ZERO_B, typename Multiplier>
void dynamic_matrix_in(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                       hls::stream<ap_uint<PE * Acc::bits>>& out, int frames, AutoMemory) {
#pragma HLS INLINE
    ap_uint<PE * B::bits> rows[K * (N / PE)];
    dynamic_matrix_buffered<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier>(
        a, b, out, rows, frames);
}
template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES,
          long long ZERO_A, long long ZERO_B, typename Multiplier>
void dynamic_matrix_in(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                       hls::stream<ap_uint<PE * Acc::bits>>& out, int frames, LutMemory) {
#pragma HLS INLINE
    ap_uint<PE * B::bits> rows[K * (N / PE)];
#pragma HLS BIND_STORAGE variable=rows type=ram_s2p impl=lutram
    dynamic_matrix_buffered<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier>(
        a, b, out, rows, frames);
}
template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES,
          long long ZERO_A, long long ZERO_B, typename Multiplier>
void dynamic_matrix_in(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                       hls::stream<ap_uint<PE * Acc::bits>>& out, int frames, BramMemory) {
#pragma HLS INLINE
    ap_uint<PE * B::bits> rows[K * (N / PE)];
#pragma HLS BIND_STORAGE variable=rows type=ram_s2p impl=bram
    dynamic_matrix_buffered<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier>(
        a, b, out, rows, frames);
}
template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES,
          long long ZERO_A, long long ZERO_B, typename Multiplier>
void dynamic_matrix_in(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                       hls::stream<ap_uint<PE * Acc::bits>>& out, int frames, UramMemory) {
#pragma HLS INLINE
    ap_uint<PE * B::bits> rows[K * (N / PE)];
#pragma HLS BIND_STORAGE variable=rows type=ram_s2p impl=uram
    dynamic_matrix_buffered<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier>(
        a, b, out, rows, frames);
}

} // namespace detail

template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES = 1,
          long long ZERO_A = 0, long long ZERO_B = 0, typename Multiplier = AutoMultiplier,
          typename Memory = AutoMemory>
void dynamic_matrix_loops(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                          hls::stream<ap_uint<PE * Acc::bits>>& out, int frames) {
#pragma HLS INLINE
    detail::dynamic_matrix_in<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier>(
        a, b, out, frames, Memory());
}

#ifndef __SYNTHESIS__
// The same for C simulation: rows of b are multiplied by an element of a and added, which
// vectorises along n.
template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES = 1,
          long long ZERO_A = 0, long long ZERO_B = 0>
void dynamic_matrix_fast(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                         hls::stream<ap_uint<PE * Acc::bits>>& out, int frames) {
    typedef ap_uint<PE * Acc::bits> OutWord;
    constexpr int a_bits = detail::FromZero<A, ZERO_A>::bits;
    constexpr int b_bits = detail::FromZero<B, ZERO_B>::bits;
    typedef fast::Integer<a_bits> Left;
    typedef fast::Integer<b_bits> Right;
    typedef fast::Integer<a_bits + b_bits + index_bits(K + 1LL)> Sum;
    constexpr int folds = N / PE;

    std::vector<Left> left(K);
    std::vector<Right> right(static_cast<std::size_t>(K) * N);
    std::vector<Sum> sums(N);
    std::vector<ap_uint<A::bits>> a_spare;
    std::vector<ap_uint<PE * B::bits>> b_spare;
    std::vector<OutWord> out_spare;
    const long long matrices = static_cast<long long>(frames) * MATRICES;
    for (long long matrix = 0; matrix < matrices; ++matrix) {
        fast::unpack_words<B, PE>(fast::read_block(b, K * folds, b_spare, 0), K * folds,
                                  right.data());
        for (auto& number : right) number = static_cast<Right>(number - static_cast<Right>(ZERO_B));
        for (int m = 0; m < M; ++m) {
            fast::unpack_words<A, 1>(fast::read_block(a, K, a_spare, 0), K, left.data());
            for (auto& sum : sums) sum = 0;
            for (int k = 0; k < K; ++k) {
                const Sum factor =
                    static_cast<Sum>(left[static_cast<std::size_t>(k)] - static_cast<Left>(ZERO_A));
                const Right* row = right.data() + static_cast<std::size_t>(k) * N;
                for (int n = 0; n < N; ++n) {
                    sums[static_cast<std::size_t>(n)] += factor * static_cast<Sum>(row[n]);
                }
            }
            fast::write_block(
                out, folds, out_spare,
                [&sums](OutWord* words) { fast::pack_words<Acc, PE>(sums.data(), folds, words); },
                0);
        }
    }
}
#endif

template <typename A, typename B, typename Acc, int M, int K, int N, int PE, int MATRICES = 1,
          long long ZERO_A = 0, long long ZERO_B = 0, typename Multiplier = AutoMultiplier,
          typename Memory = AutoMemory>
void dynamic_matrix(hls::stream<ap_uint<A::bits>>& a, hls::stream<ap_uint<PE * B::bits>>& b,
                    hls::stream<ap_uint<PE * Acc::bits>>& out, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    dynamic_matrix_loops<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B, Multiplier, Memory>(
        a, b, out, frames);
#else
    dynamic_matrix_fast<A, B, Acc, M, K, N, PE, MATRICES, ZERO_A, ZERO_B>(a, b, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_DYNAMIC_MATRIX_HPP
