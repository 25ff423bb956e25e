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
    Advice{" DeformConv Im2Col Col2Im ", "use Conv"},
    Advice{" FusedConv NhwcFusedConv NhwcConv FusedGemm FusedMatMul ",
           "ONNX Runtime wrote this model while optimising it: save the quantized model before it "
           "is optimised, or at optimisation level basic"},
    Advice{" LpPool GlobalLpPool MaxUnpool MaxRoiPool RoiAlign ",
           "use MaxPool, AveragePool, GlobalAveragePool or GlobalMaxPool"},
    Advice{" QuantAvgPool2d ", "export the model with AveragePool and Trunc"},
    Advice{" LRN InstanceNormalization GroupNormalization MeanVarianceNormalization ",
           "statistics of the input cannot be mapped: use BatchNormalization"},
    Advice{" FloatQuant ", "minifloat quantization is not supported: quantize to integers (Quant)"},
    Advice{" DynamicQuantizeLinear DynamicQuantizeMatMul DynamicQuantizeLSTM ",
           "ranges that are found at run time are not supported: use static quantization "
           "(onnxruntime.quantization.quantize_static)"},
    Advice{" QLinearWhere QAttention QEmbedLayerNormalization QMoE ",
           "write the quantized model in QDQ form (QuantizeLinear and DequantizeLinear around "
           "float operators)"},
    Advice{" LSTM GRU RNN ", "recurrent layers are not supported"},
    Advice{" Attention MultiHeadAttention RotaryEmbedding LayerNormalization RMSNormalization "
           "SkipLayerNormalization ",
           "transformer layers are not supported by this version"},
    Advice{" If Loop Scan SequenceMap ",
           "control flow cannot be mapped: export the model with fixed choices and unrolled loops"},
    Advice{" LogSoftmax Hardmax ",
           "use Softmax, ArgMax or TopK at the end of the network, or end before this operator"},
    Advice{" Gelu Erf Elu Selu Celu Softplus Softsign Mish ThresholdedRelu Exp Log ",
           "use Relu, LeakyRelu, PRelu, Clip, Sigmoid, Tanh, HardSigmoid, HardSwish or Swish"},
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
    if (domain.starts_with("finn.custom_op.fpgadataflow") || domain.starts_with("finn.dataflow")) {
        return "the model has been through FINN's conversion to hardware layers: give the model as "
               "it was before (QONNX)";
    }
    if (!domain.empty() && family_of_domain(domain) != Family::quantizer) {
        return fmt::format("operators of the domain '{}' are not supported: export the model with "
                           "standard ONNX operators",
                           escaped(domain));
    }
    return "replace the operator by supported ones, or end the network before it";
}

} // namespace millrace::frontend
