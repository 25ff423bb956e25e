// SPDX-License-Identifier: Apache-2.0
#include "runtime/array.hpp"

#include "runtime/error.hpp"

#include <array>

namespace millrace::runtime {

namespace {

struct TypeInfo {
    ElementType type;
    const char* name;
    std::size_t bytes;
};

constexpr std::array table{
    TypeInfo{ElementType::float32, "float32", 4}, TypeInfo{ElementType::float64, "float64", 8},
    TypeInfo{ElementType::float16, "float16", 2}, TypeInfo{ElementType::bfloat16, "bfloat16", 2},
    TypeInfo{ElementType::int4, "int4", 1},       TypeInfo{ElementType::uint4, "uint4", 1},
    TypeInfo{ElementType::int8, "int8", 1},       TypeInfo{ElementType::uint8, "uint8", 1},
    TypeInfo{ElementType::int16, "int16", 2},     TypeInfo{ElementType::uint16, "uint16", 2},
    TypeInfo{ElementType::int32, "int32", 4},     TypeInfo{ElementType::uint32, "uint32", 4},
    TypeInfo{ElementType::int64, "int64", 8},     TypeInfo{ElementType::uint64, "uint64", 8},
    TypeInfo{ElementType::boolean, "bool", 1},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].type) != i) {
            return false;
        }
    }
    return static_cast<std::size_t>(ElementType::boolean) + 1 == table.size();
}
static_assert(in_order(), "the table must list every type in the order of the enumeration");

} // namespace

const char* to_string(ElementType type) { return table.at(static_cast<std::size_t>(type)).name; }

std::optional<ElementType> element_type_from(std::string_view name) {
    for (const TypeInfo& info : table) {
        if (name == info.name) {
            return info.type;
        }
    }
    return std::nullopt;
}

std::size_t bytes_per_element(ElementType type) {
    return table.at(static_cast<std::size_t>(type)).bytes;
}

std::int64_t element_count(std::span<const std::int64_t> shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || __builtin_mul_overflow(count, size, &count)) {
            throw Error(ErrorKind::shape, "a shape of a negative or too large size");
        }
    }
    return count;
}

std::string to_string(const Shape& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

} // namespace millrace::runtime
