// SPDX-License-Identifier: Apache-2.0
//
// The AXI-stream word of the HLS tools for plain C++ compilers: data with byte strobes and the last
// flag. Side channels of width 0 do not exist on the port; here they are one unused bit.
#ifndef MILLRACE_SIM_AP_AXI_SDATA_H
#define MILLRACE_SIM_AP_AXI_SDATA_H

#include <ap_int.h>

template <int D, int U, int TI, int TD> struct ap_axiu {
    static_assert(D % 8 == 0, "an AXI-stream word is whole bytes");
    ap_uint<D> data;
    ap_uint<D / 8> keep;
    ap_uint<D / 8> strb;
    ap_uint<(U > 0 ? U : 1)> user;
    ap_uint<1> last;
    ap_uint<(TI > 0 ? TI : 1)> id;
    ap_uint<(TD > 0 ? TD : 1)> dest;
};

#endif // MILLRACE_SIM_AP_AXI_SDATA_H
