// SPDX-License-Identifier: Apache-2.0
//
// What to do about operators that are not supported, as far as something better can be said than
// "remove it".
#include "frontend/ops/registry.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <array>

namespace millrace::frontend {

namespace {

struct Advice {
    std::string_view operators; ///< each between blanks
    std::string_view help;
};

constexpr std::array advice{
    Advice{
        " Conv ConvTranspose DeformConv ConvInteger QLinearConv ",
        "convolutions are not supported by this version; networks of fully connected layers are"},
    Advice{" MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool "
           "QLinearAveragePool QLinearGlobalAveragePool MaxPoolNHWC QuantAvgPool2d ",
           "pooling is not supported by this version; networks of fully connected layers are"},
    Advice{" Im2Col Pad Resize Upsample DepthToSpace SpaceToDepth LRN InstanceNormalization "
           "GroupNormalization ",
           "operators on images are not supported by this version; networks of fully connected "
           "layers are"},
    Advice{" FloatQuant ", "minifloat quantization is not supported: quantize to integers (Quant)"},
    Advice{" DynamicQuantizeLinear DynamicQuantizeMatMul DynamicQuantizeLSTM ",
           "ranges that are found at run time are not supported: use static quantization"},
    Advice{" QLinearMatMul MatMulInteger MatMulIntegerToFloat QGemm QLinearAdd QLinearMul "
           "QLinearConcat QLinearSigmoid QLinearSoftmax ",
           "write the quantized model in QDQ form (QuantizeLinear and DequantizeLinear around "
           "float operators)"},
    Advice{" LSTM GRU RNN ", "recurrent layers are not supported"},
    Advice{" Attention MultiHeadAttention RotaryEmbedding LayerNormalization RMSNormalization "
           "SkipLayerNormalization QAttention ",
           "transformer layers are not supported by this version"},
    Advice{" If Loop Scan SequenceMap ",
           "control flow cannot be mapped: export the model with fixed choices and unrolled loops"},
    Advice{" LogSoftmax Hardmax ",
           "use Softmax, ArgMax or TopK at the end of the network, or end before this operator"},
    Advice{
        " Gelu Erf Elu Selu Celu Softplus Softsign Mish HardSwish Swish ThresholdedRelu Exp Log ",
        "use Relu, LeakyRelu, PRelu, Clip, Sigmoid, Tanh or HardSigmoid"},
    Advice{" Sum Mean ", "write it with Add and Mul"},
};

} // namespace

std::string unsupported_help(const onnx::NodeProto& node) {
    const std::string name = " " + node.op_type() + " ";
    for (const Advice& entry : advice) {
        if (entry.operators.find(name) != std::string_view::npos) {
            return std::string(entry.help);
        }
    }
    const std::string_view domain = normalized_domain(node.domain());
    if (!domain.empty() && !is_quantizer_domain(domain)) {
        return fmt::format("operators of the domain '{}' are not supported: export the model with "
                           "standard ONNX operators",
                           escaped(domain));
    }
    return "replace the operator by supported ones, or end the network before it";
}

} // namespace millrace::frontend
