// SPDX-License-Identifier: Apache-2.0
//
// Elements of arrays of any type as one number type.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/host_array.hpp"

#include <limits>
#include <stdexcept>

namespace millrace::cli {

/// Wide enough for every double and every 64-bit integer without rounding.
using Element = long double;
static_assert(std::numeric_limits<Element>::digits >= 64);

/// The element at a flat index; infinities and NaN as they are.
inline Element element_at(const HostArray& array, std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    switch (array.type) {
    case DataType::float32:
        return static_cast<Element>(array.as<float>()[i]);
    case DataType::float64:
        return static_cast<Element>(array.as<double>()[i]);
    case DataType::int4:
    case DataType::int8:
        return array.as<std::int8_t>()[i];
    case DataType::uint4:
    case DataType::uint8:
    case DataType::boolean:
        return array.as<std::uint8_t>()[i];
    case DataType::int16:
        return array.as<std::int16_t>()[i];
    case DataType::uint16:
        return array.as<std::uint16_t>()[i];
    case DataType::int32:
        return array.as<std::int32_t>()[i];
    case DataType::uint32:
        return array.as<std::uint32_t>()[i];
    case DataType::int64:
        return static_cast<Element>(array.as<std::int64_t>()[i]);
    case DataType::uint64:
        return static_cast<Element>(array.as<std::uint64_t>()[i]);
    case DataType::float16:
    case DataType::bfloat16:
        try {
            return static_cast<Element>(array.at(index).to_double());
        } catch (const std::domain_error&) {
            return std::numeric_limits<Element>::quiet_NaN();
        }
    }
    throw Defect("unknown data type");
}

} // namespace millrace::cli
