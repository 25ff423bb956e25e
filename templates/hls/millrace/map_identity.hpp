// SPDX-License-Identifier: Apache-2.0
//
// The same numbers in another encoding: out = in, which the output encoding must hold. Into
// Bipolar, numbers >= 0 become +1 and the others -1. WORDS iterations a frame, one word each.
#ifndef MILLRACE_MAP_IDENTITY_HPP
#define MILLRACE_MAP_IDENTITY_HPP

#include "map.hpp"

namespace millrace {

namespace detail {

template <typename In, typename Out> struct IdentityFunction {
    static typename In::value apply(const typename In::value& x, int, int) {
#pragma HLS INLINE
        return x;
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<In>()> Native;
    static Native native(Native x, int) { return x; }
#endif
};

} // namespace detail

template <int PE, typename In, typename Out, int WORDS = 1>
void map_identity(hls::stream<ap_uint<PE * In::bits>>& in,
                  hls::stream<ap_uint<PE * Out::bits>>& out, int frames) {
#pragma HLS INLINE
    map_words<detail::IdentityFunction<In, Out>, PE, PE, In, Out, WORDS>(in, out, frames);
}

} // namespace millrace

#endif // MILLRACE_MAP_IDENTITY_HPP
