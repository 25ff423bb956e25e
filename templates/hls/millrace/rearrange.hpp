// SPDX-License-Identifier: Apache-2.0
//
// Words of a frame by nested loops: output word j, in row-major order of the loops' counts, is
// input word a(j) = OFFSET + sum of index * stride. Sliding windows, transposes, slices, repetition
// and interleaving are all this actor.
//
// A circular buffer of DEPTH words holds word x in slot x % DEPTH. With low(j) the address without
// the loops behind the first LEADING, which only go forward, no word before low(j) is sent any
// more. Each iteration, with r words read and j words sent before it,
//   - reads a word when words are left and r - low(j) < DEPTH (or all words are sent): it takes the
//     slot of a word before low(j);
//   - sends word j when a(j) < r. As low(j) <= a(j) < r <= low(j) + DEPTH, the slot is not the one
//     that is written in the same iteration.
// CYCLES iterations a frame, which is what this schedule takes; the caller has counted it. Frames
// do not overlap.
//
// The loops are counters. Addresses, slots and distances advance by constants that depend only on
// which loop goes on, slots wrap by one comparison and subtraction: no multiplier, no divider.
#ifndef MILLRACE_REARRANGE_HPP
#define MILLRACE_REARRANGE_HPP

#include "memory_style.hpp"
#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"

#include <stdexcept>
#endif

namespace millrace {

template <int COUNT, int STRIDE> struct Loop {
    static_assert(COUNT >= 1 && STRIDE >= 0, "a loop has iterations and goes forward");
};
template <typename...> struct Loops {};

namespace detail {

// How far one step of the loops goes.
struct LoopStep {
    int address; // a(j + 1) - a(j)
    int low;     // low(j + 1) - low(j)
    int slot;    // the address's step modulo DEPTH
};

constexpr int modulo(int a, int b) { return (a % b + b) % b; }

// The loops from number POSITION on. LEADING counts loops of the whole nest.
template <int POSITION, int LEADING, int DEPTH, typename... Ls> struct LoopNest {
    static constexpr int reach = 0;     // last address - first address
    static constexpr int low_reach = 0; // the same of low
    static constexpr long long words = 1;
    static constexpr bool forward = true; // the leading loops only go forward

    void start() {
#pragma HLS INLINE
    }
    // To the next word: false when it was the last, and the nest is at its start again.
    bool next(LoopStep&) {
#pragma HLS INLINE
        return false;
    }
#ifndef __SYNTHESIS__
    template <typename Word> static Word* gather(const Word* from, Word* to) {
        *to = *from;
        return to + 1;
    }
#endif
};

template <int POSITION, int LEADING, int DEPTH, int COUNT, int STRIDE, typename... Inner>
struct LoopNest<POSITION, LEADING, DEPTH, Loop<COUNT, STRIDE>, Inner...> {
    typedef LoopNest<POSITION + 1, LEADING, DEPTH, Inner...> Rest;
    static constexpr bool leads = POSITION < LEADING;
    static constexpr int reach = (COUNT - 1) * STRIDE + Rest::reach;
    static constexpr int low_reach = leads ? (COUNT - 1) * STRIDE + Rest::low_reach : 0;
    static constexpr long long words = COUNT * Rest::words;
    static constexpr bool forward =
        Rest::forward && (!leads || COUNT == 1 || STRIDE >= Rest::low_reach);

    ap_uint<index_bits(COUNT)> index;
    Rest rest;

    void start() {
#pragma HLS INLINE
        index = 0;
        rest.start();
    }
    bool next(LoopStep& step) {
#pragma HLS INLINE
        if (rest.next(step)) return true;
        if (index == COUNT - 1) {
            index = 0;
            return false;
        }
        index = ap_uint<index_bits(COUNT)>(index + 1);
        step.address = STRIDE - Rest::reach;
        step.low = leads ? STRIDE - Rest::low_reach : 0;
        step.slot = modulo(STRIDE - Rest::reach, DEPTH);
        return true;
    }
#ifndef __SYNTHESIS__
    template <typename Word> static Word* gather(const Word* from, Word* to) {
        if (sizeof...(Inner) == 0) {
            for (int i = 0; i < COUNT; ++i) to[i] = from[i * STRIDE];
            return to + COUNT;
        }
        for (int i = 0; i < COUNT; ++i) to = Rest::gather(from + i * STRIDE, to);
        return to;
    }
#endif
};

template <int LEADING, int DEPTH, typename List> struct NestOf;
template <int LEADING, int DEPTH, typename... Ls> struct NestOf<LEADING, DEPTH, Loops<Ls...>> {
    static_assert(sizeof...(Ls) >= 1 && sizeof...(Ls) <= 8, "there are 1 to 8 loops");
    static_assert(LEADING >= 0 && LEADING <= static_cast<int>(sizeof...(Ls)),
                  "the leading loops are among the loops");
    typedef LoopNest<0, LEADING, DEPTH, Ls...> type;
    static_assert(type::forward, "the leading loops only go forward");
    static_assert(type::reach - type::low_reach < DEPTH, "the buffer holds what is still needed");
};

// The hardware: one loop iteration a cycle. The buffer is the caller's, who says where it lives.
template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List>
void rearrange_buffered(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out,
                        ap_uint<BITS> (&buffer)[DEPTH], int frames) {
#pragma HLS INLINE
    typedef typename NestOf<LEADING, DEPTH, List>::type Nest;
    static_assert(OFFSET >= 0 && OFFSET + Nest::reach < IN_WORDS,
                  "the words sent are in the frame");
    // Distances are between -IN_WORDS and IN_WORDS, and DEPTH where that is more.
    typedef ap_int<index_bits(greater(IN_WORDS, DEPTH) + 1LL) + 1> Distance;
    typedef ap_uint<index_bits(DEPTH)> Slot;

    Nest nest;
    nest.start();
    bool sending = true;
    Distance unread = IN_WORDS; // IN_WORDS - r
    Distance ahead = -OFFSET;   // r - a(j)
    Distance held = -OFFSET;    // r - low(j)
    Slot write_slot = 0;        // r % DEPTH
    Slot read_slot = OFFSET % DEPTH;
    int cycle = 0;
frames_loop:
    for (int frame = 0; frame < frames; ++frame) {
    cycles_loop:
        for (int i = 0; i < CYCLES; ++i) {
#pragma HLS PIPELINE II=1 style=flp
#pragma HLS LOOP_FLATTEN
// Within one iteration the slots differ (above). Between iterations they need not: a word may be
// sent in the iteration after it was read, so that dependence stays. It costs no cycle, because
// nothing that is written depends on what is read from the buffer.
#pragma HLS DEPENDENCE variable=buffer type=intra dependent=false
            count_iteration();
            const bool reads = unread > 0 && (!sending || held < DEPTH);
            const bool sends = sending && ahead > 0;
#ifndef __SYNTHESIS__
            if (!reads && !sends) {
                throw std::logic_error("rearrange: a frame takes less than CYCLES iterations");
            }
#endif
            Distance address_step = 0;
            Distance low_step = 0;
            if (sends) {
                out.write(buffer[read_slot.to_int()]);
                LoopStep step = {0, 0, 0};
                sending = nest.next(step);
                address_step = step.address;
                low_step = step.low;
                const ap_uint<index_bits(DEPTH) + 1> slot =
                    read_slot + ap_uint<index_bits(DEPTH)>(step.slot);
                read_slot = slot >= DEPTH ? Slot(slot - DEPTH) : Slot(slot);
            }
            if (reads) {
                buffer[write_slot.to_int()] = in.read();
                write_slot = write_slot == DEPTH - 1 ? Slot(0) : Slot(write_slot + 1);
                unread = Distance(unread - 1);
            }
            const ap_uint<1> read = reads ? 1 : 0;
            ahead = Distance(ahead + read - address_step);
            held = Distance(held + read - low_step);
            if (++cycle == CYCLES) {
#ifndef __SYNTHESIS__
                if (sending || unread > 0) {
                    throw std::logic_error("rearrange: a frame takes more than CYCLES iterations");
                }
#endif
                nest.start();
                sending = true;
                unread = IN_WORDS;
                ahead = -OFFSET;
                held = -OFFSET;
                write_slot = 0;
                read_slot = OFFSET % DEPTH;
                cycle = 0;
            }
        }
    }
}

template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List>
void rearrange_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames,
                  AutoMemory) {
#pragma HLS INLINE
    ap_uint<BITS> buffer[DEPTH];
    rearrange_buffered<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List>(in, out, buffer,
                                                                             frames);
}
template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List>
void rearrange_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames,
                  LutMemory) {
#pragma HLS INLINE
    ap_uint<BITS> buffer[DEPTH];
#pragma HLS BIND_STORAGE variable=buffer type=ram_s2p impl=lutram
    rearrange_buffered<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List>(in, out, buffer,
                                                                             frames);
}
template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List>
void rearrange_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames,
                  BramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> buffer[DEPTH];
#pragma HLS BIND_STORAGE variable=buffer type=ram_s2p impl=bram
    rearrange_buffered<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List>(in, out, buffer,
                                                                             frames);
}
template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List>
void rearrange_in(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames,
                  UramMemory) {
#pragma HLS INLINE
    ap_uint<BITS> buffer[DEPTH];
#pragma HLS BIND_STORAGE variable=buffer type=ram_s2p impl=uram
    rearrange_buffered<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List>(in, out, buffer,
                                                                             frames);
}

} // namespace detail

template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List,
          typename Memory = AutoMemory>
void rearrange_loops(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames) {
#pragma HLS INLINE
    detail::rearrange_in<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List>(in, out, frames,
                                                                               Memory());
}

#ifndef __SYNTHESIS__
// The same for C simulation: words of whole frames are copied.
template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int LEADING, typename List>
void rearrange_fast(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames) {
    typedef ap_uint<BITS> Word;
    typedef typename detail::NestOf<LEADING, DEPTH, List>::type Nest;
    static_assert(OFFSET >= 0 && OFFSET + Nest::reach < IN_WORDS,
                  "the words sent are in the frame");
    std::vector<Word> in_spare;
    std::vector<Word> out_spare;
    for (int frame = 0; frame < frames; ++frame) {
        const Word* const words = fast::read_block(in, IN_WORDS, in_spare, 0);
        fast::write_block(
            out, Nest::words, out_spare,
            [words](Word* target) { Nest::gather(words + OFFSET, target); }, 0);
    }
}
#endif

template <int BITS, int IN_WORDS, int DEPTH, int OFFSET, int CYCLES, int LEADING, typename List,
          typename Memory = AutoMemory>
void rearrange(hls::stream<ap_uint<BITS>>& in, hls::stream<ap_uint<BITS>>& out, int frames) {
#pragma HLS INLINE
#if defined(__SYNTHESIS__) || defined(MILLRACE_HARDWARE_LOOPS)
    rearrange_loops<BITS, IN_WORDS, DEPTH, OFFSET, CYCLES, LEADING, List, Memory>(in, out, frames);
#else
    rearrange_fast<BITS, IN_WORDS, DEPTH, OFFSET, LEADING, List>(in, out, frames);
#endif
}

} // namespace millrace

#endif // MILLRACE_REARRANGE_HPP
