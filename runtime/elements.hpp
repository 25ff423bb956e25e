// SPDX-License-Identifier: Apache-2.0
//
// Elements of arrays of any type as one number type.
#pragma once

#include "runtime/array.hpp"

#include <cstdint>
#include <limits>

namespace millrace::runtime {

/// Wide enough for every double and every 64-bit integer without rounding.
using Element = long double;
static_assert(std::numeric_limits<Element>::digits >= 64);

/// The element at a flat index; infinities and NaN as they are. `bytes` may be unaligned.
Element element_at(ElementType type, const std::byte* bytes, std::int64_t index);
inline Element element_at(const ConstArray& array, std::int64_t index) {
    return element_at(array.type, array.bytes.data(), index);
}

} // namespace millrace::runtime
