// SPDX-License-Identifier: Apache-2.0
//
// Vectors of 16 bytes, which every processor that XRT knows has (SSE2, NEON), as the compilers'
// vector extension writes them. Narrowing is the one operation that compilers do badly on plain
// SSE2, so it is spelled out there; the other way means the same.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace millrace::runtime::simd {

using F4 [[gnu::vector_size(16)]] = float;
using D2 [[gnu::vector_size(16)]] = double;
using I4 [[gnu::vector_size(16)]] = std::int32_t;
using U4 [[gnu::vector_size(16)]] = std::uint32_t;
using L2 [[gnu::vector_size(16)]] = std::int64_t;
using U8 [[gnu::vector_size(16)]] = std::uint16_t;
using B16 [[gnu::vector_size(16)]] = std::uint8_t;

template <class V, class T> V load(const T* from) {
    V v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
template <class V, class T> void store(T* to, V v) { std::memcpy(to, &v, sizeof v); }

/// All elements are of 0..255; those of a come first.
inline B16 narrow(I4 a, I4 b, I4 c, I4 d) {
#if defined(__SSE2__)
    const __m128i low = _mm_packs_epi32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b));
    const __m128i high =
        _mm_packs_epi32(reinterpret_cast<__m128i>(c), reinterpret_cast<__m128i>(d));
    return reinterpret_cast<B16>(_mm_packus_epi16(low, high));
#else
    using S4 [[gnu::vector_size(4)]] = std::uint8_t;
    S4 parts[4] = {__builtin_convertvector(a, S4), __builtin_convertvector(b, S4),
                   __builtin_convertvector(c, S4), __builtin_convertvector(d, S4)};
    return load<B16>(parts);
#endif
}

/// All elements are of 0..255; those of a come first.
inline B16 narrow(U8 a, U8 b) {
#if defined(__SSE2__)
    return reinterpret_cast<B16>(
        _mm_packus_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
    using S8 [[gnu::vector_size(8)]] = std::uint8_t;
    S8 parts[2] = {__builtin_convertvector(a, S8), __builtin_convertvector(b, S8)};
    return load<B16>(parts);
#endif
}

} // namespace millrace::runtime::simd
