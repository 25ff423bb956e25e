// SPDX-License-Identifier: Apache-2.0
//
// Monotone functions by thresholds.
//   map_thresholds:        out = BASE + #{t in thresholds[c] : in >= t}
//   map_signed_thresholds: out = base[c] + #{...}, or base[c] - #{...} where falling[c] is 1
// A channel that needs fewer thresholds than COUNT holds some that no input reaches, so a constant
// channel is base[c] with none reached. Equal thresholds make a step of more than one.
// Schedule: map.hpp.
#ifndef MILLRACE_MAP_THRESHOLDS_HPP
#define MILLRACE_MAP_THRESHOLDS_HPP

#include "map.hpp"
#include "tree_search.hpp"

namespace millrace {

namespace detail {

template <typename In, typename Out, long long BASE> struct ThresholdFunction {
    template <typename Tree>
    static ap_int<Out::bits + 2> apply(const typename In::value& x, int pe, int fold,
                                       const Tree& thresholds) {
#pragma HLS INLINE
        // Modulo the output's width the wrapped sum is the sum.
        return ap_int<Out::bits + 2>(ap_int<Out::bits + 2>(BASE) +
                                     count_thresholds(thresholds, x, pe, fold));
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    template <typename X, typename Tree>
    static Native native(X x, int channel, const Tree& thresholds) {
        return static_cast<Native>(static_cast<Native>(BASE) +
                                   count_thresholds_native(thresholds, x, channel));
    }
#endif
};

template <typename In, typename Out> struct SignedThresholdFunction {
    template <typename Tree, typename TableB, typename TableF>
    static ap_int<Out::bits + 2> apply(const typename In::value& x, int pe, int fold,
                                       const Tree& thresholds, const TableB& base,
                                       const TableF& falling) {
#pragma HLS INLINE
        const ap_int<Out::bits + 2> start = ap_int<Out::bits + 2>(base.at(pe, fold, 0));
        const ap_int<Out::bits + 2> count =
            ap_int<Out::bits + 2>(count_thresholds(thresholds, x, pe, fold));
        return falling.at(pe, fold, 0) == 1 ? ap_int<Out::bits + 2>(start - count)
                                            : ap_int<Out::bits + 2>(start + count);
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    template <typename X, typename Tree, typename TableB, typename TableF>
    static Native native(X x, int channel, const Tree& thresholds, const TableB& base,
                         const TableF& falling) {
        const int count = count_thresholds_native(thresholds, x, channel);
        return static_cast<Native>(static_cast<Native>(base.native(channel, 0)) +
                                   (falling.native(channel, 0) != 0 ? -count : count));
    }
#endif
};

} // namespace detail

template <typename In, typename Out, long long BASE, int VECTORS = 1, int CHANNELS, int PE,
          typename T, int COUNT, bool SHARED>
void map_thresholds(hls::stream<ap_uint<PE * In::bits>>& in,
                    hls::stream<ap_uint<PE * Out::bits>>& out,
                    const ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& thresholds, int frames) {
#pragma HLS INLINE
    map_words<detail::ThresholdFunction<In, Out, BASE>, CHANNELS, PE, In, Out, VECTORS>(
        in, out, frames, thresholds);
}

template <typename In, typename Out, int VECTORS = 1, int CHANNELS, int PE, typename T, int COUNT,
          bool SHARED, typename B, bool SHARED_B, bool SHARED_F>
void map_signed_thresholds(hls::stream<ap_uint<PE * In::bits>>& in,
                           hls::stream<ap_uint<PE * Out::bits>>& out,
                           const ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& thresholds,
                           const ChannelTable<CHANNELS, PE, B, 1, SHARED_B>& base,
                           const ChannelTable<CHANNELS, PE, Unsigned<1>, 1, SHARED_F>& falling,
                           int frames) {
#pragma HLS INLINE
    map_words<detail::SignedThresholdFunction<In, Out>, CHANNELS, PE, In, Out, VECTORS>(
        in, out, frames, thresholds, base, falling);
}

} // namespace millrace

#endif // MILLRACE_MAP_THRESHOLDS_HPP
