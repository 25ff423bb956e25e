// SPDX-License-Identifier: Apache-2.0
//
// Any piecewise constant function: out = values[c][#{b in breakpoints[c] : in >= b}].
//
// COUNT ascending breakpoints make COUNT + 1 segments; segment 0 lies below the first breakpoint.
// A channel with fewer segments holds breakpoints that no input reaches; their values do not
// matter. Schedule: map.hpp.
#ifndef MILLRACE_MAP_BREAKPOINTS_HPP
#define MILLRACE_MAP_BREAKPOINTS_HPP

#include "map.hpp"
#include "tree_search.hpp"

namespace millrace {

namespace detail {

template <typename In, typename Out> struct BreakpointFunction {
    template <typename Tree, typename Table>
    static typename Out::value apply(const typename In::value& x, int pe, int fold,
                                     const Tree& breakpoints, const Table& values) {
#pragma HLS INLINE
        return values.at(pe, fold, count_thresholds(breakpoints, x, pe, fold).to_int());
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    template <typename X, typename Tree, typename Table>
    static Native native(X x, int channel, const Tree& breakpoints, const Table& values) {
        return values.native(channel, count_thresholds_native(breakpoints, x, channel));
    }
#endif
};

} // namespace detail

template <typename In, typename Out, int VECTORS = 1, int CHANNELS, int PE, typename T, int COUNT,
          bool SHARED, int SEGMENTS, bool SHARED_V>
void map_breakpoints(hls::stream<ap_uint<PE * In::bits>>& in,
                     hls::stream<ap_uint<PE * Out::bits>>& out,
                     const ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& breakpoints,
                     const ChannelTable<CHANNELS, PE, Out, SEGMENTS, SHARED_V>& values,
                     int frames) {
#pragma HLS INLINE
    static_assert(SEGMENTS == COUNT + 1, "one value for each segment");
    map_words<detail::BreakpointFunction<In, Out>, CHANNELS, PE, In, Out, VECTORS>(
        in, out, frames, breakpoints, values);
}

} // namespace millrace

#endif // MILLRACE_MAP_BREAKPOINTS_HPP
