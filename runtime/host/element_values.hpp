// SPDX-License-Identifier: Apache-2.0
//
// Between the bytes of arrays and exact numbers.
#pragma once

#include "runtime/array.hpp"
#include "runtime/host/arithmetic.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace millrace::runtime::host {

/// Smallest and largest value of an integer type.
struct IntegerRange {
    std::int64_t lowest;
    std::uint64_t highest;
};
/// Nothing for the float types.
std::optional<IntegerRange> integer_range(ElementType type);

/// "input 'x': sample 3, element 17 "
std::string place_of(const std::string& input, std::int64_t sample, std::size_t element);

/// Where the elements of an array come from, for messages.
struct ElementPlace {
    const std::string& input;
    std::int64_t sample;
};

/// The elements of one sample, exactly. Throws Error(ErrorKind::value) for infinities and NaN.
template <class A>
Tensor<typename A::Number> load_tensor(const A& a, ElementType type, const std::byte* bytes,
                                       const Shape& shape, const ElementPlace& place);

/// One element of an integer type's array or of any other that holds an integer of `type`. Throws
/// Error(ErrorKind::value).
std::int64_t integer_at(ElementType type, ElementType array_type, const std::byte* bytes,
                        std::size_t index, const ElementPlace& place);

/// Stores numbers, rounded once to a float type; integers exactly. Throws Undecided, and
/// Error(ErrorKind::value) where a number is not one of an integer type.
template <class A>
void store_tensor(const A& a, const Tensor<typename A::Number>& tensor, ElementType type,
                  std::byte* bytes);

} // namespace millrace::runtime::host
