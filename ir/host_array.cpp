// SPDX-License-Identifier: Apache-2.0
//
// Conversion between bytes and exact reals. The 16-bit float formats are decoded by their fields
// and encoded by rounding the exact value to a multiple of the last place's weight, half to even,
// so nothing is rounded twice.
#include "ir/host_array.hpp"

#include "ir/diagnostics.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <utility>

namespace millrace {

namespace {

struct SmallFloat {
    int mantissa_bits;
    int exponent_bits;
    [[nodiscard]] int bias() const { return (1 << (exponent_bits - 1)) - 1; }
    [[nodiscard]] int special() const { return (1 << exponent_bits) - 1; } ///< infinity, NaN
};
constexpr SmallFloat half{10, 5};
constexpr SmallFloat brain{7, 8};

Real decode(std::uint16_t bits, const SmallFloat& format) {
    const int exponent = (bits >> format.mantissa_bits) & format.special();
    int mantissa = bits & ((1 << format.mantissa_bits) - 1);
    if (exponent == format.special()) {
        throw std::domain_error("infinity or NaN");
    }
    if (exponent != 0) {
        mantissa += 1 << format.mantissa_bits;
    }
    const int power = std::max(exponent, 1) - format.bias() - format.mantissa_bits;
    return Real::dyadic((bits & 0x8000) != 0 ? -mantissa : mantissa, power);
}

std::uint16_t encode(const Real& value, const SmallFloat& format) {
    const auto sign = static_cast<std::uint16_t>(value.sign() < 0 ? 0x8000 : 0);
    const Real magnitude = value.sign() < 0 ? -value : value;
    const auto infinity =
        static_cast<std::uint16_t>(sign | (format.special() << format.mantissa_bits));
    const double estimate = magnitude.to_double();
    if (std::isinf(estimate)) {
        return infinity;
    }
    // The weight of the last place; the estimate may have been rounded up to a power of two.
    int power = estimate == 0 ? 1 - format.bias() : std::ilogb(estimate);
    if (magnitude < Real::dyadic(1, power)) {
        --power;
    }
    power = std::max(power, 1 - format.bias());
    if (power > format.bias()) {
        return infinity;
    }
    const std::int64_t units =
        (magnitude / Real::dyadic(1, power - format.mantissa_bits)).round(Rounding::half_even);
    // A carry out of the mantissa moves on to the exponent, and from the largest number to
    // infinity.
    const std::int64_t fields =
        units + (static_cast<std::int64_t>(power + format.bias() - 1) << format.mantissa_bits);
    return static_cast<std::uint16_t>(sign | fields);
}

template <class T> T load(const HostArray& array, std::int64_t index) {
    T value;
    const std::size_t offset = static_cast<std::size_t>(index) * sizeof(T);
    if (index < 0 || offset + sizeof(T) > array.data.size()) {
        throw Defect("index outside of an array");
    }
    std::memcpy(&value, array.data.data() + offset, sizeof(T));
    return value;
}

template <class T> void store(HostArray& array, std::int64_t index, T value) {
    const std::size_t offset = static_cast<std::size_t>(index) * sizeof(T);
    if (index < 0 || offset + sizeof(T) > array.data.size()) {
        throw Defect("index outside of an array");
    }
    std::memcpy(array.data.data() + offset, &value, sizeof(T));
}

Real from_uint64(std::uint64_t value) {
    return Real::dyadic(static_cast<std::int64_t>(value >> 32), 32) +
           Real(static_cast<std::int64_t>(value & 0xffffffffU));
}

std::uint64_t to_uint64(const Real& value) {
    const std::int64_t high = (value / Real::dyadic(1, 32)).round(Rounding::floor);
    const std::int64_t low = (value - Real::dyadic(high, 32)).round(Rounding::floor);
    return (static_cast<std::uint64_t>(high) << 32) + static_cast<std::uint64_t>(low);
}

/// Elements of a small integer type as scaled integers of scale 1.
template <class T>
Tensor integers(const HostArray& array, std::int64_t first, std::size_t count, Shape shape) {
    std::vector<std::int32_t> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = std::int32_t{load<T>(array, first + static_cast<std::int64_t>(i))};
    }
    return {std::move(shape), ScaledIntegers{std::move(values), {Real(1)}, 0}};
}

} // namespace

std::size_t bytes_per_element(DataType type) {
    switch (type) {
    case DataType::int4:
    case DataType::uint4:
    case DataType::int8:
    case DataType::uint8:
    case DataType::boolean:
        return 1;
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::int16:
    case DataType::uint16:
        return 2;
    case DataType::float32:
    case DataType::int32:
    case DataType::uint32:
        return 4;
    case DataType::float64:
    case DataType::int64:
    case DataType::uint64:
        return 8;
    }
    throw Defect("unknown data type");
}

HostArray::HostArray(DataType element, Shape dimensions)
    : type(element),
      shape(std::move(dimensions)),
      data(static_cast<std::size_t>(element_count(shape)) * bytes_per_element(element)) {}

Real HostArray::at(std::int64_t index) const {
    switch (type) {
    case DataType::float32:
        return Real::from_double(static_cast<double>(load<float>(*this, index)));
    case DataType::float64:
        return Real::from_double(load<double>(*this, index));
    case DataType::float16:
        return decode(load<std::uint16_t>(*this, index), half);
    case DataType::bfloat16:
        return decode(load<std::uint16_t>(*this, index), brain);
    case DataType::int4:
    case DataType::int8:
        return Real(static_cast<int>(load<std::int8_t>(*this, index)));
    case DataType::uint4:
    case DataType::uint8:
    case DataType::boolean:
        return Real(static_cast<int>(load<std::uint8_t>(*this, index)));
    case DataType::int16:
        return Real(static_cast<int>(load<std::int16_t>(*this, index)));
    case DataType::uint16:
        return Real(static_cast<int>(load<std::uint16_t>(*this, index)));
    case DataType::int32:
        return Real(static_cast<std::int64_t>(load<std::int32_t>(*this, index)));
    case DataType::uint32:
        return Real(static_cast<std::int64_t>(load<std::uint32_t>(*this, index)));
    case DataType::int64:
        return Real(load<std::int64_t>(*this, index));
    case DataType::uint64:
        return from_uint64(load<std::uint64_t>(*this, index));
    }
    throw Defect("unknown data type");
}

void HostArray::set(std::int64_t index, const Real& value) {
    if (is_integer(type)) {
        const IntegerLimits limits = integer_limits(type);
        if (!value.is_integer() || value < limits.lowest || limits.highest < value) {
            throw std::range_error(
                fmt::format("{} is not a value of {}", value.to_string(), to_string(type)));
        }
    }
    const auto whole = [&] { return value.round(Rounding::half_even); };
    switch (type) {
    case DataType::float32:
        return store(*this, index, value.to_float());
    case DataType::float64:
        return store(*this, index, value.to_double());
    case DataType::float16:
        return store(*this, index, encode(value, half));
    case DataType::bfloat16:
        return store(*this, index, encode(value, brain));
    case DataType::int4:
    case DataType::int8:
        return store(*this, index, static_cast<std::int8_t>(whole()));
    case DataType::uint4:
    case DataType::uint8:
    case DataType::boolean:
        return store(*this, index, static_cast<std::uint8_t>(whole()));
    case DataType::int16:
        return store(*this, index, static_cast<std::int16_t>(whole()));
    case DataType::uint16:
        return store(*this, index, static_cast<std::uint16_t>(whole()));
    case DataType::int32:
        return store(*this, index, static_cast<std::int32_t>(whole()));
    case DataType::uint32:
        return store(*this, index, static_cast<std::uint32_t>(whole()));
    case DataType::int64:
        return store(*this, index, whole());
    case DataType::uint64:
        return store(*this, index, to_uint64(value));
    }
    throw Defect("unknown data type");
}

Tensor HostArray::tensor(std::int64_t first, Shape dimensions) const {
    const auto count = static_cast<std::size_t>(element_count(dimensions));
    switch (type) {
    case DataType::float32: {
        std::vector<float> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = load<float>(*this, first + static_cast<std::int64_t>(i));
            if (!std::isfinite(values[i])) {
                throw std::domain_error("infinity or NaN");
            }
        }
        return {std::move(dimensions), std::move(values)};
    }
    case DataType::int4:
    case DataType::int8:
        return integers<std::int8_t>(*this, first, count, std::move(dimensions));
    case DataType::uint4:
    case DataType::uint8:
    case DataType::boolean:
        return integers<std::uint8_t>(*this, first, count, std::move(dimensions));
    case DataType::int16:
        return integers<std::int16_t>(*this, first, count, std::move(dimensions));
    case DataType::uint16:
        return integers<std::uint16_t>(*this, first, count, std::move(dimensions));
    case DataType::int32:
        return integers<std::int32_t>(*this, first, count, std::move(dimensions));
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64: {
        std::vector<Real> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = at(first + static_cast<std::int64_t>(i));
        }
        return {std::move(dimensions), std::move(values)};
    }
    }
    throw Defect("unknown data type");
}

} // namespace millrace
