// SPDX-License-Identifier: Apache-2.0
//
// Regroups the elements of a frame from words of IN_LANES lanes to words of OUT_LANES lanes, for
// the width converter and the memory movers.
//
// A lane is a container of IN_STRIDE (OUT_STRIDE) bits that holds an element of BITS bits in its
// low end. Elements wait in a buffer; in each iteration a word is read if fewer than OUT_LANES
// elements wait, and a word is written if at least OUT_LANES wait afterwards. Before a read fewer
// than OUT_LANES wait, so the buffer never holds IN_LANES + OUT_LANES. If IN_LANES < OUT_LANES
// every iteration reads, else every iteration writes: a frame takes max(input words, output words)
// iterations. Only when the last word of a frame is partly filled and the last input word also
// completes the word before it, there is one iteration more (conversion_cycles).
//
// The buffer moves in chunks of gcd(IN_LANES, OUT_LANES) lanes: one for integer ratios.
#ifndef MILLRACE_LANE_CONVERTER_HPP
#define MILLRACE_LANE_CONVERTER_HPP

#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"

#include <vector>
#endif

namespace millrace {

constexpr int greatest_common_divisor(int a, int b) {
    return b == 0 ? a : greatest_common_divisor(b, a % b);
}

// Iterations that regroup one frame.
constexpr int conversion_cycles(int elements, int in_lanes, int out_lanes) {
    return greater(ceil_div(elements, in_lanes), ceil_div(elements, out_lanes)) +
           (in_lanes < out_lanes && elements % out_lanes != 0 && elements % out_lanes < in_lanes
                ? 1
                : 0);
}

namespace detail {

// The hardware. E is the element's encoding; with EXTEND, signed elements are extended to the
// container on the way out, so that a host reads native integers; other container bits are zero.
template <typename E, int IN_LANES, int IN_STRIDE, int OUT_LANES, int OUT_STRIDE, int ELEMENTS,
          bool EXTEND>
void convert_lanes_loops(hls::stream<ap_uint<IN_LANES * IN_STRIDE>>& in,
                         hls::stream<ap_uint<OUT_LANES * OUT_STRIDE>>& out, int frames) {
    static_assert(IN_LANES * IN_STRIDE <= max_word_bits && OUT_LANES * OUT_STRIDE <= max_word_bits,
                  "words are at most 4,096 bits");
    constexpr int chunk_lanes = greatest_common_divisor(IN_LANES, OUT_LANES);
    constexpr int chunk_bits = chunk_lanes * E::bits;
    constexpr int in_chunks = IN_LANES / chunk_lanes;
    constexpr int out_chunks = OUT_LANES / chunk_lanes;
    constexpr int capacity = in_chunks + out_chunks - 1;
    constexpr int in_words = ceil_div(ELEMENTS, IN_LANES);
    constexpr int cycles = conversion_cycles(ELEMENTS, IN_LANES, OUT_LANES);

    ap_uint<chunk_bits> waiting[capacity];
#pragma HLS ARRAY_PARTITION variable=waiting type=complete dim=1
    for (int c = 0; c < capacity; ++c) {
#pragma HLS UNROLL
        waiting[c] = 0;
    }
    int have = 0;  // chunks that wait
    int taken = 0; // words read in this frame
    int cycle = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    cycles_loop:
        for (int i = 0; i < cycles; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const bool last = ++cycle == cycles;
            if (have < out_chunks && taken < in_words) {
                const ap_uint<IN_LANES * IN_STRIDE> word = in.read();
                // With single output chunks nothing waits when a word is read.
                const int at = out_chunks == 1 ? 0 : have;
                for (int c = 0; c < in_chunks; ++c) {
#pragma HLS UNROLL
                    ap_uint<chunk_bits> chunk;
                    for (int lane = 0; lane < chunk_lanes; ++lane) {
#pragma HLS UNROLL
                        const int from = (c * chunk_lanes + lane) * IN_STRIDE;
                        const ap_uint<E::bits> code = word.range(from + E::bits - 1, from);
                        chunk.range(lane * E::bits + E::bits - 1, lane * E::bits) = code;
                    }
                    waiting[at + c] = chunk;
                }
                have += in_chunks;
                ++taken;
            }
            if (have >= out_chunks || last) {
                ap_uint<OUT_LANES * OUT_STRIDE> word = 0;
                for (int lane = 0; lane < OUT_LANES; ++lane) {
#pragma HLS UNROLL
                    const int from = (lane % chunk_lanes) * E::bits;
                    const ap_uint<E::bits> code =
                        waiting[lane / chunk_lanes].range(from + E::bits - 1, from);
                    const ap_int<E::bits> number = code;
                    const ap_uint<OUT_STRIDE> container = EXTEND && E::is_signed && !E::is_bipolar
                                                              ? ap_uint<OUT_STRIDE>(number)
                                                              : ap_uint<OUT_STRIDE>(code);
                    word.range(lane * OUT_STRIDE + OUT_STRIDE - 1, lane * OUT_STRIDE) = container;
                }
                out.write(word);
                for (int c = 0; c < capacity; ++c) {
#pragma HLS UNROLL
                    waiting[c] = !last && c + out_chunks < capacity
                                     ? waiting[c + out_chunks < capacity ? c + out_chunks : 0]
                                     : ap_uint<chunk_bits>(0);
                }
                have -= out_chunks;
            }
            if (last) {
                have = 0;
                taken = 0;
                cycle = 0;
            }
        }
    }
}

#ifndef __SYNTHESIS__
// An element's code in a container of STRIDE bits.
template <typename E, int STRIDE, bool EXTEND>
inline std::uint64_t to_container(std::uint64_t code) {
    constexpr std::uint64_t element = ~std::uint64_t(0) >> (64 - E::bits);
    constexpr std::uint64_t container = ~std::uint64_t(0) >> (64 - STRIDE);
    code &= element;
    if (!EXTEND || !E::is_signed || E::is_bipolar) return code;
    return static_cast<std::uint64_t>(fast::decode_code<E>(code)) & container;
}

// The same for C simulation: a frame's bits are gathered in an array, then cut into words. Where
// the containers are as wide as the elements, words are moved 64 bits at a time.
template <typename E, int IN_LANES, int IN_STRIDE, int OUT_LANES, int OUT_STRIDE, int ELEMENTS,
          bool EXTEND>
void convert_lanes_fast(hls::stream<ap_uint<IN_LANES * IN_STRIDE>>& in,
                        hls::stream<ap_uint<OUT_LANES * OUT_STRIDE>>& out, int frames) {
    constexpr int in_words = ceil_div(ELEMENTS, IN_LANES);
    constexpr int out_words = ceil_div(ELEMENTS, OUT_LANES);
    constexpr bool dense = IN_STRIDE == E::bits && OUT_STRIDE == E::bits;
    constexpr int in_bits = IN_LANES * IN_STRIDE;
    constexpr int out_bits = OUT_LANES * OUT_STRIDE;
    constexpr int in_limbs = (in_bits + 63) / 64;
    constexpr int out_limbs = (out_bits + 63) / 64;
    constexpr int most_lanes = greater(in_words * IN_LANES, out_words * OUT_LANES);

    std::vector<std::uint64_t> held(dense ? static_cast<std::size_t>(most_lanes) * E::bits / 64 +
                                                in_limbs + out_limbs + 2
                                          : static_cast<std::size_t>(most_lanes));
    std::vector<ap_uint<in_bits>> in_spare;
    std::vector<ap_uint<out_bits>> out_spare;
    for (int frame = 0; frame < frames; ++frame) {
        const ap_uint<in_bits>* const source = fast::read_block(in, in_words, in_spare, 0);
        if (dense) {
            for (auto& limb : held) limb = 0;
            std::size_t at = 0;
            for (int i = 0; i < in_words; ++i, at += in_bits) {
                const int offset = static_cast<int>(at & 63);
                for (int l = 0; l < in_limbs; ++l) {
                    const std::uint64_t limb = fast::get_limb(source[i], l);
                    held[(at >> 6) + l] |= limb << offset;
                    if (offset != 0) held[(at >> 6) + l + 1] |= limb >> (64 - offset);
                }
            }
            // Bits past the last element are the input's padding.
            const std::size_t end = static_cast<std::size_t>(ELEMENTS) * E::bits;
            if ((end & 63) != 0) held[end >> 6] &= ~std::uint64_t(0) >> (64 - (end & 63));
            for (std::size_t l = (end + 63) / 64; l < held.size(); ++l) held[l] = 0;
            const std::uint64_t* const limbs = held.data();
            fast::write_block(
                out, out_words, out_spare,
                [limbs](ap_uint<out_bits>* words) {
                    std::size_t from = 0;
                    for (int i = 0; i < out_words; ++i, from += out_bits) {
                        const int offset = static_cast<int>(from & 63);
                        for (int l = 0; l < out_limbs; ++l) {
                            std::uint64_t limb = limbs[(from >> 6) + l] >> offset;
                            if (offset != 0) limb |= limbs[(from >> 6) + l + 1] << (64 - offset);
                            fast::set_limb(words[i], l, limb);
                        }
                    }
                },
                0);
        } else {
            for (int i = 0; i < in_words; ++i) {
                std::uint64_t* codes = held.data() + static_cast<std::size_t>(i) * IN_LANES;
                fast::for_each_lane<IN_STRIDE, IN_LANES>(
                    source[i], [codes](int lane, std::uint64_t code) { codes[lane] = code; });
            }
            for (std::size_t i = ELEMENTS; i < held.size(); ++i) held[i] = 0;
            const std::uint64_t* const all = held.data();
            fast::write_block(
                out, out_words, out_spare,
                [all](ap_uint<out_bits>* words) {
                    for (int i = 0; i < out_words; ++i) {
                        const std::uint64_t* codes = all + static_cast<std::size_t>(i) * OUT_LANES;
                        words[i] =
                            fast::pack_codes<OUT_STRIDE, OUT_LANES, out_bits>([codes](int lane) {
                                return to_container<E, OUT_STRIDE, EXTEND>(codes[lane]);
                            });
                    }
                },
                0);
        }
    }
}
#endif

template <typename E, int IN_LANES, int IN_STRIDE, int OUT_LANES, int OUT_STRIDE, int ELEMENTS,
          bool EXTEND>
void convert_lanes(hls::stream<ap_uint<IN_LANES * IN_STRIDE>>& in,
                   hls::stream<ap_uint<OUT_LANES * OUT_STRIDE>>& out, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    convert_lanes_loops<E, IN_LANES, IN_STRIDE, OUT_LANES, OUT_STRIDE, ELEMENTS, EXTEND>(in, out,
                                                                                         frames);
#else
    convert_lanes_fast<E, IN_LANES, IN_STRIDE, OUT_LANES, OUT_STRIDE, ELEMENTS, EXTEND>(in, out,
                                                                                        frames);
#endif
}

} // namespace detail

} // namespace millrace

#endif // MILLRACE_LANE_CONVERTER_HPP
