// SPDX-License-Identifier: Apache-2.0
//
// Division by a power of two with any rounding mode:
//   out = clamp(round((in + add[c]) / 2^SHIFT), LO, HI) + Z.
//
// The quotient's floor q and the remainder r decide every mode: the result is q or q + 1, and which
// one depends only on r against 0 and one half, the sign, and q's lowest bit. Schedule: map.hpp.
#ifndef MILLRACE_MAP_SHIFT_HPP
#define MILLRACE_MAP_SHIFT_HPP

#include "map.hpp"

namespace millrace {

enum class Rounding {
    floor,
    ceil,
    half_even,
    half_up,   // half away from zero
    half_down, // half toward zero
    up,        // away from zero
    down       // toward zero
};

namespace detail {

// Whether the quotient's floor is to be increased by one.
template <Rounding MODE>
bool rounds_up(bool negative, bool exact, bool above_half, bool at_half, bool odd) {
#pragma HLS INLINE
    return MODE == Rounding::ceil        ? !exact
           : MODE == Rounding::half_even ? above_half || (at_half && odd)
           : MODE == Rounding::half_up   ? above_half || (at_half && !negative)
           : MODE == Rounding::half_down ? above_half || (at_half && negative)
           : MODE == Rounding::up        ? !exact && !negative
           : MODE == Rounding::down      ? !exact && negative
                                         : false;
}

template <typename In, typename Out, typename Add, int SHIFT, Rounding MODE, long long LO,
          long long HI, long long Z>
struct ShiftFunction {
    static_assert(SHIFT >= 0 && SHIFT <= 62, "shifts are 0 to 62 bits");
    static constexpr int sum_bits = greater(In::value::width, Add::value::width) + 2;
    // Room for the remainder and for q + 1.
    static constexpr int work_bits = greater(sum_bits, SHIFT) + 2;

    template <typename Table>
    static ap_int<Out::bits + 2> apply(const typename In::value& x, int pe, int fold,
                                       const Table& add) {
#pragma HLS INLINE
        const ap_int<sum_bits> sum = x + add.at(pe, fold, 0);
        const ap_int<work_bits> wide = sum;
        ap_int<work_bits> quotient = wide >> SHIFT;
        const ap_int<work_bits> remainder = wide - ap_int<work_bits>(quotient << SHIFT);
        const ap_int<work_bits> half =
            SHIFT == 0 ? ap_int<work_bits>(1)
                       : ap_int<work_bits>(ap_int<work_bits>(1) << (SHIFT > 0 ? SHIFT - 1 : 0));
        const ap_uint<1> lowest = quotient.range(0, 0);
        if (rounds_up<MODE>(wide < 0, remainder == 0, remainder > half, remainder == half,
                            lowest == 1)) {
            quotient += ap_int<2>(1);
        }
        return clamp_and_add<Out, LO, HI, Z>(quotient);
    }

#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    typedef fast::Integer<work_bits> Work;

    template <typename X, typename Table> static Native native(X x, int channel, const Table& add) {
        const Work sum = static_cast<Work>(x) + static_cast<Work>(add.native(channel, 0));
        Work quotient = sum >> SHIFT;
        const Work remainder = sum & ((static_cast<Work>(1) << SHIFT) - 1);
        const Work half = SHIFT == 0 ? 1 : static_cast<Work>(1) << (SHIFT > 0 ? SHIFT - 1 : 0);
        quotient += rounds_up<MODE>(sum < 0, remainder == 0, remainder > half, remainder == half,
                                    (quotient & 1) != 0);
        const auto clamped = quotient < LO ? LO : quotient > HI ? HI : quotient;
        return static_cast<Native>(clamped + Z);
    }
#endif
};

} // namespace detail

template <typename In, typename Out, int SHIFT, Rounding MODE, long long LO, long long HI,
          long long Z = 0, int VECTORS = 1, int CHANNELS, int PE, typename Add, bool SHARED>
void map_shift(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               const ChannelTable<CHANNELS, PE, Add, 1, SHARED>& add, int frames) {
#pragma HLS INLINE
    map_words<detail::ShiftFunction<In, Out, Add, SHIFT, MODE, LO, HI, Z>, CHANNELS, PE, In, Out,
              VECTORS>(in, out, frames, add);
}

} // namespace millrace

#endif // MILLRACE_MAP_SHIFT_HPP
