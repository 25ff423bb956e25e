// SPDX-License-Identifier: Apache-2.0
#include "runtime/elements.hpp"

#include "runtime/error.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace millrace::runtime {

namespace {

template <class T> T load(const std::byte* bytes, std::int64_t index) {
    T value;
    std::memcpy(&value, bytes + static_cast<std::size_t>(index) * sizeof(T), sizeof(T));
    return value;
}

Element from_half(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const Element sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == 31) {
        return fraction == 0 ? sign * std::numeric_limits<Element>::infinity()
                             : std::numeric_limits<Element>::quiet_NaN();
    }
    return exponent == 0 ? sign * std::ldexp(static_cast<Element>(fraction), -24)
                         : sign * std::ldexp(static_cast<Element>(fraction + 1024), exponent - 25);
}

} // namespace

Element element_at(ElementType type, const std::byte* bytes, std::int64_t index) {
    switch (type) {
    case ElementType::float32:
        return static_cast<Element>(load<float>(bytes, index));
    case ElementType::float64:
        return static_cast<Element>(load<double>(bytes, index));
    case ElementType::float16:
        return from_half(load<std::uint16_t>(bytes, index));
    case ElementType::bfloat16: // the upper half of the same number's float32
        return static_cast<Element>(std::bit_cast<float>(
            static_cast<std::uint32_t>(load<std::uint16_t>(bytes, index)) << 16U));
    case ElementType::int4:
    case ElementType::int8:
        return load<std::int8_t>(bytes, index);
    case ElementType::uint4:
    case ElementType::uint8:
    case ElementType::boolean:
        return load<std::uint8_t>(bytes, index);
    case ElementType::int16:
        return load<std::int16_t>(bytes, index);
    case ElementType::uint16:
        return load<std::uint16_t>(bytes, index);
    case ElementType::int32:
        return load<std::int32_t>(bytes, index);
    case ElementType::uint32:
        return load<std::uint32_t>(bytes, index);
    case ElementType::int64:
        return static_cast<Element>(load<std::int64_t>(bytes, index));
    case ElementType::uint64:
        return static_cast<Element>(load<std::uint64_t>(bytes, index));
    }
    throw Error(ErrorKind::usage, "unknown element type");
}

} // namespace millrace::runtime
