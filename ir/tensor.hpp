// SPDX-License-Identifier: Apache-2.0
//
// Tensors of exact reals, row-major. Three storages, because a network has millions of weights but
// few of its numbers are anything but small integers times a scale:
//  - floats: as the file has them;
//  - scaled integers: value = integer * scale, one scale for all or one per index of an axis;
//  - reals: anything.
// Equal tensors may have different storage; at() is the meaning.
#pragma once

#include "ir/real.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions; throws std::overflow_error beyond 2^62 and std::invalid_argument for
/// negative ones.
std::int64_t element_count(const Shape& shape);
/// "[1,64]".
std::string to_string(const Shape& shape);

/// Element types of ONNX tensors that Millrace reads; they matter at the network's borders only.
enum class DataType : std::uint8_t {
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
std::string_view to_string(DataType type);
std::optional<DataType> data_type_from_string(std::string_view name);
/// True for the integer types and boolean.
bool is_integer(DataType type);
/// Smallest and largest value of an integer type.
struct IntegerLimits {
    Real lowest;
    Real highest;
};
IntegerLimits integer_limits(DataType type);

struct ScaledIntegers {
    std::vector<std::int32_t> values;
    std::vector<Real> scale; ///< one, or one per index of `axis`
    std::int64_t axis = 0;   ///< meaningless with one scale
};

class Tensor {
  public:
    /// A scalar zero.
    Tensor() : Tensor(Shape{}, std::vector<Real>(1)) {}
    /// Like the two below, throws std::invalid_argument when the number of values is not the
    /// shape's; this one also std::domain_error for infinities and NaN, which are no real numbers.
    Tensor(Shape shape, std::vector<float> values);
    Tensor(Shape shape, std::vector<Real> values);
    Tensor(Shape shape, ScaledIntegers values);
    static Tensor scalar(const Real& value) { return {Shape{}, std::vector<Real>{value}}; }
    /// A vector of integers, as shapes and axes are.
    static Tensor integers(const std::vector<std::int64_t>& values);

    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] std::int64_t rank() const { return static_cast<std::int64_t>(shape_.size()); }
    [[nodiscard]] std::int64_t size() const { return size_; }
    /// Element at a row-major flat index.
    [[nodiscard]] Real at(std::int64_t index) const;

    [[nodiscard]] const std::vector<float>* floats() const {
        return std::get_if<std::vector<float>>(&storage_);
    }
    [[nodiscard]] const ScaledIntegers* scaled() const {
        return std::get_if<ScaledIntegers>(&storage_);
    }
    [[nodiscard]] const std::vector<Real>* reals() const {
        return std::get_if<std::vector<Real>>(&storage_);
    }

    /// All elements as reals (a copy).
    [[nodiscard]] std::vector<Real> to_reals() const;
    /// All elements when each is an integer of 63 bits.
    [[nodiscard]] std::optional<std::vector<std::int64_t>> to_int64() const;
    /// The value of every element when all are equal (and there is at least one).
    [[nodiscard]] std::optional<Real> uniform_value() const;

    /// The same elements under another shape of the same count; throws std::invalid_argument.
    [[nodiscard]] Tensor reshaped(Shape shape) const;
    /// ONNX Transpose: result dimension i is dimension perm[i] of this.
    [[nodiscard]] Tensor transposed(const std::vector<std::int64_t>& perm) const;

    /// Element by element, whatever the storage.
    friend bool operator==(const Tensor& a, const Tensor& b);

  private:
    Shape shape_;
    std::int64_t size_ = 1;
    std::variant<std::vector<float>, ScaledIntegers, std::vector<Real>> storage_;
};

using TensorPtr = std::shared_ptr<const Tensor>;

/// NumPy broadcasting of two shapes; throws std::invalid_argument when they do not fit.
Shape broadcast_shape(const Shape& a, const Shape& b);

/// Maps flat indices of a broadcast result to flat indices of one operand.
class BroadcastIndex {
  public:
    BroadcastIndex(const Shape& operand, const Shape& result);
    [[nodiscard]] std::int64_t operator()(std::int64_t result_index) const;

  private:
    bool identity_ = false;
    bool scalar_ = false;
    Shape result_;
    std::vector<std::int64_t> strides_; ///< of the operand, 0 where it is broadcast
};

} // namespace millrace
