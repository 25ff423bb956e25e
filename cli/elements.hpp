// SPDX-License-Identifier: Apache-2.0
//
// The compiler's arrays as the runtime sees them: element types have the same names and elements
// the same bytes on both sides.
#pragma once

#include "ir/host_array.hpp"
#include "runtime/elements.hpp"

namespace millrace::cli {

using runtime::Element;

/// The runtime lists the types in the same order.
inline runtime::ElementType element_type(DataType type) {
    static_assert(static_cast<int>(DataType::boolean) ==
                  static_cast<int>(runtime::ElementType::boolean));
    return static_cast<runtime::ElementType>(type);
}

inline runtime::ConstArray view(const HostArray& array) {
    return {element_type(array.type), array.shape, array.data};
}

/// The element at a flat index; infinities and NaN as they are.
inline Element element_at(const HostArray& array, std::int64_t index) {
    return runtime::element_at(element_type(array.type), array.data.data(), index);
}

} // namespace millrace::cli
