// SPDX-License-Identifier: Apache-2.0
//
// Surrounds the two axes before the channels by a value: [IMAGES, A, B, C] becomes
// [IMAGES, TOP + A + BOTTOM, LEFT + B + RIGHT, C]. The pads of channel c are values[c], a
// ChannelTable or a Constant; the output encoding holds them and the inputs.
//
// Schedule: one output word an iteration, which reads an input word if it sends one:
// IMAGES * (TOP + A + BOTTOM) * (LEFT + B + RIGHT) * C / PE iterations a frame.
#ifndef MILLRACE_PAD_HPP
#define MILLRACE_PAD_HPP

#include "parameters.hpp"

namespace millrace {

// The hardware: one loop iteration a cycle.
template <typename In, typename Out, int C, int PE, int A, int B, int TOP, int BOTTOM, int LEFT,
          int RIGHT, int IMAGES = 1, typename Values>
void pad_loops(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               const Values& values, int frames) {
#pragma HLS INLINE
    static_assert(C % PE == 0, "PE divides the number of channels");
    static_assert(PE * In::bits <= max_word_bits && PE * Out::bits <= max_word_bits,
                  "stream words are at most 4,096 bits");
    constexpr int folds = C / PE;
    constexpr int rows = TOP + A + BOTTOM;
    constexpr int columns = LEFT + B + RIGHT;
    int row = 0;
    int column = 0;
    int fold = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < IMAGES * rows * columns * folds; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            const bool inside =
                row >= TOP && row < TOP + A && column >= LEFT && column < LEFT + B;
            ap_uint<PE * In::bits> inputs = 0;
            if (inside) inputs = in.read();
            ap_uint<PE * Out::bits> outputs;
            for (int pe = 0; pe < PE; ++pe) {
#pragma HLS UNROLL
                const ap_uint<Out::bits> sent = Out::encode(get_lane<In>(inputs, pe));
                const ap_uint<Out::bits> pad = Out::encode(values.at(pe, fold, 0));
                outputs.range(pe * Out::bits + Out::bits - 1, pe * Out::bits) =
                    inside ? sent : pad;
            }
            out.write(outputs);
            if (++fold == folds) {
                fold = 0;
                if (++column == columns) {
                    column = 0;
                    row = row + 1 == rows ? 0 : row + 1;
                }
            }
        }
    }
}

#ifndef __SYNTHESIS__
// The same for C simulation: rows of whole images are converted.
template <typename In, typename Out, int C, int PE, int A, int B, int TOP, int BOTTOM, int LEFT,
          int RIGHT, int IMAGES = 1, typename Values>
void pad_fast(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
              const Values& values, int frames) {
    typedef ap_uint<PE * In::bits> InWord;
    typedef ap_uint<PE * Out::bits> OutWord;
    constexpr int folds = C / PE;
    constexpr int columns = LEFT + B + RIGHT;
    std::vector<OutWord> pads(static_cast<std::size_t>(columns) * folds);
    std::int64_t numbers[PE];
    for (int i = 0; i < columns * folds; ++i) {
        for (int pe = 0; pe < PE; ++pe) {
            numbers[pe] = static_cast<std::int64_t>(values.native(i % folds * PE + pe, 0));
        }
        pads[static_cast<std::size_t>(i)] = fast::pack<Out, PE>(numbers);
    }
    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long images = static_cast<long long>(frames) * IMAGES;
    for (long long image = 0; image < images; ++image) {
        const InWord* const source = fast::read_block(in, A * B * folds, in_spare, 0);
        const OutWord* const pad = pads.data();
        fast::write_block(
            out, (TOP + A + BOTTOM) * columns * folds, out_spare,
            [source, pad](OutWord* target) {
                for (int row = 0; row < TOP + A + BOTTOM; ++row, target += columns * folds) {
                    if (row < TOP || row >= TOP + A) {
                        for (int i = 0; i < columns * folds; ++i) target[i] = pad[i];
                        continue;
                    }
                    for (int i = 0; i < LEFT * folds; ++i) target[i] = pad[i];
                    fast::convert_words<In, Out, PE>(source + (row - TOP) * B * folds, B * folds,
                                                     target + LEFT * folds);
                    for (int i = 0; i < RIGHT * folds; ++i) {
                        target[(LEFT + B) * folds + i] = pad[i];
                    }
                }
            },
            0);
    }
}
#endif

template <typename In, typename Out, int C, int PE, int A, int B, int TOP, int BOTTOM, int LEFT,
          int RIGHT, int IMAGES = 1, typename Values>
void pad(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
         const Values& values, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    pad_loops<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(in, out, values, frames);
#else
    pad_fast<In, Out, C, PE, A, B, TOP, BOTTOM, LEFT, RIGHT, IMAGES>(in, out, values, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_PAD_HPP
