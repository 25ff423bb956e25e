// SPDX-License-Identifier: Apache-2.0
//
// Multiply, add, shift: out = clamp((in * multiplier[c] + offset[c]) >> SHIFT, LO, HI) + Z, where
// >> rounds toward minus infinity. The product and the sum are exact; their widths follow from the
// encodings. Schedule: map.hpp.
#ifndef MILLRACE_MAP_SCALE_HPP
#define MILLRACE_MAP_SCALE_HPP

#include "map.hpp"

namespace millrace {

namespace detail {

template <typename In, typename Out, typename M, typename A, int SHIFT, long long LO, long long HI,
          long long Z>
struct ScaleFunction {
    static_assert(SHIFT >= 0 && SHIFT <= 120, "shifts are 0 to 120 bits");
    static constexpr int product_bits = In::value::width + M::value::width + 1;
    static constexpr int sum_bits = greater(product_bits, A::value::width + 1) + 1;
    static_assert(sum_bits <= 120, "the scaled number is at most 120 bits");

    template <typename TableM, typename TableA>
    static ap_int<Out::bits + 2> apply(const typename In::value& x, int pe, int fold,
                                       const TableM& multiplier, const TableA& offset) {
#pragma HLS INLINE
        const ap_int<product_bits> product = x * multiplier.at(pe, fold, 0);
        const ap_int<sum_bits> sum = product + offset.at(pe, fold, 0);
        const ap_int<sum_bits> shifted = sum >> SHIFT;
        return clamp_and_add<Out, LO, HI, Z>(shifted);
    }

#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    typedef fast::Integer<sum_bits> Work;
    static constexpr int shift =
        SHIFT < static_cast<int>(8 * sizeof(Work)) ? SHIFT : static_cast<int>(8 * sizeof(Work)) - 1;

    template <typename X, typename TableM, typename TableA>
    static Native native(X x, int channel, const TableM& multiplier, const TableA& offset) {
        const Work shifted =
            (static_cast<Work>(x) * static_cast<Work>(multiplier.native(channel, 0)) +
             static_cast<Work>(offset.native(channel, 0))) >>
            shift;
        const Native clamped = shifted < LO   ? static_cast<Native>(LO)
                               : shifted > HI ? static_cast<Native>(HI)
                                              : static_cast<Native>(shifted);
        return static_cast<Native>(clamped + Z);
    }
#endif
};

} // namespace detail

template <typename In, typename Out, int SHIFT, long long LO, long long HI, long long Z = 0,
          int VECTORS = 1, int CHANNELS, int PE, typename M, typename A, bool SHARED_M,
          bool SHARED_A>
void map_scale(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               const ChannelTable<CHANNELS, PE, M, 1, SHARED_M>& multiplier,
               const ChannelTable<CHANNELS, PE, A, 1, SHARED_A>& offset, int frames) {
#pragma HLS INLINE
    map_words<detail::ScaleFunction<In, Out, M, A, SHIFT, LO, HI, Z>, CHANNELS, PE, In, Out,
              VECTORS>(in, out, frames, multiplier, offset);
}

} // namespace millrace

#endif // MILLRACE_MAP_SCALE_HPP
