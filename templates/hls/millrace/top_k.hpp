// SPDX-License-Identifier: Apache-2.0
//
// The K largest (or smallest) of N numbers with their indices, best first, for VECTORS vectors a
// frame. Equal numbers keep the order of their indices (ONNX TopK and ArgMax); with LAST_INDEX the
// later index comes first (ArgMax with select_last_index).
//
// Schedule: one element a cycle, N * VECTORS iterations a frame; an input word of PE elements is
// read in the first iteration of each PE. After the last element of a vector one word of K indices
// (and one of K values) leaves, best in lane 0.
//
// The best so far are a sorted list. A new element is compared with all entries at once; it goes
// before the first entry that it beats, and the entries behind move by one. "Beats" is strict (or,
// with LAST_INDEX, not), which is what decides ties, because elements come in the order of their
// indices.
#ifndef MILLRACE_TOP_K_HPP
#define MILLRACE_TOP_K_HPP

#include "types.hpp"

namespace millrace {

namespace detail {

// An absent stream of values.
struct NoValues {
    template <typename Word> void write(const Word&) {
#pragma HLS INLINE
    }
};

template <int N, int K, int PE, typename In, int INDEX_BITS, int VECTORS, bool LARGEST,
          bool LAST_INDEX, typename Values>
void select_top_k(hls::stream<ap_uint<PE * In::bits>>& in,
                  hls::stream<ap_uint<K * INDEX_BITS>>& indices, Values& values, int frames) {
    static_assert(N % PE == 0 && K >= 1 && K <= N, "PE divides N and K is 1 to N");
    static_assert(INDEX_BITS >= index_bits(N), "an index fits its lane");
    static_assert(PE * In::bits <= max_word_bits && K * In::bits <= max_word_bits &&
                      K * INDEX_BITS <= max_word_bits,
                  "stream words are at most 4,096 bits");
    typename In::value best[K];
    ap_uint<INDEX_BITS> place[K];
#pragma HLS ARRAY_PARTITION variable=best type=complete dim=1
#pragma HLS ARRAY_PARTITION variable=place type=complete dim=1
    ap_uint<PE * In::bits> word = 0;
    int index = 0;
    int lane = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    elements_loop:
        for (int i = 0; i < VECTORS * N; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            if (lane == 0) word = in.read();
            const typename In::value x = get_lane<In>(word, 0);
            if (PE > 1) word = ap_uint<PE * In::bits>(word >> In::bits);
            lane = lane + 1 == PE ? 0 : lane + 1;

            bool beats[K];
#pragma HLS ARRAY_PARTITION variable=beats type=complete dim=1
            for (int k = 0; k < K; ++k) {
#pragma HLS UNROLL
                const bool wins = LARGEST ? (LAST_INDEX ? x >= best[k] : x > best[k])
                                          : (LAST_INDEX ? x <= best[k] : x < best[k]);
                beats[k] = k >= index || wins; // entries from index on are still free
            }
            for (int k = K - 1; k >= 0; --k) {
#pragma HLS UNROLL
                if (beats[k]) {
                    const bool moves = k > 0 && beats[k > 0 ? k - 1 : 0];
                    best[k] = moves ? best[k > 0 ? k - 1 : 0] : x;
                    place[k] = moves ? place[k > 0 ? k - 1 : 0] : ap_uint<INDEX_BITS>(index);
                }
            }
            if (++index == N) {
                ap_uint<K * INDEX_BITS> index_word;
                ap_uint<K * In::bits> value_word;
                for (int k = 0; k < K; ++k) {
#pragma HLS UNROLL
                    set_lane<Unsigned<INDEX_BITS>>(index_word, k, place[k]);
                    set_lane<In>(value_word, k, best[k]);
                }
                indices.write(index_word);
                values.write(value_word);
                index = 0;
            }
        }
    }
}

} // namespace detail

template <int N, int K, int PE, typename In, int INDEX_BITS, int VECTORS = 1, bool LARGEST = true,
          bool LAST_INDEX = false>
void top_k(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<K * INDEX_BITS>>& indices,
           int frames) {
#pragma HLS INLINE
    detail::NoValues values;
    detail::select_top_k<N, K, PE, In, INDEX_BITS, VECTORS, LARGEST, LAST_INDEX>(in, indices,
                                                                                 values, frames);
}

template <int N, int K, int PE, typename In, int INDEX_BITS, int VECTORS = 1, bool LARGEST = true,
          bool LAST_INDEX = false>
void top_k_values(hls::stream<ap_uint<PE * In::bits>>& in,
                  hls::stream<ap_uint<K * INDEX_BITS>>& indices,
                  hls::stream<ap_uint<K * In::bits>>& values, int frames) {
#pragma HLS INLINE
    detail::select_top_k<N, K, PE, In, INDEX_BITS, VECTORS, LARGEST, LAST_INDEX>(in, indices,
                                                                                 values, frames);
}

} // namespace millrace

#endif // MILLRACE_TOP_K_HPP
