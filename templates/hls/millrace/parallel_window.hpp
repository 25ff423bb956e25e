// SPDX-License-Identifier: Apache-2.0
//
// The whole sliding window at once: an image of H x W pixels, one a word, becomes words of KH x KW
// pixels, lane order (kh, kw, pixel). Strides SH, SW and dilations DH, DW by rows and by columns,
// no padding. IMAGES images a frame.
//
// Schedule: one pixel an iteration, IMAGES * H * W iterations a frame; a window leaves in the
// iteration of its last pixel, (oh * SH + (KH - 1) * DH, ow * SW + (KW - 1) * DW).
//
// Line buffer d holds the last DH * W pixels of the rows d * DH above: the pixel that leaves it
// enters the next one, so its word is DH rows above what is put in. One position, which wraps after
// DH * W, serves all. The pixels of a column then enter shift registers, one per window row.
// Windows that are sent lie inside of one image, so nothing is cleared between rows and images.
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

// The hardware: one loop iteration a cycle. The line buffers are the caller's, who says where they
// live; with KH = 1 there is one that is not used.
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES>
void parallel_window_buffered(hls::stream<ap_uint<BITS>>& in,
                              hls::stream<ap_uint<KH * KW * BITS>>& out,
                              ap_uint<BITS> (&lines)[KH > 1 ? KH - 1 : 1][DH * W], int frames) {
#pragma HLS INLINE
    static_assert((KH - 1) * DH < H && (KW - 1) * DW < W, "a window fits into the image");
    static_assert(KH * KW * BITS <= max_word_bits, "stream words are at most 4,096 bits");
    constexpr int columns = (KW - 1) * DW + 1;

    ap_uint<BITS> window[KH][columns];
#pragma HLS ARRAY_PARTITION variable=window type=complete dim=0
    WindowAxis<H, (KH - 1) * DH, SH> row;
    WindowAxis<W, (KW - 1) * DW, SW> column;
    row.start();
    column.start();
    ap_uint<index_bits(DH * W)> position = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    pixels_loop:
        for (int i = 0; i < IMAGES * H * W; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
            count_iteration();
            for (int kh = 0; kh < KH; ++kh) {
#pragma HLS UNROLL
                for (int c = 0; c < columns - 1; ++c) {
#pragma HLS UNROLL
                    window[kh][c] = window[kh][c + 1];
                }
            }
            ap_uint<BITS> pixel = in.read();
            for (int kh = KH - 1; kh >= 0; --kh) {
#pragma HLS UNROLL
                window[kh][columns - 1] = pixel;
                if (kh > 0) {
                    const ap_uint<BITS> above = lines[kh > 0 ? kh - 1 : 0][position.to_int()];
                    lines[kh > 0 ? kh - 1 : 0][position.to_int()] = pixel;
                    pixel = above;
                }
            }
            position = position == DH * W - 1 ? ap_uint<index_bits(DH * W)>(0)
                                              : ap_uint<index_bits(DH * W)>(position + 1);
            if (row.ends_window() && column.ends_window()) {
                ap_uint<KH * KW * BITS> word;
                for (int kh = 0; kh < KH; ++kh) {
#pragma HLS UNROLL
                    for (int kw = 0; kw < KW; ++kw) {
#pragma HLS UNROLL
                        const int at = (kh * KW + kw) * BITS;
                        word.range(at + BITS - 1, at) = window[kh][kw * DW];
                    }
                }
                out.write(word);
            }
            if (column.next()) row.next();
        }
    }
}

template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, AutoMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, lines, frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, LutMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=lutram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, lines, frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, BramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=bram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, lines, frames);
}
template <int BITS, int H, int W, int KH, int KW, int SH, int SW, int DH, int DW, int IMAGES>
void parallel_window_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                        int frames, UramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> lines[KH > 1 ? KH - 1 : 1][DH * W];
#pragma HLS ARRAY_PARTITION variable=lines type=complete dim=1
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p impl=uram
    parallel_window_buffered<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, lines, frames);
}

} // namespace detail

template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1, typename Memory = AutoMemory>
void parallel_window_loops(hls::stream<ap_uint<BITS>>& in,
                           hls::stream<ap_uint<KH * KW * BITS>>& out, int frames) {
#pragma HLS INLINE
    detail::parallel_window_in<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, frames,
                                                                           Memory());
}

#ifndef __SYNTHESIS__
namespace fast {

// Writes BITS bits of a pixel behind the first `at` bits of a word that is zero from there on.
template <int BITS>
inline void append_pixel(const ap_uint<BITS>& pixel, int at, std::uint64_t* to) {
    constexpr int limbs = (BITS + 63) / 64;
    const int offset = at & 63;
    std::uint64_t* target = to + (at >> 6);
    for (int i = 0; i < limbs; ++i) {
        const std::uint64_t limb = get_limb(pixel, i);
        target[i] |= limb << offset;
        if (offset != 0) target[i + 1] |= limb >> (64 - offset);
    }
}

} // namespace fast

// The same for C simulation: pixels of whole images are copied.
template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1>
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
        const InWord* const pixels = fast::read_block(in, H * W, in_spare, 0);
        fast::write_block(
            out, rows * columns, out_spare,
            [pixels](OutWord* words) {
                for (int oh = 0; oh < rows; ++oh) {
                    for (int ow = 0; ow < columns; ++ow, ++words) {
                        const InWord* const first = pixels + oh * SH * W + ow * SW;
                        std::uint64_t limb[limbs + 1] = {};
                        for (int kh = 0; kh < KH; ++kh) {
                            for (int kw = 0; kw < KW; ++kw) {
                                fast::append_pixel(first[kh * DH * W + kw * DW],
                                                   (kh * KW + kw) * BITS, limb);
                            }
                        }
                        for (int l = 0; l < limbs; ++l) fast::set_limb(*words, l, limb[l]);
                    }
                }
            },
            0);
    }
}
#endif

template <int BITS, int H, int W, int KH, int KW, int SH = 1, int SW = 1, int DH = 1, int DW = 1,
          int IMAGES = 1, typename Memory = AutoMemory>
void parallel_window(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<KH * KW * BITS>>& out,
                     int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    parallel_window_loops<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES, Memory>(in, out, frames);
#else
    parallel_window_fast<BITS, H, W, KH, KW, SH, SW, DH, DW, IMAGES>(in, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_PARALLEL_WINDOW_HPP
