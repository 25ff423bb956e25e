// SPDX-License-Identifier: Apache-2.0
//
// Any function by a direct table: out = table[c][in - LO], for LO <= in < LO + SIZE. An input
// outside is the generator's mistake: C simulation throws std::out_of_range, hardware reads some
// entry. Schedule: map.hpp.
#ifndef MILLRACE_MAP_TABLE_HPP
#define MILLRACE_MAP_TABLE_HPP

#include "map.hpp"

#ifndef __SYNTHESIS__
#include <stdexcept>
#endif

namespace millrace {

namespace detail {

template <typename In, typename Out, long long LO, int SIZE> struct TableFunction {
    template <typename Table>
    static typename Out::value apply(const typename In::value& x, int pe, int fold,
                                     const Table& table) {
#pragma HLS INLINE
        // The index is exact modulo its width, because the true index is inside the table.
        const ap_uint<index_bits(SIZE)> index = ap_uint<index_bits(SIZE)>(x - ap_int<64>(LO));
        return table.at(pe, fold, index.to_int());
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<fast::signed_bits<Out>()> Native;
    template <typename X, typename Table>
    static Native native(X x, int channel, const Table& table) {
        typedef fast::Integer<greater(fast::signed_bits<In>(), 62) + 2> Index;
        const Index index = static_cast<Index>(x) - static_cast<Index>(LO);
        if (index < 0 || index >= SIZE) {
            throw std::out_of_range("map_table: the input lies outside of the table");
        }
        return table.native(channel, static_cast<int>(index));
    }
#endif
};

} // namespace detail

template <typename In, typename Out, long long LO, int VECTORS = 1, int CHANNELS, int PE, int SIZE,
          bool SHARED>
void map_table(hls::stream<ap_uint<PE * In::bits>>& in, hls::stream<ap_uint<PE * Out::bits>>& out,
               const ChannelTable<CHANNELS, PE, Out, SIZE, SHARED>& table, int frames) {
#pragma HLS INLINE
    map_words<detail::TableFunction<In, Out, LO, SIZE>, CHANNELS, PE, In, Out, VECTORS>(
        in, out, frames, table);
}

} // namespace millrace

#endif // MILLRACE_MAP_TABLE_HPP
