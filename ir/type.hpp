// SPDX-License-Identifier: Apache-2.0
//
// Types of values at the three levels of the IR.
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

/// Network level: a tensor of real numbers. `element` is what ONNX calls the tensor's type; it says
/// how the value is stored at the model's borders and changes nothing inside.
struct RealType {
    Shape shape;
    DataType element = DataType::float32;
    friend bool operator==(const RealType&, const RealType&) = default;
};

/// Which reals the integers of a tensor stand for: real = scale[c] * (q - zero_point[c]), c the
/// index along the last axis; one entry serves all channels.
struct Grid {
    std::vector<Real> scale{Real(1)};
    std::vector<Real> zero_point{Real(0)};
    friend bool operator==(const Grid&, const Grid&) = default;
};

/// How an integer is written as bits.
enum class Encoding : std::uint8_t {
    unsigned_integer,
    signed_integer, ///< two's complement
    bipolar,        ///< one bit b for the value 2b - 1
};

/// Bits of one element of a stream or memory.
struct ElementFormat {
    int bits = 1;
    Encoding encoding = Encoding::unsigned_integer;
    friend bool operator==(const ElementFormat&, const ElementFormat&) = default;
};

/// Integer level: a tensor of integers, channels last. Every element of channel c lies in
/// [lo[c], hi[c]] for every input of the network; one entry serves all channels. `bipolar`: the
/// values are -1 and +1 only.
struct IntegerType {
    Shape shape;
    std::vector<std::int64_t> lo{0};
    std::vector<std::int64_t> hi{0};
    bool bipolar = false;
    Grid grid;
    friend bool operator==(const IntegerType&, const IntegerType&) = default;

    /// Smallest and largest value of any channel.
    [[nodiscard]] std::int64_t lowest() const;
    [[nodiscard]] std::int64_t highest() const;
    /// Size of the last axis; 1 for scalars.
    [[nodiscard]] std::int64_t channels() const;
    /// The narrowest format that holds all values.
    [[nodiscard]] ElementFormat format() const;
};

/// The narrowest format for integers in [lo, hi]; never bipolar.
ElementFormat format_for(std::int64_t lo, std::int64_t hi);
/// Smallest and largest value of a format.
std::int64_t lowest_value(const ElementFormat& format);
std::int64_t highest_value(const ElementFormat& format);
/// "u8", "s5", "b1".
std::string to_string(const ElementFormat& format);

/// Dataflow level: the elements of a tensor in row-major (channels-last) order, `lanes` of them a
/// word, lane 0 in the lowest bits. lanes divides the last axis, or the whole count for values
/// that leave the fabric.
struct StreamType {
    Shape shape;
    ElementFormat element;
    std::int64_t lanes = 1;
    friend bool operator==(const StreamType&, const StreamType&) = default;

    [[nodiscard]] std::int64_t words() const { return element_count(shape) / lanes; }
    [[nodiscard]] std::int64_t word_bits() const { return lanes * element.bits; }
};

using ValueType = std::variant<RealType, IntegerType, StreamType>;

/// The shape at any level.
const Shape& shape_of(const ValueType& type);

/// Types and constant values of an op's inputs as type inference sees them. constants[i] is null
/// when input i is not a constant.
struct TypeList {
    std::vector<const ValueType*> types;
    std::vector<const Tensor*> constants;

    [[nodiscard]] std::size_t size() const { return types.size(); }
    [[nodiscard]] const Shape& shape(std::size_t index) const { return shape_of(*types.at(index)); }
    /// The network-level type of an input; throws TypeError when it is of another level.
    [[nodiscard]] const RealType& real(std::size_t index) const;
    [[nodiscard]] const IntegerType& integer(std::size_t index) const;
    [[nodiscard]] const StreamType& stream(std::size_t index) const;
};

using TensorList = std::vector<const Tensor*>;

/// Inputs of an op do not fit it; the message says which and why, in the user's terms.
class TypeError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

} // namespace millrace
