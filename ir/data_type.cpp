// SPDX-License-Identifier: Apache-2.0
//
// The ONNX element types: their names (as NumPy spells them) and the ranges of the integer ones.
// One table holds them; integer_limits() needs reals because uint64 exceeds 63 bits.
#include "ir/diagnostics.hpp"
#include "ir/tensor.hpp"

#include <algorithm>
#include <array>

namespace millrace {

namespace {

struct DataTypeInfo {
    DataType type;
    std::string_view name;
    int integer_bits; // 0 for floating-point types
    bool is_signed;
};

constexpr std::array table{
    DataTypeInfo{DataType::float32, "float32", 0, true},
    DataTypeInfo{DataType::float64, "float64", 0, true},
    DataTypeInfo{DataType::float16, "float16", 0, true},
    DataTypeInfo{DataType::bfloat16, "bfloat16", 0, true},
    DataTypeInfo{DataType::int4, "int4", 4, true},
    DataTypeInfo{DataType::uint4, "uint4", 4, false},
    DataTypeInfo{DataType::int8, "int8", 8, true},
    DataTypeInfo{DataType::uint8, "uint8", 8, false},
    DataTypeInfo{DataType::int16, "int16", 16, true},
    DataTypeInfo{DataType::uint16, "uint16", 16, false},
    DataTypeInfo{DataType::int32, "int32", 32, true},
    DataTypeInfo{DataType::uint32, "uint32", 32, false},
    DataTypeInfo{DataType::int64, "int64", 64, true},
    DataTypeInfo{DataType::uint64, "uint64", 64, false},
    DataTypeInfo{DataType::boolean, "bool", 1, false},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].type) != i) {
            return false;
        }
    }
    return static_cast<std::size_t>(DataType::boolean) + 1 == table.size();
}
static_assert(in_order(), "the table must list every type in the order of the enumeration");

const DataTypeInfo& entry(DataType type) { return table.at(static_cast<std::size_t>(type)); }

} // namespace

std::string_view to_string(DataType type) { return entry(type).name; }

std::optional<DataType> data_type_from_string(std::string_view name) {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [name](const DataTypeInfo& e) { return e.name == name; });
    if (found == table.end()) {
        return std::nullopt;
    }
    return found->type;
}

bool is_integer(DataType type) { return entry(type).integer_bits != 0; }

IntegerLimits integer_limits(DataType type) {
    const DataTypeInfo& info = entry(type);
    if (info.integer_bits == 0) {
        throw Defect("integer_limits() of a floating-point type");
    }
    if (info.is_signed) {
        const Real half = Real::dyadic(1, info.integer_bits - 1);
        return {-half, half - Real(1)};
    }
    return {Real(0), Real::dyadic(1, info.integer_bits) - Real(1)};
}

} // namespace millrace
