// SPDX-License-Identifier: Apache-2.0
//
// Expected outputs that are wrong are never explained away: other projects' networks with their
// reference inputs and outputs that someone spoilt.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/shared_verify.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::tests;

HostArray golden(const std::string& model, const std::string& file) {
    Diagnostics diagnostics;
    const auto array = cli::read_npy(*shared_dir() / "golden" / model / file, diagnostics);
    REQUIRE(array);
    return *array;
}

/// Every difference that `spoil` makes is unexplained. `step`: of the outputs.
void check_spoilt(const std::string& model, const std::string& sample_case,
                  std::int64_t samples = 2) {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    CAPTURE(model);
    const cli::TemporaryFolder folder;
    const auto save = [&](HostArray array, const std::string& name) {
        if (sample_case != "random") {
            const std::int64_t count = std::min(samples, array.shape[0]);
            array.data.resize(array.data.size() / static_cast<std::size_t>(array.shape[0]) *
                              static_cast<std::size_t>(count));
            array.shape[0] = count;
        }
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(array, (folder.path() / name).string(), diagnostics));
        return array;
    };
    save(golden(model, sample_case + "/input_0.npy"), "x.npy");
    const HostArray y = save(golden(model, sample_case + "/output_0.npy"), "y.npy");
    const std::int64_t count = element_count(y.shape);
    std::vector<double> exact;
    double largest = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        exact.push_back(y.at(i).to_double());
        largest = std::max(largest, std::abs(exact.back()));
    }
    const bool integer = is_integer(y.type);
    const double low = integer ? integer_limits(y.type).lowest.to_double() : -1e30;
    const double high = integer ? integer_limits(y.type).highest.to_double() : 1e30;
    std::mt19937 random(7);
    const std::vector<std::pair<std::string, std::function<void(std::vector<double>&)>>> spoils{
        {"zero", [](auto& all) { std::fill(all.begin(), all.end(), 0.0); }},
        {"negated",
         [](auto& all) {
             for (double& value : all) {
                 value = -value;
             }
         }},
        {"shuffled",
         [&](auto& all) {
             // Within the first sample: further samples may be alike.
             std::rotate(all.begin(), all.begin() + 1, all.end());
         }},
        {"one element by much", [&](auto& all) {
             double& value = all[random() % all.size()];
             const double change = integer ? 50 : largest / 2;
             value += value + change > high ? -change : change;
         }}};
    for (const auto& [name, spoil] : spoils) {
        CAPTURE(name);
        std::vector<double> spoilt = exact;
        spoil(spoilt);
        HostArray array = y;
        std::int64_t different = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const double value = std::clamp(spoilt[static_cast<std::size_t>(i)], low, high);
            array.set(i, Real::from_double(value));
            different += std::abs(value - exact[static_cast<std::size_t>(i)]) >
                                 (integer ? 0 : 2e-5 * std::max(largest, std::abs(value)))
                             ? 1
                             : 0;
        }
        save(array, "y.npy");
        const CommandRun run =
            millrace_command({"verify", (*shared / "models" / (model + ".onnx")).string(),
                              "--input", (folder.path() / "x.npy").string(), "--expect",
                              (folder.path() / "y.npy").string(), "--json"});
        CAPTURE(run.out);
        CHECK(run.status == 1);
        const auto document = nlohmann::json::parse(run.out);
        CHECK_FALSE(document.at("ok").get<bool>());
        CHECK(document.at("expect").at("explained") == 0);
        CHECK(document.at("expect").at("unexplained").get<std::int64_t>() >= different);
        CHECK(different > 0);
    }
}

} // namespace

TEST_SUITE("slow-ci shared explain") {
    TEST_CASE("keyword spotting") { check_spoilt("mlperf_tiny_tflite/kws_dscnn_int8", "real8"); }
    TEST_CASE("ResNet-8") { check_spoilt("mlperf_tiny_tflite/ic_resnet8_int8", "random"); }
    TEST_CASE("MobileNetV1") {
        check_spoilt("mlperf_tiny_tflite/vww_mobilenetv1_025_int8", "random");
    }
    TEST_CASE("autoencoder") { check_spoilt("mlperf_tiny_tflite/ad_autoencoder_int8", "random"); }
    TEST_CASE("benchmark") { check_spoilt("bench/cnn28_w6a6", "random_many"); }
    TEST_CASE("MNIST") { check_spoilt("qonnx_cnn/mnist_cnn_qonnx2mdc", "real8"); }
    TEST_CASE("one convolution") { check_spoilt("qdq/ort_conv_qdq_s8s8_perchannel", "random"); }
}
