// SPDX-License-Identifier: Apache-2.0
//
// Exact products of numbers, and the tags that say what builds them.
#ifndef MILLRACE_MULTIPLY_HPP
#define MILLRACE_MULTIPLY_HPP

#include "types.hpp"

namespace millrace {

// How products are built: the tool's choice, LUTs, or DSP blocks.
struct AutoMultiplier {};
struct LutMultiplier {};
struct DspMultiplier {};

namespace detail {

template <typename P, typename X, typename W>
P multiply(const X& input, const W& weight, AutoMultiplier) {
#pragma HLS INLINE
    return P(input * weight);
}
template <typename P, typename X, typename W>
P multiply(const X& input, const W& weight, LutMultiplier) {
#pragma HLS INLINE
    const P product = input * weight;
#pragma HLS BIND_OP variable=product op=mul impl=fabric
    return product;
}
template <typename P, typename X, typename W>
P multiply(const X& input, const W& weight, DspMultiplier) {
#pragma HLS INLINE
    const P product = input * weight;
#pragma HLS BIND_OP variable=product op=mul impl=dsp
    return product;
}

} // namespace detail

} // namespace millrace

#endif // MILLRACE_MULTIPLY_HPP
