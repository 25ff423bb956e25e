// SPDX-License-Identifier: Apache-2.0
//
// Multiply, add, shift: out = clamp((in * multiplier[c] + offset[c] * 2^OFFSET_SHIFT) >> SHIFT, LO,
// HI) + Z, where >> rounds toward minus infinity. The product and the sum are exact; their widths
// follow from the encodings.
//
// With TIE > 0 ties go to the even number: the sum is the number to be rounded plus a half and an
// error of less than TIE units, so a remainder below TIE is a tie, which the shift has rounded up,
// and an odd result is one too large. Schedule: map.hpp.
#ifndef MILLRACE_MAP_SCALE_HPP
#define MILLRACE_MAP_SCALE_HPP

#include "map.hpp"

namespace millrace {

namespace detail {

template <typename In, typename Out, typename M, typename A, int SHIFT, long long LO, long long HI,
          long long Z, int OFFSET_SHIFT = 0, long long TIE = 0>
struct ScaleFunction {
    static_assert(SHIFT >= 0 && SHIFT <= 120, "shifts are 0 to 120 bits");
    static_assert(OFFSET_SHIFT >= 0 && OFFSET_SHIFT <= SHIFT, "the offset is below the result");
    static_assert(TIE >= 0 && (SHIFT >= 62 || TIE < (1LL << (SHIFT < 62 ? SHIFT : 0)) || TIE == 0),
                  "ties are remainders");
    static constexpr int product_bits = In::value::width + M::value::width + 1;
    static constexpr int sum_bits = greater(product_bits, A::value::width + OFFSET_SHIFT + 1) + 1;
    static_assert(sum_bits <= 120, "the scaled number is at most 120 bits");
    static_assert(TIE == 0 || sum_bits > SHIFT + 1, "the sum holds every remainder");

    template <typename TableM, typename TableA>
    static ap_int<Out::bits + 2> apply(const typename In::value& x, int pe, int fold,
                                       const TableM& multiplier, const TableA& offset) {
#pragma HLS INLINE
        const ap_int<product_bits> product = x * multiplier.at(pe, fold, 0);
        const ap_int<sum_bits> aligned = ap_int<sum_bits>(offset.at(pe, fold, 0)) << OFFSET_SHIFT;
        const ap_int<sum_bits> sum = product + aligned;
        ap_int<sum_bits> shifted = sum >> SHIFT;
        if (TIE > 0) {
            const ap_int<sum_bits> remainder = sum - ap_int<sum_bits>(shifted << SHIFT);
            const ap_uint<1> lowest = shifted.range(0, 0);
            if (lowest == 1 && remainder < ap_int<64>(TIE)) shifted -= ap_int<2>(1);
        }
        return clamp_and_add<Out, LO, HI, Z>(shifted);
    }

#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    typedef fast::Integer<sum_bits> Work;
    static constexpr int shift =
        SHIFT < static_cast<int>(8 * sizeof(Work)) ? SHIFT : static_cast<int>(8 * sizeof(Work)) - 1;
    // The same for the offset: SHIFT can exceed the sum's bits only where both are small.
    static constexpr int offset_shift = OFFSET_SHIFT < shift ? OFFSET_SHIFT : shift;

    template <typename X, typename TableM, typename TableA>
    static Native native(X x, int channel, const TableM& multiplier, const TableA& offset) {
        const Work sum =
            static_cast<Work>(x) * static_cast<Work>(multiplier.native(channel, 0)) +
            static_cast<Work>(offset.native(channel, 0)) * (static_cast<Work>(1) << offset_shift);
        Work shifted = sum >> shift;
        if (TIE > 0 && (shifted & 1) != 0) {
            shifted -= static_cast<Work>(
                (sum & ((static_cast<Work>(1) << shift) - 1)) < static_cast<Work>(TIE));
        }
        const Native clamped = shifted < LO   ? static_cast<Native>(LO)
                               : shifted > HI ? static_cast<Native>(HI)
                                              : static_cast<Native>(shifted);
        return static_cast<Native>(clamped + Z);
    }
#endif
};

} // namespace detail

template <typename In, typename Out, int SHIFT, long long LO, long long HI, long long Z = 0,
          int VECTORS = 1, int OFFSET_SHIFT = 0, long long TIE = 0, int CHANNELS, int PE,
          typename M, typename A, bool SHARED_M, bool SHARED_A>
void map_scale(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               const ChannelTable<CHANNELS, PE, M, 1, SHARED_M>& multiplier,
               const ChannelTable<CHANNELS, PE, A, 1, SHARED_A>& offset, int frames) {
#pragma HLS INLINE
    map_words<detail::ScaleFunction<In, Out, M, A, SHIFT, LO, HI, Z, OFFSET_SHIFT, TIE>, CHANNELS,
              PE, In, Out, VECTORS>(in, out, frames, multiplier, offset);
}

} // namespace millrace

#endif // MILLRACE_MAP_SCALE_HPP
