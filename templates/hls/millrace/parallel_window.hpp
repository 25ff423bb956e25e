// SPDX-License-Identifier: Apache-2.0
//
// The whole sliding window at once: an image of H x W pixels, BLOCKS words each, becomes words of
// KH x KW words, lane order (kh, kw, word). Each of the blocks of channels has windows of its own,
// whose words are those of the block: an output word for each word of the pixel that ends a window.
// Strides SH, SW and dilations DH, DW by rows and by columns, no padding. IMAGES images a frame.
//
// Schedule: one input word an iteration, IMAGES * H * W * BLOCKS iterations a frame; a window
// leaves in the iteration of its last word, that of its block in pixel (oh * SH + (KH - 1) * DH,
// ow * SW + (KW - 1) * DW).
//
// Line buffer d delays by DH * W * BLOCKS words: what leaves it enters the next one and is of the
// same column and block, (KH - 1 - d) * DH rows above what is read. Each row of the window is then
// delayed by DW * BLOCKS words from column to column, the last of which is not. Windows that are
// sent lie inside of one image, so nothing is cleared between rows and images.
//
// A delay is a circular buffer and a register. An iteration writes its word to one slot and reads
// the next slot, the oldest word, into the register, from where the following iteration takes it.
// So the two slots of an iteration differ, and nothing that is written depends on what is read from
// the same buffer: a memory with one port for each keeps up with a word a cycle. Shift registers
// would be simpler to write down, but between the columns of a window they are BLOCKS words long:
// partitioned they are as many variables for the tool to schedule, not partitioned they have too
// few ports wherever it does not recognise them. A delay of one word is the register alone.
#ifndef MILLRACE_PARALLEL_WINDOW_HPP
#define MILLRACE_PARALLEL_WINDOW_HPP

#include "memory_style.hpp"
#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"
#endif

namespace millrace {

namespace detail {

// Counts positions on an axis and says at which ones a window ends: at END, END + STRIDE, ...
template <int SIZE, int END, int STRIDE> struct WindowAxis {
    ap_uint<index_bits(SIZE)> position;
    ap_uint<index_bits(greater(END, STRIDE - 1) + 1LL)> wait; // positions until a window ends

    void start() {
#pragma HLS INLINE
        position = 0;
        wait = END;
    }
    bool ends_window() const {
#pragma HLS INLINE
        return wait == 0;
    }
    // To the next position: true when it is the first again.
    bool next() {
#pragma HLS INLINE
        if (position == SIZE - 1) {
            start();
            return true;
        }
        position = ap_uint<index_bits(SIZE)>(position + 1);
        wait = wait == 0 ? ap_uint<index_bits(greater(END, STRIDE - 1) + 1LL)>(STRIDE - 1)
                         : ap_uint<index_bits(greater(END, STRIDE - 1) + 1LL)>(wait - 1);
        return false;
    }
};

// Counts the slots of a delay of LENGTH words.
template <int LENGTH> struct DelaySlots {
    ap_uint<index_bits(LENGTH)> slot;

    void start() {
#pragma HLS INLINE
        slot = 0;
    }
    ap_uint<index_bits(LENGTH)> next() const {
#pragma HLS INLINE
        return slot == LENGTH - 1 ? ap_uint<index_bits(LENGTH)>(0)
                                  : ap_uint<index_bits(LENGTH)>(slot + 1);
    }
};

// Puts a word into a delay and takes the one that was put in LENGTH words before.
template <int BITS, int LENGTH>
ap_uint<BITS> delay(const ap_uint<BITS>& word, ap_uint<BITS> (&buffer)[LENGTH],
                    ap_uint<BITS>& oldest, const DelaySlots<LENGTH>& slots) {
#pragma HLS INLINE
    const ap_uint<BITS> delayed = oldest;
    if (LENGTH == 1) {
        oldest = word;
    } else {
        buffer[slots.slot.to_int()] = word;
        oldest = buffer[slots.next().to_int()];
    }
    return delayed;
}

// The hardware: one loop iteration a cycle. The line buffers are the caller's, who says where they
// live; with KH = 1 there is one that is not used, as with KW = 1 one between columns.
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES,
          int BLOCKS>
void parallel_window_buffered(hls::stream<ap_uint<BITS>>& in,
                              hls::stream<ap_uint<KH * KW * BITS>>& out,
                              ap_uint<BITS> (&lines)[KH > 1 ? KH - 1 : 1][DH * W * BLOCKS],
                              int frames) {
#pragma HLS INLINE
    static_assert((KH - 1) * DH < H && (KW - 1) * DW < W, "a window fits into the image");
    static_assert(KH * KW * BITS <= max_word_bits, "stream words are at most 4,096 bits");

    ap_uint<BITS> line_ends[KH];
#pragma HLS ARRAY_PARTITION variable=line_ends type=complete dim=1
    ap_uint<BITS> columns[KH][KW > 1 ? KW - 1 : 1][DW * BLOCKS];
#pragma HLS ARRAY_PARTITION variable=columns type=complete dim=1
#pragma HLS ARRAY_PARTITION variable=columns type=complete dim=2
    ap_uint<BITS> column_ends[KH][KW];
#pragma HLS ARRAY_PARTITION variable=column_ends type=complete dim=0
    DelaySlots<DH * W * BLOCKS> line_slots;
    DelaySlots<DW * BLOCKS> column_slots;
    WindowAxis<H, (KH - 1) * DH, SH> row;
    WindowAxis<W, (KW - 1) * DW, SW> column;
    line_slots.start();
    column_slots.start();
    row.start();
    column.start();
    ap_uint<index_bits(BLOCKS)> block = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    words_loop:
        for (int i = 0; i < IMAGES * H * W * BLOCKS; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
// Within one iteration the slots differ (above). Between iterations they need not: with two slots
// the one that is written is read in the next iteration.
#pragma HLS DEPENDENCE variable=lines type=intra dependent=false
#pragma HLS DEPENDENCE variable=columns type=intra dependent=false
            count_iteration();
            ap_uint<KH * KW * BITS> window;
            ap_uint<BITS> line = in.read();
            for (int kh = KH - 1; kh >= 0; --kh) {
#pragma HLS UNROLL
                ap_uint<BITS> word = line;
                for (int kw = KW - 1; kw >= 0; --kw) {
#pragma HLS UNROLL
                    const int at = (kh * KW + kw) * BITS;
                    window.range(at + BITS - 1, at) = word;
                    if (kw > 0) {
                        word = delay(word, columns[kh][kw > 0 ? kw - 1 : 0], column_ends[kh][kw],
                                     column_slots);
                    }
                }
                if (kh > 0) {
                    line = delay(line, lines[kh > 0 ? kh - 1 : 0], line_ends[kh], line_slots);
                }
            }
            line_slots.slot = line_slots.next();
            column_slots.slot = column_slots.next();
            if (row.ends_window() && column.ends_window()) out.write(window);
            if (block == BLOCKS - 1) {
                block = 0;
                if (column.next()) row.next();
            } else {
                block = ap_uint<index_bits(BLOCKS)>(block + 1);
            }
        }
    }
}

template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES,
          int BLOCKS>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, AutoMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W * BLOCKS];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, lines,
                                                                                 frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES,
          int BLOCKS>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, LutMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W * BLOCKS];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=lutram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, lines,
                                                                                 frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES,
          int BLOCKS>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, BramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W * BLOCKS];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=bram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, lines,
                                                                                 frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES,
          int BLOCKS>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, UramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W * BLOCKS];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=uram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, lines,
                                                                                 frames);
}

} // namespace detail

template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1, int BLOCKS = 1, typename Memory = AutoMemory>
void parallel_window_loops(hls::stream<ap_uint<BITS>>& in,
                           hls::stream<ap_uint<KH * KW * BITS>>& out, int frames) {
#pragma HLS INLINE
    detail::parallel_window_in<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, frames,
                                                                                   Memory());
}

#ifndef __SYNTHESIS__
namespace fast {

// Writes BITS bits behind the first `at` bits of a word that is zero from there on.
template <int BITS>
inline void append_bits(const ap_uint<BITS>& bits, int at, std::uint64_t* to) {
    constexpr int limbs = (BITS + 63) / 64;
    const int offset = at & 63;
    std::uint64_t* target = to + (at >> 6);
    for (int i = 0; i < limbs; ++i) {
        const std::uint64_t limb = get_limb(bits, i);
        target[i] |= limb << offset;
        if (offset != 0) target[i + 1] |= limb >> (64 - offset);
    }
}

} // namespace fast

// The same for C simulation: words of whole images are copied.
template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1, int BLOCKS = 1>
void parallel_window_fast(hls::stream<ap_uint<BITS>>& in,
                          hls::stream<ap_uint<KH * KW * BITS>>& out, int frames) {
    typedef ap_uint<BITS> InWord;
    typedef ap_uint<KH * KW * BITS> OutWord;
    constexpr int rows = (H - (KH - 1) * DH - 1) / SH + 1;
    constexpr int columns = (W - (KW - 1) * DW - 1) / SW + 1;
    constexpr int limbs = (KH * KW * BITS + 63) / 64;

    std::vector<InWord> in_spare;
    std::vector<OutWord> out_spare;
    const long long images = static_cast<long long>(frames) * IMAGES;
    for (long long image = 0; image < images; ++image) {
        const InWord* const image_words = fast::read_block(in, H * W * BLOCKS, in_spare, 0);
        fast::write_block(
            out, rows * columns * BLOCKS, out_spare,
            [image_words](OutWord* windows) {
                for (int oh = 0; oh < rows; ++oh) {
                    for (int ow = 0; ow < columns; ++ow) {
                        const InWord* first = image_words + (oh * SH * W + ow * SW) * BLOCKS;
                        for (int block = 0; block < BLOCKS; ++block, ++first, ++windows) {
                            std::uint64_t limb[limbs + 1] = {};
                            for (int kh = 0; kh < KH; ++kh) {
                                for (int kw = 0; kw < KW; ++kw) {
                                    fast::append_bits(first[(kh * DH * W + kw * DW) * BLOCKS],
                                                      (kh * KW + kw) * BITS, limb);
                                }
                            }
                            for (int l = 0; l < limbs; ++l) fast::set_limb(*windows, l, limb[l]);
                        }
                    }
                }
            },
            0);
    }
}
#endif

template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1, int BLOCKS = 1, typename Memory = AutoMemory>
void parallel_window(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                     int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    parallel_window_loops<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS, Memory>(in, out,
                                                                                      frames);
#else
    parallel_window_fast<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, BLOCKS>(in, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_PARALLEL_WINDOW_HPP
