// SPDX-License-Identifier: Apache-2.0
//
// Convolutional networks of other projects in every dialect, end to end: all stages equal including
// the compiled C simulation, nothing unexplained against the outputs that ONNX Runtime gave, and
// what cannot be compiled refused by the right diagnostic.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/shared_verify.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using nlohmann::json;

} // namespace

TEST_SUITE("slow-ci shared verify cnn") {
    TEST_CASE("binarized VGG") { verify_model("bnnpynq_cnv/cifar10_cnv_w1a1", "random"); }
    TEST_CASE("ResNet-8") { verify_model("mlperf_tiny_tflite/ic_resnet8_int8", "random"); }
    TEST_CASE("keyword spotting, depthwise separable") {
        verify_model("mlperf_tiny_tflite/kws_dscnn_int8", "real8");
    }
    TEST_CASE("keyword spotting, plain convolutions") {
        verify_model("mlonmcu_tflite/kws_arm_cnn_s_int8", "real8");
    }
    TEST_CASE("micro speech") { verify_model("mlonmcu_tflite/micro_speech_int8", "random_many"); }
    TEST_CASE("MobileNetV1 for visual wake words") {
        verify_model("mlperf_tiny_tflite/vww_mobilenetv1_025_int8", "random");
    }
    TEST_CASE("MNIST, first layer on the host") {
        verify_model("qonnx_cnn/mnist_cnn_qonnx2mdc", "real8");
    }
    TEST_CASE("benchmark") { verify_model("bench/cnn28_w6a6", "random_many"); }
    TEST_CASE("benchmark with padding") { verify_model("bench/cnn28_pad_w6a6", "random_many"); }
}

TEST_SUITE("slow-ci shared verify dialects") {
    TEST_CASE("QDQ: keyword spotting") { verify_model("qdq/micro_kws_m_qdq", "random_many"); }
    TEST_CASE("QDQ: folded constants") {
        verify_model("qdq/ort_constant_folding_qdq_node_unit", "random_many");
    }
    TEST_CASE("QDQ: weights of 4 bits") { verify_model("qdq/ort_conv.int4_weights.qdq", "random"); }
    TEST_CASE("QDQ: per channel") { verify_model("qdq/ort_conv_qdq_s8s8_perchannel", "random"); }
    TEST_CASE("QDQ: several consumers, per axis") {
        verify_model("qdq/ort_qdq_with_multi_consumer_q_dq_axis", "random");
    }
    TEST_CASE("QOperator: keyword spotting") {
        verify_model("qoperator/micro_kws_m_qoperator", "random_many");
    }
    TEST_CASE("QOperator: ConvInteger and MatMulInteger") {
        verify_model("qoperator/mnist_quantized_cONNXr", "real8");
    }
}

TEST_SUITE("slow-ci shared verify cnn probes") {
    TEST_CASE("convolutions") {
        for (const char* probe :
             {"conv_bias", "conv_stride2", "conv_dilation2", "conv_dilation2_nopad", "conv_group2",
              "conv_depthwise", "conv_perchannel_float", "conv_perchannel_po2", "conv1d",
              "batchnorm_conv", "act_zero_point", "act_float_scale"}) {
            verify_model(std::string("probe/probe_") + probe, "random_many");
        }
    }
    TEST_CASE("pools and joins") {
        for (const char* probe :
             {"avgpool", "global_avgpool", "maxpool_3s2p1", "conv1d_maxpool", "residual_add",
              "concat", "mul_two_tensors", "matmul_two_tensors"}) {
            verify_model(std::string("probe/probe_") + probe, "random_many");
        }
    }
}

TEST_SUITE("slow shared verify large") {
    TEST_CASE("VGG of 2 bits") { verify_model("bnnpynq_cnv/cifar10_cnv_w2a2", "random_many"); }
    TEST_CASE("binarized VGG") { verify_model("bnnpynq_cnv/cifar10_cnv_w1a1", "random_many"); }
    TEST_CASE("ResNet-8") { verify_model("mlperf_tiny_tflite/ic_resnet8_int8", "random_many"); }
    TEST_CASE("MobileNetV1") {
        verify_model("mlperf_tiny_tflite/vww_mobilenetv1_025_int8", "random_many");
    }
    TEST_CASE("MobileNetV2 on one sample") {
        verify_model("mlonmcu_tflite/mobilenetv2_flowers_int8", "", 1);
    }
    TEST_CASE("ResNet for channel state information") {
        verify_model("qonnx_cnn/mmfi_csi_resnet_qonnx", "random");
    }
    TEST_CASE("U-Net") { verify_model("qonnx_cnn/tiny_unet_100k_ch_last", "", 1); }
    TEST_CASE("super-resolution") { verify_model("qonnx_cnn/espcn_nnresize_w4a4", "", 1); }
    TEST_CASE("separable convolution") {
        verify_model("qonnx_cnn/separable_conv_model_ch_last", "", 1);
    }
    TEST_CASE("branches") { verify_model("qonnx_cnn/branched_model_ch_last", "", 1); }
}

TEST_SUITE("shared refusals") {
    TEST_CASE("what cannot be compiled is refused for the right reason") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const std::vector<std::pair<std::string, std::string>> refusals{
            // Floating-point layers without any quantizer.
            {"mlonmcu_tflite/magic_wand_float", "MR201"},
            {"qdq/micro_kws_m_fp32", "MR201"},
            {"qonnx_misc/matmul_sdp", "MR201"},
            {"qonnx_misc/residual_block_clean", "MR201"},
            {"qonnx_misc/eltwise_chanlast_testcase", "MR201"},
            // Quantized weights behind a float input of unknown range: --input-type compiles them.
            {"qonnx_misc/qkeras_qconv2d_0", "MR201"},
            {"qonnx_misc/qkeras_qconv2d_7", "MR201"},
            // Weights that lie on no grid of 16 bits.
            {"qdq/micro_kws_m_quantized_dequant", "MR202"},
            // Scales known only when it runs, interpolation, minifloats.
            {"qoperator/ort_dynamic_quantize_matmul", "MR115"},
            {"qdq/ort_nhwc_resize_sizes_opset18.quant", "MR115"},
            {"qonnx_misc/floatquant_fp8", "MR115"},
            // Sizes known only when it runs.
            {"qdq/ort_qdq_minimal_model", "MR116"},
            {"qoperator/ort_dynamic_quantize_matmul_int8_bias", "MR116"},
            {"qoperator/ort_matmul_integer_to_float_int8_bias", "MR116"},
        };
        for (const auto& [model, code] : refusals) {
            CAPTURE(model);
            const cli::TemporaryFolder folder;
            const CommandRun run =
                millrace_command({"compile", (*shared / "models" / (model + ".onnx")).string(),
                                  "-o", (folder.path() / "project").string()});
            CHECK(run.status == 1);
            CHECK(run.err.find("error[" + code + "]") != std::string::npos);
            CHECK(run.err.find("help: ") != std::string::npos);
            CHECK(!fs::exists(folder.path() / "project"));
        }
    }
    TEST_CASE("a declared input type makes hardware of a float first layer") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const CommandRun run = millrace_command(
            {"verify", (*shared / "models/qonnx_misc/qkeras_qconv2d_0.onnx").string(),
             "--input-type", "global_in=uint8:scale=1/255", "--samples", "4", "--json"});
        check_verified(run, 2, false);
    }
}

TEST_SUITE("slow shared accuracy") {
    /// All samples' outputs are the reference executor's, except where verify explains a difference
    /// element by element.
    void check_outputs(const std::string& model, const HostArray& x, const std::string& outputs) {
        CAPTURE(model);
        const auto shared = shared_dir();
        Diagnostics diagnostics;
        const cli::TemporaryFolder folder;
        const std::string input = (folder.path() / "x.npy").string();
        const std::string output = (folder.path() / "y.npy").string();
        const std::string file = (*shared / "models" / (model + ".onnx")).string();
        REQUIRE(cli::write_npy(x, input, diagnostics));
        const CommandRun simulated =
            millrace_command({"simulate", file, "--input", input, "--output", output});
        REQUIRE_MESSAGE(simulated.status == 0, simulated.err);
        const auto y = cli::read_npy(output, diagnostics);
        const auto expected = cli::read_npy(*shared / "golden" / model / outputs, diagnostics);
        REQUIRE(y);
        REQUIRE(expected);
        REQUIRE(y->data.size() == expected->data.size());
        const std::int64_t samples = x.shape[0];
        const std::int64_t width = element_count(y->shape) / samples;
        double largest = 0;
        for (std::int64_t i = 0; i < samples * width; ++i) {
            largest = std::max(largest, std::abs(expected->at(i).to_double()));
        }
        const double tolerance = y->type == DataType::float32 ? 1e-5 * largest : 0;
        std::vector<std::int64_t> differing;
        for (std::int64_t s = 0; s < samples; ++s) {
            bool equal = true;
            for (std::int64_t i = s * width; i < (s + 1) * width; ++i) {
                equal = equal &&
                        std::abs(y->at(i).to_double() - expected->at(i).to_double()) <= tolerance;
            }
            if (!equal) {
                differing.push_back(s);
            }
        }
        MESSAGE(model, ": ", samples - std::ssize(differing), " of ", samples,
                " samples equal, the others go to verify");
        CHECK(std::ssize(differing) * 20 < samples);
        if (differing.empty()) {
            return;
        }
        const auto chosen = [&](const HostArray& all, const std::string& name) {
            Shape shape = all.shape;
            shape[0] = std::ssize(differing);
            HostArray part(all.type, shape);
            const std::size_t bytes = all.data.size() / static_cast<std::size_t>(samples);
            for (std::size_t i = 0; i < differing.size(); ++i) {
                std::copy_n(all.data.data() + static_cast<std::size_t>(differing[i]) * bytes, bytes,
                            part.data.data() + i * bytes);
            }
            const std::string path = (folder.path() / name).string();
            REQUIRE(cli::write_npy(part, path, diagnostics));
            return path;
        };
        check_verified(millrace_command({"verify", file, "--input", chosen(x, "some_x.npy"),
                                         "--expect", chosen(*expected, "some_y.npy"), "--json"}),
                       2, true);
    }

    TEST_CASE("1,000 keyword clips") {
        if (const auto shared = shared_dir()) {
            Diagnostics diagnostics;
            const auto clips = cli::read_npy(*shared / "data" / "kws01_x.npy", diagnostics);
            REQUIRE(clips);
            check_outputs("mlperf_tiny_tflite/kws_dscnn_int8", *clips, "kws01_outputs.npy");
        }
    }
    TEST_CASE("10,000 MNIST images") {
        if (const auto shared = shared_dir()) {
            check_outputs("qonnx_cnn/mnist_cnn_qonnx2mdc", mnist_images(*shared, 255),
                          "mnist10k_outputs.npy");
        }
    }
}
