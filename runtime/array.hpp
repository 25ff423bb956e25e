// SPDX-License-Identifier: Apache-2.0
//
// Typed, shaped memory: what goes into a session and what comes out. Row-major, native byte order
// (little endian on all hosts that XRT knows).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::runtime {

/// Element types of a model's inputs and outputs, named as in the manifest. 4-bit types and
/// booleans take one byte an element; float16 and bfloat16 two.
enum class ElementType {
    float32,
    float64,
    float16,
    bfloat16,
    int4,
    uint4,
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    boolean,
};

const char* to_string(ElementType type);
std::optional<ElementType> element_type_from(std::string_view name);
std::size_t bytes_per_element(ElementType type);

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions; 1 for a scalar.
std::int64_t element_count(std::span<const std::int64_t> shape);
/// "[1, 28, 28]"
std::string to_string(const Shape& shape);

/// Memory of a caller, read by a session.
struct ConstArray {
    ElementType type = ElementType::float32;
    Shape shape;
    std::span<const std::byte> bytes;
};

/// Memory of our own.
struct Array {
    ElementType type = ElementType::float32;
    Shape shape;
    std::vector<std::byte> bytes;

    Array() = default;
    /// Zero-filled.
    Array(ElementType element, Shape dimensions)
        : type(element),
          shape(std::move(dimensions)),
          bytes(static_cast<std::size_t>(element_count(shape)) * bytes_per_element(element)) {}

    [[nodiscard]] ConstArray view() const { return {type, shape, bytes}; }
    template <class T> [[nodiscard]] std::span<const T> as() const {
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    template <class T> [[nodiscard]] std::span<T> as() {
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
};

} // namespace millrace::runtime
