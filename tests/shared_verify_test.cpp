// SPDX-License-Identifier: Apache-2.0
//
// Networks of other projects, end to end: every stage equal including the compiled C simulation,
// and nothing unexplained against the outputs that ONNX Runtime gave.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/shared_verify.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using nlohmann::json;

} // namespace

TEST_SUITE("slow-ci shared verify mlp") {
    TEST_CASE("TFC_1W1A") { verify_model("qonnx_mlp/mnist_TFC_1W1A", "random_many"); }
    TEST_CASE("TFC_1W1A on real images") { verify_model("qonnx_mlp/mnist_TFC_1W1A", "real8"); }
    TEST_CASE("TFC_1W1A with other domains") {
        verify_model("qonnx_mlp/mnist_TFC_1W1A_domains_shapes", "random_many");
    }
    TEST_CASE("TFC_2W2A") { verify_model("qonnx_mlp/mnist_TFC_2W2A", "real8"); }
    TEST_CASE("KWS with per-channel scales") {
        verify_model("qonnx_mlp/kws_mlp_w3a3", "random_many");
    }
    TEST_CASE("UNSW-NB15") { verify_model("qonnx_mlp/unsw_nb15_mlp_w2a2", "random_many"); }
    TEST_CASE("jet tagging") { verify_model("qonnx_mlp/jettag_qkeras_3layer", "random_many"); }
    TEST_CASE("one binary layer") { verify_model("qonnx_mlp/bnn_fc_1layer", "random_many"); }
}

TEST_SUITE("slow-ci shared verify others") {
    TEST_CASE("QKeras dense 0") { verify_model("qonnx_misc/qkeras_qdense_0", "random_many"); }
    TEST_CASE("QKeras dense 5") { verify_model("qonnx_misc/qkeras_qdense_5", "random_many"); }
    TEST_CASE("FINN's TFC with top-k") {
        verify_model("finn_ir/tfc_w1a1_finn_topk", "random_many");
    }
    TEST_CASE("benchmark MLP") { verify_model("bench/mlp_16_64_32_32_5_w6a6", "random_many"); }
    TEST_CASE("benchmark MLP, scales that are no powers of two") {
        verify_model("bench/mlp_nonpo2_w6a6", "random_many");
    }
    TEST_CASE("benchmark MLP with softmax") {
        verify_model("bench/mlp_softmax_w6a6", "random_many");
    }
    TEST_CASE("MLPerf Tiny autoencoder") {
        verify_model("mlperf_tiny_tflite/ad_autoencoder_int8", "random");
    }
    TEST_CASE("sine of MLonMCU") { verify_model("mlonmcu_tflite/sine_int8", "random_many"); }
}

TEST_SUITE("slow-ci shared verify probes") {
    TEST_CASE("Gemm") { verify_model("probe/probe_gemm", "random_many"); }
    TEST_CASE("Clip") { verify_model("probe/probe_clip_relu6", "random_many"); }
    TEST_CASE("rounding up") { verify_model("probe/probe_quant_ceil", "random_many"); }
    TEST_CASE("rounding down") { verify_model("probe/probe_quant_floor", "random_many"); }
    TEST_CASE("sigmoid") { verify_model("probe/probe_sigmoid", "random_many"); }
    TEST_CASE("random samples, corners and decision points") {
        verify_model("bench/mlp_softmax_w6a6", "");
    }
}

TEST_SUITE("slow shared mnist") {
    /// Top-1 on all 10,000 images is the reference executor's, image by image, except where verify
    /// explains a difference. `divisor`: what the images are divided by.
    void check_mnist(const std::string& model, float divisor, bool with_outputs) {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        CAPTURE(model);
        Diagnostics diagnostics;
        const HostArray x = mnist_images(*shared, divisor);
        const cli::TemporaryFolder folder;
        const std::string input = (folder.path() / "x.npy").string();
        REQUIRE(cli::write_npy(x, input, diagnostics));
        const std::string file = (*shared / "models" / (model + ".onnx")).string();
        const fs::path golden = *shared / "golden" / model;
        const auto top1 = [&](const fs::path& labels) {
            const CommandRun run = millrace_command(
                {"simulate", file, "--input", input, "--labels", labels.string(), "--json"});
            REQUIRE_MESSAGE(run.status == 0, run.err);
            return json::parse(run.out).at("top1").get<double>();
        };
        const double agreement = top1(golden / "mnist10k_top1.npy");
        MESSAGE(model, ": top-1 ", top1(*shared / "data" / "mnist_t10k_labels.npy"),
                ", agreement with the reference executor ", agreement);
        if (!with_outputs) {
            CHECK(agreement == 1.0);
            return;
        }
        const CommandRun run =
            millrace_command({"verify", file, "--input", input, "--expect",
                              (golden / "mnist10k_outputs.npy").string(), "--json"});
        REQUIRE_MESSAGE(run.status == 0, run.out);
        const json expect = json::parse(run.out).at("expect");
        CHECK(expect.at("unexplained") == 0);
        if (expect.at("explained") == 0) {
            CHECK(agreement == 1.0);
        }
    }

    TEST_CASE("TFC_1W1A") { check_mnist("qonnx_mlp/mnist_TFC_1W1A", 255, true); }
    TEST_CASE("TFC_2W2A") { check_mnist("qonnx_mlp/mnist_TFC_2W2A", 255, true); }
    TEST_CASE("FINN's TFC with top-k") { check_mnist("finn_ir/tfc_w1a1_finn_topk", 1, false); }
}
