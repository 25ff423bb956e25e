// SPDX-License-Identifier: Apache-2.0
//
// Models of other projects against the outputs of other people's executors: integers exactly,
// floats within 1e-5 of the output's largest magnitude, but where the float32 of those executors
// may decide otherwise at a quantizer (passes/explain.hpp). Models that must be refused are.
#include "frontend/import.hpp"
#include "ir/evaluate.hpp"
#include "ir/verify.hpp"
#include "passes/explain.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;

struct Array {
    bool integers = false;
    std::vector<double> values;
};

template <class T> void take(const std::string& bytes, std::size_t begin, Array& array) {
    for (std::size_t i = begin; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
        T value{};
        std::memcpy(&value, bytes.data() + i, sizeof(T));
        array.values.push_back(static_cast<double>(value));
    }
}

/// The elements of a version 1 .npy file of the types that the reference outputs have.
Array load_npy(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    REQUIRE_MESSAGE(bytes.size() > 10, file.string());
    const std::size_t begin =
        10 + static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    const std::string header = bytes.substr(10, begin - 10);
    Array array;
    array.integers = header.find("'<f") == std::string::npos;
    if (header.find("'<f4'") != std::string::npos) {
        take<float>(bytes, begin, array);
    } else if (header.find("'<i8'") != std::string::npos) {
        take<std::int64_t>(bytes, begin, array);
    } else if (header.find("'<i4'") != std::string::npos) {
        take<std::int32_t>(bytes, begin, array);
    } else if (header.find("'|i1'") != std::string::npos) {
        take<std::int8_t>(bytes, begin, array);
    } else if (header.find("'|u1'") != std::string::npos) {
        take<std::uint8_t>(bytes, begin, array);
    } else {
        FAIL("unexpected element type in ", file.string());
    }
    return array;
}

/// Runs the first samples of a case and counts outputs that differ without a close decision.
std::size_t differences(const Graph& graph, const fs::path& folder, std::size_t most_samples) {
    std::vector<Array> inputs;
    std::vector<Array> outputs;
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
        inputs.push_back(load_npy(folder / ("input_" + std::to_string(i) + ".npy")));
    }
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        outputs.push_back(load_npy(folder / ("output_" + std::to_string(i) + ".npy")));
    }
    const auto size = [&](ValueId id) {
        return static_cast<std::size_t>(element_count(shape_of(graph.value(id).type)));
    };
    const std::size_t samples =
        std::min(inputs.front().values.size() / size(graph.inputs.front()), most_samples);
    REQUIRE(samples > 0);
    std::size_t count = 0;
    for (std::size_t sample = 0; sample < samples; ++sample) {
        std::vector<Tensor> arguments;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const auto begin = inputs[i].values.begin() +
                               static_cast<std::ptrdiff_t>(sample * size(graph.inputs[i]));
            std::vector<float> values;
            std::transform(begin, begin + static_cast<std::ptrdiff_t>(size(graph.inputs[i])),
                           std::back_inserter(values),
                           [](double value) { return static_cast<float>(value); });
            arguments.emplace_back(shape_of(graph.value(graph.inputs[i]).type), std::move(values));
        }
        const std::vector<Tensor> results = evaluate_network(graph, arguments);
        std::size_t differing = 0;
        std::vector<passes::ExpectedOutput> wanted;
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::vector<double>& expected = outputs[i].values;
            double largest = 0;
            for (const double value : expected) {
                largest = std::max(largest, std::abs(value));
            }
            passes::ExpectedOutput& output = wanted.emplace_back();
            output.allowed = outputs[i].integers ? 0 : 1e-5 * largest;
            for (std::int64_t k = 0; k < results[i].size(); ++k) {
                const double value =
                    expected.at(sample * size(graph.outputs[i]) + static_cast<std::size_t>(k));
                output.values.push_back(value);
                const double error = std::abs(results[i].at(k).to_double() - value);
                differing += error > output.allowed ? 1U : 0U;
            }
        }
        if (differing != 0 && !passes::Explainer(graph).explain(arguments, wanted).found) {
            count += differing;
        }
    }
    return count;
}

/// Quantized models, and small float ones.
const std::array quantized_models{
    "qonnx_mlp/bnn_fc_1layer",
    "qonnx_mlp/jettag_qkeras_3layer",
    "qonnx_mlp/kws_mlp_w3a3",
    "qonnx_mlp/mnist_TFC_1W1A",
    "qonnx_mlp/mnist_TFC_1W1A_domains_shapes",
    "qonnx_mlp/mnist_TFC_2W2A",
    "qonnx_mlp/unsw_nb15_mlp_w2a2",
    "qonnx_misc/qkeras_qactivation_0",
    "qonnx_misc/qkeras_qactivation_5",
    "qonnx_misc/qkeras_qdense_0",
    "qonnx_misc/qkeras_qdense_5",
    "finn_ir/tfc_w1a1_finn_topk",
    "bench/mlp_16_64_32_32_5_w6a6",
    "bench/mlp_nonpo2_w6a6",
    "bench/mlp_softmax_w6a6",
    "mlperf_tiny_tflite/ad_autoencoder_int8",
    "mlonmcu_tflite/sine_int8",
    "probe/probe_clip_relu6",
    "probe/probe_gemm",
    "probe/probe_matmul_two_tensors",
    "probe/probe_mul_two_tensors",
    "probe/probe_quant_ceil",
    "probe/probe_quant_floor",
    "probe/probe_sigmoid",
    "qdq/ort_constant_folding_qdq_node_unit",
    "bench/cnn28_pad_w6a6",
    "bench/cnn28_w6a6",
    "bnnpynq_cnv/cifar10_cnv_w1a1",
    "bnnpynq_cnv/cifar10_cnv_w2a2",
    "mlonmcu_tflite/kws_arm_cnn_s_int8",
    "mlonmcu_tflite/magic_wand_float",
    "mlonmcu_tflite/micro_speech_int8",
    "mlperf_tiny_tflite/ic_resnet8_int8",
    "mlperf_tiny_tflite/kws_dscnn_int8",
    "mlperf_tiny_tflite/vww_mobilenetv1_025_int8",
    "probe/probe_act_float_scale",
    "probe/probe_act_zero_point",
    "probe/probe_avgpool",
    "probe/probe_batchnorm_conv",
    "probe/probe_concat",
    "probe/probe_conv1d",
    "probe/probe_conv1d_maxpool",
    "probe/probe_conv_bias",
    "probe/probe_conv_depthwise",
    "probe/probe_conv_dilation2",
    "probe/probe_conv_dilation2_nopad",
    "probe/probe_conv_group2",
    "probe/probe_conv_perchannel_float",
    "probe/probe_conv_perchannel_po2",
    "probe/probe_conv_stride2",
    "probe/probe_global_avgpool",
    "probe/probe_maxpool_3s2p1",
    "probe/probe_residual_add",
    "qdq/micro_kws_m_qdq",
    "qdq/micro_kws_m_quantized_dequant",
    "qdq/ort_constant_folding_dequantizelinear",
    "qdq/ort_conv.int4_weights.qdq",
    "qdq/ort_conv_qdq_s8s8",
    "qdq/ort_conv_qdq_s8s8_perchannel",
    "qdq/ort_qdq_conv_model_basic",
    "qdq/ort_qdq_with_multi_consumer_q_dq_axis",
    "qonnx_cnn/mnist_cnn_qonnx2mdc",
    "qonnx_misc/qkeras_qconv2d_0",
    "qonnx_misc/qkeras_qconv2d_7",
    "qoperator/micro_kws_m_qoperator",
    "qoperator/micro_kws_m_qoperator_softmax",
    "qoperator/mnist_quantized_cONNXr",
    "awkward/burn_gemm_non_unit_alpha_beta",
    "awkward/burn_graph_multiple_output_tracking",
    "float_mlp/three_layer_keras",
};

} // namespace

TEST_SUITE_BEGIN("frontend models");

TEST_CASE("models give what other executors gave") {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    for (const std::string name : quantized_models) {
        CAPTURE(name);
        Diagnostics diagnostics;
        const auto model =
            frontend::import_onnx(*shared / "models" / (name + ".onnx"), diagnostics);
        REQUIRE(model);
        CHECK(diagnostics.all().empty());
        verify(model->graph, "import");
        std::size_t cases = 0;
        for (const auto& entry : fs::directory_iterator(*shared / "golden" / name)) {
            if (entry.is_directory()) {
                CAPTURE(entry.path().filename().string());
                CHECK(differences(model->graph, entry.path(), 2) == 0);
                ++cases;
            }
        }
        CHECK(cases > 0);
    }
}

TEST_CASE("every shared model is imported or refused by name") {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    // The constants of these would only cost time.
    const std::set<std::string> giants{"light_bvlc_alexnet", "light_vgg19", "light_zfnet512"};
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(*shared / "models")) {
        if (entry.path().extension() != ".onnx" || giants.contains(entry.path().stem().string())) {
            continue;
        }
        CAPTURE(entry.path().string());
        Diagnostics diagnostics;
        const auto model = frontend::import_onnx(entry.path(), diagnostics);
        CHECK(model.has_value() != diagnostics.has_errors());
        if (model) {
            verify(model->graph, "import");
        }
        ++count;
    }
    CHECK(count > 100);
}

TEST_CASE("quantized models that are not imported say why") {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    const std::map<std::string, std::set<Code>> refused{
        // Spatial or channel dimensions are symbolic.
        {"qdq/ort_qdq_fusion_int8", {Code::dynamic_shape}},
        {"qdq/ort_qdq_minimal_model", {Code::dynamic_shape, Code::unsupported_operator}},
        {"qoperator/ort_matmul_integer_to_float_int8_bias", {Code::dynamic_shape}},
        // Resize in mode linear.
        {"qdq/ort_nhwc_resize_sizes_opset18.quant", {Code::unsupported_operator}},
        // DynamicQuantizeLinear.
        {"qoperator/ort_dynamic_quantize_matmul", {Code::unsupported_operator}},
        {"qoperator/ort_dynamic_quantize_matmul_int8_bias",
         {Code::dynamic_shape, Code::unsupported_operator}},
        // FloatQuant.
        {"qonnx_misc/floatquant_fp8", {Code::unsupported_operator}},
    };
    for (const char* folder :
         {"bench", "bnnpynq_cnv", "mlonmcu_tflite", "mlperf_tiny_tflite", "probe", "qdq",
          "qonnx_cnn", "qonnx_misc", "qonnx_mlp", "qoperator"}) {
        for (const auto& entry : fs::directory_iterator(*shared / "models" / folder)) {
            if (entry.path().extension() != ".onnx") {
                continue;
            }
            const std::string name = folder + ("/" + entry.path().stem().string());
            CAPTURE(name);
            Diagnostics diagnostics;
            const bool imported = frontend::import_onnx(entry.path(), diagnostics).has_value();
            std::set<Code> codes;
            for (const Diagnostic& diagnostic : diagnostics.all()) {
                codes.insert(diagnostic.code);
            }
            CHECK(imported == !refused.contains(name));
            CHECK((imported || codes == refused.at(name)));
        }
    }
}

TEST_CASE("a model with illegal types is refused") {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    Diagnostics diagnostics;
    CHECK(!frontend::import_onnx(*shared / "models/negative/toycar_mlonmcu_badtypes.onnx",
                                 diagnostics));
    REQUIRE(!diagnostics.all().empty());
    CHECK(diagnostics.all().front().code == Code::unsupported_data_type);
    CHECK(diagnostics.all().front().op == "Gemm");
}

TEST_SUITE_END();
