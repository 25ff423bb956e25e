// SPDX-License-Identifier: Apache-2.0
//
// The runtime's host program against the compiler's: random networks, models of other projects,
// arrays of every type.
#include "cli/random_samples.hpp"
#include "frontend/import.hpp"
#include "tests/support/random_cnn.hpp"
#include "tests/support/random_mlp.hpp"
#include "tests/support/runtime_host.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

void check_file(const std::filesystem::path& file, std::int64_t samples) {
    CAPTURE(file.string());
    const passes::Compilation compilation = compiled_file(file);
    const cli::Samples random = cli::random_samples(compilation.network, samples, 7);
    const HostDifference difference = compare_host_sides(compilation, random.arrays, samples, 3);
    CHECK_MESSAGE(difference.text.empty(), difference.text);
    CHECK(difference.compared > 0);
}

} // namespace

TEST_SUITE("runtime host program") {
    TEST_CASE("the digits example") {
        check_file(MILLRACE_SOURCE_DIR "/examples/digits/digits.onnx", 20);
    }

    TEST_CASE("random multilayer perceptrons") {
        std::int64_t compared = 0;
        int compiled = 0;
        for (std::uint32_t seed = 0; seed < 60; ++seed) {
            CAPTURE(seed);
            RandomMlp random(seed);
            Graph network = random.network({});
            const HostArray x = random.samples(network, 12);
            std::string refused;
            const auto compilation = compiled_network(std::move(network), refused);
            if (!compilation) {
                continue;
            }
            ++compiled;
            const HostDifference difference = compare_host_sides(*compilation, {x}, 12, seed);
            CHECK_MESSAGE(difference.text.empty(), difference.text);
            compared += difference.compared;
        }
        CHECK(compiled > 40);
        CHECK(compared > 5000);
    }

    TEST_CASE("random convolutional networks") {
        std::int64_t compared = 0;
        int compiled = 0;
        for (std::uint32_t seed = 0; seed < 40; ++seed) {
            CAPTURE(seed);
            const RandomCnn random = random_cnn(seed);
            Diagnostics diagnostics;
            auto imported = frontend::import_onnx_bytes(random.model.bytes(), "", "", diagnostics);
            if (!imported) {
                continue;
            }
            const std::vector<HostArray> inputs = random_samples(imported->graph, 6, seed);
            std::string refused;
            const auto compilation = compiled_network(std::move(imported->graph), refused);
            if (!compilation) {
                continue;
            }
            ++compiled;
            const HostDifference difference = compare_host_sides(*compilation, inputs, 6, seed);
            CHECK_MESSAGE(difference.text.empty(), difference.text);
            compared += difference.compared;
        }
        CHECK(compiled > 25);
        CHECK(compared > 5000);
    }

    TEST_CASE("models of other projects") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        for (const char* model : {"qonnx_mlp/mnist_TFC_2W2A",
                                  "qonnx_mlp/mnist_TFC_1W1A",
                                  "qonnx_mlp/jettag_qkeras_3layer",
                                  "qonnx_mlp/unsw_nb15_mlp_w2a2",
                                  "qonnx_mlp/kws_mlp_w3a3",
                                  "qonnx_mlp/bnn_fc_1layer",
                                  "mlperf_tiny_tflite/ad_autoencoder_int8",
                                  "mlperf_tiny_tflite/kws_dscnn_int8",
                                  "finn_ir/tfc_w1a1_finn_topk",
                                  "qonnx_misc/qkeras_qdense_0",
                                  "qonnx_misc/qkeras_qdense_5",
                                  "qonnx_misc/qkeras_qactivation_5",
                                  "qdq/micro_kws_m_qdq",
                                  "qdq/ort_constant_folding_qdq_node_unit",
                                  "qdq/ort_conv_qdq_s8s8_perchannel",
                                  "qdq/ort_layout_transform_reshape.qdq",
                                  "mlonmcu_tflite/micro_speech_int8",
                                  "mlonmcu_tflite/sine_int8",
                                  "bench/mlp_nonpo2_w6a6",
                                  "bench/mlp_softmax_w6a6",
                                  "probe/probe_quant_floor",
                                  "probe/probe_sigmoid",
                                  "probe/probe_matmul_two_tensors"}) {
            check_file(*shared / "models" / (std::string(model) + ".onnx"), 8);
        }
    }
}

TEST_SUITE("slow-ci runtime host program") {
    TEST_CASE("larger models of other projects") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        // A convolution on the host, large images, outputs with more integers than tables list.
        for (const char* model :
             {"qonnx_cnn/mnist_cnn_qonnx2mdc", "mlperf_tiny_tflite/vww_mobilenetv1_025_int8",
              "mlperf_tiny_tflite/ic_resnet8_int8", "qonnx_cnn/mmfi_csi_resnet_qonnx",
              "mlonmcu_tflite/kws_arm_cnn_s_int8", "qdq/ort_constant_folding_dequantizelinear",
              "qoperator/micro_kws_m_qoperator_softmax"}) {
            check_file(*shared / "models" / (std::string(model) + ".onnx"), 4);
        }
    }
}
