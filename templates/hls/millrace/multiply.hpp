// SPDX-License-Identifier: Apache-2.0
//
// Products of two encodings, and the tags that say what builds them. The product is exact. A
// bipolar side selects a sign, which needs no multiplier whatever the tag.
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

// The product of two numbers of encodings A and B.
template <typename A, typename B, typename Multiplier> struct Product {
    typedef ap_int<A::value::width + B::value::width + 1> Number;
    static Number of(const typename A::value& a, const typename B::value& b) {
#pragma HLS INLINE
        return multiply<Number>(a, b, Multiplier());
    }
};
template <typename A, typename Multiplier> struct Product<A, Bipolar, Multiplier> {
    typedef ap_int<A::value::width + 2> Number;
    static Number of(const typename A::value& a, const Bipolar::value& b) {
#pragma HLS INLINE
        return b > 0 ? Number(a) : Number(-a);
    }
};
template <typename B, typename Multiplier> struct Product<Bipolar, B, Multiplier> {
    typedef ap_int<B::value::width + 2> Number;
    static Number of(const Bipolar::value& a, const typename B::value& b) {
#pragma HLS INLINE
        return a > 0 ? Number(b) : Number(-b);
    }
};
template <typename Multiplier> struct Product<Bipolar, Bipolar, Multiplier> {
    typedef ap_int<2> Number;
    static Number of(const Bipolar::value& a, const Bipolar::value& b) {
#pragma HLS INLINE
        return a == b ? Number(1) : Number(-1);
    }
};

} // namespace detail

} // namespace millrace

#endif // MILLRACE_MULTIPLY_HPP
