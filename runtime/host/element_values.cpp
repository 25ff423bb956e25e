// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/element_values.hpp"

#include "runtime/elements.hpp"

#include <cmath>
#include <cstring>

namespace millrace::runtime::host {

namespace {

template <class T> void put(std::byte* bytes, std::size_t index, T value) {
    std::memcpy(bytes + index * sizeof(T), &value, sizeof(T));
}

/// An integer type's number, as bits of 64.
template <class A>
std::uint64_t integer_bits(const A& a, const typename A::Number& x, ElementType type) {
    using N = typename A::Number;
    const IntegerRange range = *integer_range(type);
    if (!a.is_integer(x)) {
        throw Error(ErrorKind::value,
                    std::string("a result is not an integer of ") + to_string(type));
    }
    // Integers of the upper half of uint64 are moved into the range of int64.
    const N half = a.add(N::integer(std::int64_t{1} << 62), N::integer(std::int64_t{1} << 62));
    const bool upper = range.highest > INT64_MAX && a.compare(x, half) >= 0;
    const std::int64_t value = a.nearest_integer(upper ? a.subtract(x, half) : x);
    const std::uint64_t bits =
        static_cast<std::uint64_t>(value) + (upper ? std::uint64_t{1} << 63 : 0);
    const bool fits = value < 0 ? value >= range.lowest : bits <= range.highest;
    if (!fits) {
        throw Error(ErrorKind::value,
                    std::string("a result is beyond the range of ") + to_string(type));
    }
    return bits;
}

} // namespace

std::optional<IntegerRange> integer_range(ElementType type) {
    const auto of_bits = [](int bits, bool is_signed) {
        if (is_signed) {
            const std::int64_t half = bits == 64 ? INT64_MIN : -(std::int64_t{1} << (bits - 1));
            return IntegerRange{half, static_cast<std::uint64_t>(-(half + 1))};
        }
        return IntegerRange{0, bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1};
    };
    switch (type) {
    case ElementType::int4:
        return of_bits(4, true);
    case ElementType::uint4:
        return of_bits(4, false);
    case ElementType::int8:
        return of_bits(8, true);
    case ElementType::uint8:
        return of_bits(8, false);
    case ElementType::int16:
        return of_bits(16, true);
    case ElementType::uint16:
        return of_bits(16, false);
    case ElementType::int32:
        return of_bits(32, true);
    case ElementType::uint32:
        return of_bits(32, false);
    case ElementType::int64:
        return of_bits(64, true);
    case ElementType::uint64:
        return of_bits(64, false);
    case ElementType::boolean:
        return of_bits(1, false);
    case ElementType::float32:
    case ElementType::float64:
    case ElementType::float16:
    case ElementType::bfloat16:
        break;
    }
    return std::nullopt;
}

std::string place_of(const std::string& input, std::int64_t sample, std::size_t element) {
    return "input '" + input + "': sample " + std::to_string(sample) + ", element " +
           std::to_string(element) + " ";
}

template <class A>
Tensor<typename A::Number> load_tensor(const A& a, ElementType type, const std::byte* bytes,
                                       const Shape& shape, const ElementPlace& place) {
    using N = typename A::Number;
    Tensor<N> result(shape);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const Element element = element_at(type, bytes, static_cast<std::int64_t>(i));
        if (!std::isfinite(element)) {
            throw Error(ErrorKind::value,
                        place_of(place.input, place.sample, i) + "is infinite or not a number");
        }
        // An Element holds 64-bit integers and doubles; two doubles hold an Element.
        const auto high = static_cast<double>(element);
        const auto low = static_cast<double>(element - static_cast<Element>(high));
        result.values[i] = low == 0 ? N(high) : a.add(N(high), N(low));
    }
    return result;
}

std::int64_t integer_at(ElementType type, ElementType array_type, const std::byte* bytes,
                        std::size_t index, const ElementPlace& place) {
    const Element element = element_at(array_type, bytes, static_cast<std::int64_t>(index));
    const IntegerRange range = *integer_range(type);
    if (!(element >= static_cast<Element>(range.lowest) &&
          element <= static_cast<Element>(range.highest)) ||
        element != std::floor(element)) {
        throw Error(ErrorKind::value, place_of(place.input, place.sample, index) +
                                          "is not a value of " + to_string(type));
    }
    return range.highest > INT64_MAX
               ? static_cast<std::int64_t>(static_cast<std::uint64_t>(element))
               : static_cast<std::int64_t>(element);
}

template <class A>
void store_tensor(const A& a, const Tensor<typename A::Number>& tensor, ElementType type,
                  std::byte* bytes) {
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        const auto& x = tensor.values[i];
        switch (type) {
        case ElementType::float32:
            put(bytes, i, a.to_float(x));
            continue;
        case ElementType::float64:
            put(bytes, i, a.to_double(x));
            continue;
        case ElementType::float16:
            put(bytes, i, a.to_half(x, 10));
            continue;
        case ElementType::bfloat16:
            put(bytes, i, a.to_half(x, 7));
            continue;
        default:
            break;
        }
        const std::uint64_t bits = integer_bits(a, x, type);
        const std::size_t size = bytes_per_element(type);
        std::memcpy(bytes + i * size, &bits, size); // little endian, as all hosts of XRT
    }
}

template Tensor<BoundedReal> load_tensor(const QuickArithmetic&, ElementType, const std::byte*,
                                         const Shape&, const ElementPlace&);
template Tensor<ExactReal> load_tensor(const ExactArithmetic&, ElementType, const std::byte*,
                                       const Shape&, const ElementPlace&);
template void store_tensor(const QuickArithmetic&, const Tensor<BoundedReal>&, ElementType,
                           std::byte*);
template void store_tensor(const ExactArithmetic&, const Tensor<ExactReal>&, ElementType,
                           std::byte*);

} // namespace millrace::runtime::host
