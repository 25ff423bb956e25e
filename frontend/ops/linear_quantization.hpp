// SPDX-License-Identifier: Apache-2.0
//
// Linear quantization with one scale or one per index of an axis, as QuantizeLinear,
// DequantizeLinear and all operators on quantized tensors (QLinearConv and its like) mean it:
// those are imported as DequantizeLinear, the operator on reals, QuantizeLinear, so that sums are
// exact and requantization is real arithmetic.
#pragma once

#include "frontend/context.hpp"

#include <optional>
#include <string_view>

namespace millrace::frontend {

struct IntegerFormat {
    int bits;
    bool is_signed;
};
/// The types that QuantizeLinear makes; nothing for the others.
std::optional<IntegerFormat> quantized_format(DataType type);

/// Scale and zero point, shaped to broadcast to the quantized tensor.
struct LinearParameters {
    TensorPtr scale;
    TensorPtr zero_point;
};

/// Where the parameters stand among the node's inputs, and what they are called in messages.
struct LinearInputs {
    std::size_t scale;
    std::size_t zero_point; ///< may be absent: then zero
    std::string_view what = "";
};

/// The parameters for a tensor of this shape; a list runs along `axis`. `positive`: scales of
/// results must be. Reports what does not fit and leaves the node.
LinearParameters linear_parameters(NodeContext& node, const LinearInputs& inputs,
                                   const Shape& shape, std::int64_t axis, bool positive);

/// (q - zero_point) * scale; what was quantized with the same parameters before is that value.
ValueId dequantized(NodeContext& node, ValueId q, const LinearParameters& parameters,
                    DataType element);

/// saturate(half-even(x / scale) + zero_point) of a type that quantized_format() knows; `element`
/// is the type of the real numbers.
ValueId quantized(NodeContext& node, ValueId x, const LinearParameters& parameters, DataType type,
                  DataType element);

/// Refuses types that linear quantization does not have; `wide` allows int32, too.
void require_quantized_type(NodeContext& node, DataType type, bool wide, std::string_view what);

} // namespace millrace::frontend
