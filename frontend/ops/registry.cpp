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
constexpr Family ch_last = Family::channels_last;
constexpr Family microsoft = Family::microsoft;
constexpr Accepts anything = Accepts::anything;
constexpr Accepts numbers = Accepts::numbers;
constexpr Accepts arithmetic = Accepts::arithmetic;
constexpr Accepts floats = Accepts::floats;
constexpr std::size_t many = std::numeric_limits<std::size_t>::max();

// name, family, since, inputs (least, most), outputs (most), element types of the first n inputs
const std::array table{
    OperatorEntry{"Abs", standard, 1, 1, 1, 1, arithmetic, 1, &op::abs},
    OperatorEntry{"Add", standard, 1, 2, 2, 1, arithmetic, 2, &op::add},
    OperatorEntry{"ArgMax", standard, 1, 1, 1, 1, numbers, 1, &op::arg_max},
    OperatorEntry{"ArgMin", standard, 1, 1, 1, 1, numbers, 1, &op::arg_min},
    OperatorEntry{"AveragePool", standard, 1, 1, 1, 1, floats, 1, &op::average_pool},
    OperatorEntry{"BatchNormalization", standard, 1, 5, 5, 5, floats, 1, &op::batch_normalization},
    OperatorEntry{"Cast", standard, 1, 1, 1, 1, anything, 1, &op::cast},
    OperatorEntry{"Ceil", standard, 1, 1, 1, 1, floats, 1, &op::ceil},
    OperatorEntry{"Clip", standard, 1, 1, 3, 1, numbers, 1, &op::clip},
    OperatorEntry{"Concat", standard, 1, 1, many, 1, anything, many, &op::concat},
    OperatorEntry{"Constant", standard, 1, 0, 0, 1, anything, 0, &op::constant},
    OperatorEntry{"ConstantOfShape", standard, 9, 1, 1, 1, anything, 1, &op::constant_of_shape},
    OperatorEntry{"Conv", standard, 1, 2, 3, 1, floats, 3, &op::conv},
    OperatorEntry{"ConvInteger", standard, 10, 2, 4, 1, numbers, 0, &op::conv_integer},
    OperatorEntry{"ConvTranspose", standard, 1, 2, 3, 1, floats, 3, &op::conv_transpose},
    OperatorEntry{"DepthToSpace", standard, 1, 1, 1, 1, anything, 1, &op::depth_to_space},
    OperatorEntry{"DequantizeLinear", standard, 10, 2, 3, 1, numbers, 1, &op::dequantize_linear},
    OperatorEntry{"Div", standard, 1, 2, 2, 1, arithmetic, 2, &op::div},
    OperatorEntry{"Dropout", standard, 1, 1, 3, 2, floats, 1, &op::dropout},
    OperatorEntry{"Expand", standard, 8, 2, 2, 1, anything, 1, &op::expand},
    OperatorEntry{"Flatten", standard, 1, 1, 1, 1, anything, 1, &op::flatten},
    OperatorEntry{"Floor", standard, 1, 1, 1, 1, floats, 1, &op::floor},
    OperatorEntry{"Gather", standard, 1, 2, 2, 1, anything, 1, &op::gather},
    OperatorEntry{"Gemm", standard, 1, 2, 3, 1, arithmetic, 3, &op::gemm},
    OperatorEntry{"GlobalAveragePool", standard, 1, 1, 1, 1, floats, 1, &op::global_average_pool},
    OperatorEntry{"GlobalMaxPool", standard, 1, 1, 1, 1, floats, 1, &op::global_max_pool},
    OperatorEntry{"HardSigmoid", standard, 1, 1, 1, 1, floats, 1, &op::hard_sigmoid},
    OperatorEntry{"HardSwish", standard, 14, 1, 1, 1, floats, 1, &op::hard_swish},
    OperatorEntry{"Identity", standard, 1, 1, 1, 1, anything, 1, &op::identity},
    OperatorEntry{"LeakyRelu", standard, 1, 1, 1, 1, floats, 1, &op::leaky_relu},
    OperatorEntry{"MatMul", standard, 1, 2, 2, 1, arithmetic, 2, &op::matmul},
    OperatorEntry{"MatMulInteger", standard, 10, 2, 4, 1, numbers, 0, &op::matmul_integer},
    OperatorEntry{"Max", standard, 1, 1, many, 1, arithmetic, many, &op::max},
    OperatorEntry{"MaxPool", standard, 1, 1, 1, 2, numbers, 1, &op::max_pool},
    OperatorEntry{"Mean", standard, 1, 1, many, 1, floats, many, &op::mean},
    OperatorEntry{"Min", standard, 1, 1, many, 1, arithmetic, many, &op::min},
    OperatorEntry{"Mul", standard, 1, 2, 2, 1, arithmetic, 2, &op::mul},
    OperatorEntry{"Neg", standard, 1, 1, 1, 1, arithmetic, 1, &op::neg},
    OperatorEntry{"PRelu", standard, 1, 2, 2, 1, arithmetic, 2, &op::prelu},
    OperatorEntry{"Pad", standard, 1, 1, 4, 1, anything, 1, &op::pad},
    OperatorEntry{"Pow", standard, 1, 2, 2, 1, arithmetic, 1, &op::pow},
    OperatorEntry{"QLinearConv", standard, 10, 8, 9, 1, numbers, 0, &op::qlinear_conv},
    OperatorEntry{"QLinearMatMul", standard, 10, 8, 8, 1, numbers, 0, &op::qlinear_matmul},
    OperatorEntry{"QuantizeLinear", standard, 10, 2, 3, 1, arithmetic, 1, &op::quantize_linear},
    OperatorEntry{"Range", standard, 11, 3, 3, 1, numbers, 3, &op::range},
    OperatorEntry{"Reciprocal", standard, 1, 1, 1, 1, floats, 1, &op::reciprocal},
    OperatorEntry{"ReduceL1", standard, 1, 1, 2, 1, arithmetic, 1, &op::reduce_l1},
    OperatorEntry{"ReduceMax", standard, 1, 1, 2, 1, numbers, 1, &op::reduce_max},
    OperatorEntry{"ReduceMean", standard, 1, 1, 2, 1, floats, 1, &op::reduce_mean},
    OperatorEntry{"ReduceMin", standard, 1, 1, 2, 1, arithmetic, 1, &op::reduce_min},
    OperatorEntry{"ReduceSum", standard, 1, 1, 2, 1, arithmetic, 1, &op::reduce_sum},
    OperatorEntry{"ReduceSumSquare", standard, 1, 1, 2, 1, arithmetic, 1, &op::reduce_sum_square},
    OperatorEntry{"Relu", standard, 1, 1, 1, 1, numbers, 1, &op::relu},
    OperatorEntry{"Reshape", standard, 5, 2, 2, 1, anything, 1, &op::reshape},
    OperatorEntry{"Resize", standard, 10, 1, 4, 1, anything, 1, &op::resize},
    OperatorEntry{"Round", standard, 11, 1, 1, 1, floats, 1, &op::round},
    OperatorEntry{"Shape", standard, 1, 1, 1, 1, anything, 1, &op::shape},
    OperatorEntry{"Sigmoid", standard, 1, 1, 1, 1, floats, 1, &op::sigmoid},
    OperatorEntry{"Sign", standard, 9, 1, 1, 1, numbers, 1, &op::sign},
    OperatorEntry{"Size", standard, 1, 1, 1, 1, anything, 1, &op::size},
    OperatorEntry{"Slice", standard, 1, 1, 5, 1, anything, 1, &op::slice},
    OperatorEntry{"Softmax", standard, 1, 1, 1, 1, floats, 1, &op::softmax},
    OperatorEntry{"SpaceToDepth", standard, 1, 1, 1, 1, anything, 1, &op::space_to_depth},
    OperatorEntry{"Split", standard, 2, 1, 2, many, anything, 1, &op::split},
    OperatorEntry{"Sqrt", standard, 1, 1, 1, 1, floats, 1, &op::sqrt},
    OperatorEntry{"Squeeze", standard, 1, 1, 2, 1, anything, 1, &op::squeeze},
    OperatorEntry{"Sub", standard, 1, 2, 2, 1, arithmetic, 2, &op::sub},
    OperatorEntry{"Sum", standard, 1, 1, many, 1, arithmetic, many, &op::sum},
    OperatorEntry{"Swish", standard, 24, 1, 1, 1, floats, 1, &op::swish},
    OperatorEntry{"Tanh", standard, 1, 1, 1, 1, floats, 1, &op::tanh},
    OperatorEntry{"Tile", standard, 6, 2, 2, 1, anything, 1, &op::tile},
    OperatorEntry{"TopK", standard, 1, 1, 2, 2, numbers, 1, &op::top_k},
    OperatorEntry{"Transpose", standard, 1, 1, 1, 1, anything, 1, &op::transpose},
    OperatorEntry{"Unsqueeze", standard, 1, 1, 2, 1, anything, 1, &op::unsqueeze},
    OperatorEntry{"Upsample", standard, 7, 1, 2, 1, anything, 1, &op::upsample},
    OperatorEntry{"BipolarQuant", quantizer, 1, 2, 2, 1, floats, 1, &op::bipolar_quant},
    OperatorEntry{"IntQuant", quantizer, 1, 4, 4, 1, floats, 1, &op::quant},
    OperatorEntry{"MultiThreshold", quantizer, 1, 2, 2, 1, numbers, 1, &op::multi_threshold},
    OperatorEntry{"Quant", quantizer, 1, 4, 4, 1, floats, 1, &op::quant},
    OperatorEntry{"Trunc", quantizer, 1, 5, 6, 1, floats, 1, &op::trunc},
    OperatorEntry{"BatchNormalization", ch_last, 1, 5, 5, 5, floats, 1,
                  &op::channels_last_batch_normalization},
    OperatorEntry{"AveragePool", ch_last, 1, 1, 1, 1, floats, 1, &op::channels_last_average_pool},
    OperatorEntry{"Conv", ch_last, 1, 2, 3, 1, floats, 3, &op::channels_last_conv},
    OperatorEntry{"MaxPool", ch_last, 1, 1, 1, 2, floats, 1, &op::channels_last_max_pool},
    OperatorEntry{"DequantizeLinear", microsoft, 1, 2, 3, 1, numbers, 1,
                  &op::microsoft_dequantize_linear},
    OperatorEntry{"MatMulIntegerToFloat", microsoft, 1, 4, 7, 1, numbers, 0,
                  &op::matmul_integer_to_float},
    OperatorEntry{"NhwcMaxPool", microsoft, 1, 1, 1, 1, numbers, 1, &op::channels_last_max_pool},
    OperatorEntry{"QGemm", microsoft, 1, 6, 9, 1, numbers, 0, &op::qgemm},
    OperatorEntry{"QLinearAdd", microsoft, 1, 2, 8, 1, numbers, 0, &op::qlinear_add},
    OperatorEntry{"QLinearAveragePool", microsoft, 1, 2, 5, 1, numbers, 0,
                  &op::qlinear_average_pool},
    OperatorEntry{"QLinearConcat", microsoft, 1, 4, many, 1, numbers, 0, &op::qlinear_concat},
    OperatorEntry{"QLinearConv", microsoft, 1, 8, 9, 1, numbers, 0, &op::qlinear_conv},
    OperatorEntry{"QLinearGlobalAveragePool", microsoft, 1, 2, 5, 1, numbers, 0,
                  &op::qlinear_global_average_pool},
    OperatorEntry{"QLinearLeakyRelu", microsoft, 1, 2, 5, 1, numbers, 0, &op::qlinear_leaky_relu},
    OperatorEntry{"QLinearMul", microsoft, 1, 2, 8, 1, numbers, 0, &op::qlinear_mul},
    OperatorEntry{"QLinearReduceMean", microsoft, 1, 2, 5, 1, numbers, 0, &op::qlinear_reduce_mean},
    OperatorEntry{"QLinearSigmoid", microsoft, 1, 2, 5, 1, numbers, 0, &op::qlinear_sigmoid},
    OperatorEntry{"QLinearSoftmax", microsoft, 1, 2, 5, 1, numbers, 0, &op::qlinear_softmax},
    OperatorEntry{"QuantizeLinear", microsoft, 1, 2, 3, 1, arithmetic, 1,
                  &op::microsoft_quantize_linear},
};

} // namespace

std::span<const OperatorEntry> operator_table() { return table; }

std::optional<Family> family_of_domain(std::string_view domain) {
    if (domain.empty()) {
        return Family::standard;
    }
    if (domain == "qonnx.custom_op.general" || domain == "onnx.brevitas" ||
        domain == "finn.custom_op.general") {
        return Family::quantizer;
    }
    if (domain == "qonnx.custom_op.channels_last") {
        return Family::channels_last;
    }
    return domain == "com.microsoft" ? std::optional(Family::microsoft) : std::nullopt;
}

const OperatorEntry* find_operator(const onnx::NodeProto& node) {
    const std::optional<Family> family = family_of_domain(normalized_domain(node.domain()));
    const auto* found = std::find_if(table.begin(), table.end(), [&](const OperatorEntry& entry) {
        return entry.name == node.op_type() && entry.family == family;
    });
    return found == table.end() ? nullptr : found;
}

} // namespace millrace::frontend
