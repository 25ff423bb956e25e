// SPDX-License-Identifier: Apache-2.0
//
// See registry.hpp. `since` is the version in which the operator appeared; what changed later is
// the importer's business.
#include "frontend/ops/registry.hpp"

#include "frontend/ops/importers.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <limits>

namespace millrace::frontend {

namespace {

namespace op = ops_import;
constexpr Family standard = Family::standard;
constexpr Family quantizer = Family::quantizer;
constexpr Accepts anything = Accepts::anything;
constexpr Accepts numbers = Accepts::numbers;
constexpr Accepts arithmetic = Accepts::arithmetic;
constexpr Accepts floats = Accepts::floats;
constexpr std::size_t many = std::numeric_limits<std::size_t>::max();

// name, family, since, inputs (least, most), outputs (most), element types of the first n inputs
const std::array table{
    OperatorEntry{"Add", standard, 1, 2, 2, 1, arithmetic, 2, &op::add},
    OperatorEntry{"ArgMax", standard, 1, 1, 1, 1, numbers, 1, &op::arg_max},
    OperatorEntry{"ArgMin", standard, 1, 1, 1, 1, numbers, 1, &op::arg_min},
    OperatorEntry{"BatchNormalization", standard, 1, 5, 5, 5, floats, 1, &op::batch_normalization},
    OperatorEntry{"Cast", standard, 1, 1, 1, 1, anything, 1, &op::cast},
    OperatorEntry{"Clip", standard, 1, 1, 3, 1, numbers, 1, &op::clip},
    OperatorEntry{"Concat", standard, 1, 1, many, 1, anything, many, &op::concat},
    OperatorEntry{"Constant", standard, 1, 0, 0, 1, anything, 0, &op::constant},
    OperatorEntry{"ConstantOfShape", standard, 9, 1, 1, 1, anything, 1, &op::constant_of_shape},
    OperatorEntry{"DequantizeLinear", standard, 10, 2, 3, 1, numbers, 1, &op::dequantize_linear},
    OperatorEntry{"Div", standard, 1, 2, 2, 1, arithmetic, 2, &op::div},
    OperatorEntry{"Dropout", standard, 1, 1, 3, 2, floats, 1, &op::dropout},
    OperatorEntry{"Expand", standard, 8, 2, 2, 1, anything, 1, &op::expand},
    OperatorEntry{"Flatten", standard, 1, 1, 1, 1, anything, 1, &op::flatten},
    OperatorEntry{"Gather", standard, 1, 2, 2, 1, anything, 1, &op::gather},
    OperatorEntry{"Gemm", standard, 1, 2, 3, 1, arithmetic, 3, &op::gemm},
    OperatorEntry{"HardSigmoid", standard, 1, 1, 1, 1, floats, 1, &op::hard_sigmoid},
    OperatorEntry{"Identity", standard, 1, 1, 1, 1, anything, 1, &op::identity},
    OperatorEntry{"LeakyRelu", standard, 1, 1, 1, 1, floats, 1, &op::leaky_relu},
    OperatorEntry{"MatMul", standard, 1, 2, 2, 1, arithmetic, 2, &op::matmul},
    OperatorEntry{"Mul", standard, 1, 2, 2, 1, arithmetic, 2, &op::mul},
    OperatorEntry{"Neg", standard, 1, 1, 1, 1, arithmetic, 1, &op::neg},
    OperatorEntry{"PRelu", standard, 1, 2, 2, 1, arithmetic, 2, &op::prelu},
    OperatorEntry{"Pow", standard, 1, 2, 2, 1, arithmetic, 1, &op::pow},
    OperatorEntry{"QuantizeLinear", standard, 10, 2, 3, 1, arithmetic, 1, &op::quantize_linear},
    OperatorEntry{"Range", standard, 11, 3, 3, 1, numbers, 3, &op::range},
    OperatorEntry{"Reciprocal", standard, 1, 1, 1, 1, floats, 1, &op::reciprocal},
    OperatorEntry{"Relu", standard, 1, 1, 1, 1, numbers, 1, &op::relu},
    OperatorEntry{"Reshape", standard, 5, 2, 2, 1, anything, 1, &op::reshape},
    OperatorEntry{"Shape", standard, 1, 1, 1, 1, anything, 1, &op::shape},
    OperatorEntry{"Sigmoid", standard, 1, 1, 1, 1, floats, 1, &op::sigmoid},
    OperatorEntry{"Sign", standard, 9, 1, 1, 1, numbers, 1, &op::sign},
    OperatorEntry{"Size", standard, 1, 1, 1, 1, anything, 1, &op::size},
    OperatorEntry{"Slice", standard, 1, 1, 5, 1, anything, 1, &op::slice},
    OperatorEntry{"Softmax", standard, 1, 1, 1, 1, floats, 1, &op::softmax},
    OperatorEntry{"Split", standard, 2, 1, 2, many, anything, 1, &op::split},
    OperatorEntry{"Sqrt", standard, 1, 1, 1, 1, floats, 1, &op::sqrt},
    OperatorEntry{"Squeeze", standard, 1, 1, 2, 1, anything, 1, &op::squeeze},
    OperatorEntry{"Sub", standard, 1, 2, 2, 1, arithmetic, 2, &op::sub},
    OperatorEntry{"Tanh", standard, 1, 1, 1, 1, floats, 1, &op::tanh},
    OperatorEntry{"TopK", standard, 1, 1, 2, 2, numbers, 1, &op::top_k},
    OperatorEntry{"Transpose", standard, 1, 1, 1, 1, anything, 1, &op::transpose},
    OperatorEntry{"Unsqueeze", standard, 1, 1, 2, 1, anything, 1, &op::unsqueeze},
    OperatorEntry{"BipolarQuant", quantizer, 1, 2, 2, 1, floats, 1, &op::bipolar_quant},
    OperatorEntry{"IntQuant", quantizer, 1, 4, 4, 1, floats, 1, &op::quant},
    OperatorEntry{"MultiThreshold", quantizer, 1, 2, 2, 1, numbers, 1, &op::multi_threshold},
    OperatorEntry{"Quant", quantizer, 1, 4, 4, 1, floats, 1, &op::quant},
    OperatorEntry{"Trunc", quantizer, 1, 5, 6, 1, floats, 1, &op::trunc},
};

} // namespace

std::span<const OperatorEntry> operator_table() { return table; }

bool is_quantizer_domain(std::string_view domain) {
    return domain == "qonnx.custom_op.general" || domain == "onnx.brevitas" ||
           domain == "finn.custom_op.general";
}

const OperatorEntry* find_operator(const onnx::NodeProto& node) {
    const std::string_view domain = normalized_domain(node.domain());
    const auto* found = std::find_if(table.begin(), table.end(), [&](const OperatorEntry& entry) {
        return entry.name == node.op_type() &&
               (entry.family == standard ? domain.empty() : is_quantizer_domain(domain));
    });
    return found == table.end() ? nullptr : found;
}

} // namespace millrace::frontend
