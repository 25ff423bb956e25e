// SPDX-License-Identifier: Apache-2.0
//
// Whole networks through the runtime on their simulation and on XRT's emulation: the same bytes as
// the reference engine.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/shared_verify.hpp"
#include "tests/support/tools.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;

/// Compiles a model and runs it on `input` by the reference engine and by both devices.
void check_devices(const fs::path& model, const fs::path& input,
                   const std::string& backend = "vitis") {
    CAPTURE(model.string());
    const cli::TemporaryFolder folder;
    const std::string project = (folder.path() / "project").string();
    const std::string expected = (folder.path() / "expected.npy").string();
    REQUIRE(
        millrace_command({"compile", model.string(), "--backend", backend, "-o", project}).status ==
        0);
    REQUIRE(millrace_command({"simulate", project, "--engine", "reference", "--input",
                              input.string(), "--output", expected})
                .status == 0);
    for (const char* device : {"sim", "xrt-emu"}) {
        CAPTURE(device);
        const std::string output = (folder.path() / "y.npy").string();
        const CommandRun run = millrace_command(
            {"run", project, "--device", device, "--input", input.string(), "--output", output});
        if (run.status == 1 && run.err.find("error[no_device]") != std::string::npos) {
            report_skip(run.err);
            continue;
        }
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        CHECK(file_text(output) == file_text(expected));
    }
}

/// The first `count` samples of an array of the shared data.
fs::path first_samples(const fs::path& file, std::int64_t count, const fs::path& folder) {
    Diagnostics diagnostics;
    auto array = cli::read_npy(file, diagnostics);
    REQUIRE(array);
    REQUIRE(array->shape.at(0) >= count);
    array->data.resize(array->data.size() / static_cast<std::size_t>(array->shape[0]) *
                       static_cast<std::size_t>(count));
    array->shape[0] = count;
    fs::path result = folder / "x.npy";
    REQUIRE(cli::write_npy(*array, result, diagnostics));
    return result;
}

fs::path first_mnist_images(const fs::path& shared, std::int64_t count, const fs::path& folder) {
    Diagnostics diagnostics;
    const fs::path all = folder / "all.npy";
    REQUIRE(cli::write_npy(mnist_images(shared, 255), all, diagnostics));
    return first_samples(all, count, folder);
}

} // namespace

TEST_SUITE("slow-ci shared runtime") {
    TEST_CASE("TFC_2W2A on the 10,000 MNIST images") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const cli::TemporaryFolder folder;
        const fs::path input = folder.path() / "x.npy";
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(mnist_images(*shared, 255), input, diagnostics));
        check_devices(*shared / "models/qonnx_mlp/mnist_TFC_2W2A.onnx", input);
    }

    TEST_CASE("keyword spotting on 50 clips") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const cli::TemporaryFolder folder;
        check_devices(*shared / "models/mlperf_tiny_tflite/kws_dscnn_int8.onnx",
                      first_samples(*shared / "data/kws01_x.npy", 50, folder.path()));
    }

    TEST_CASE("ResNet-8 on 50 samples") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const cli::TemporaryFolder folder;
        HostArray x(DataType::int8, {50, 32, 32, 3});
        std::mt19937 random(8);
        std::generate(x.data.begin(), x.data.end(), [&] { return std::byte(random() & 0xff); });
        const fs::path input = folder.path() / "x.npy";
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(x, input, diagnostics));
        check_devices(*shared / "models/mlperf_tiny_tflite/ic_resnet8_int8.onnx", input);
    }
}

TEST_SUITE("slow-ci shared runtime rtl") {
    TEST_CASE("TFC_2W2A on 200 MNIST images") {
        const auto shared = shared_dir();
        if (!shared || !has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        check_devices(*shared / "models/qonnx_mlp/mnist_TFC_2W2A.onnx",
                      first_mnist_images(*shared, 200, folder.path()), "rtl");
    }

    TEST_CASE("keyword spotting on 5 clips") {
        const auto shared = shared_dir();
        if (!shared || !has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        check_devices(*shared / "models/mlperf_tiny_tflite/kws_dscnn_int8.onnx",
                      first_samples(*shared / "data/kws01_x.npy", 5, folder.path()), "rtl");
    }

    TEST_CASE("a solver's plan takes the predicted cycles") {
        // Converters in front of layers that read in bursts: words wait inside of actors.
        const auto shared = shared_dir();
        if (!shared || !has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        const fs::path input = first_mnist_images(*shared, 12, folder.path());
        const std::string project = (folder.path() / "project").string();
        const std::string model = (*shared / "models/qonnx_mlp/mnist_TFC_1W1A.onnx").string();
        REQUIRE(millrace_command({"compile", model, "--backend", "rtl", "--board", "pynq-z2",
                                  "--cycles", "64", "-o", project})
                    .status == 0);
        const CommandRun run = millrace_command(
            {"simulate", project, "--engine", "rtlsim", "--input", input.string(), "--json"});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        const auto document = nlohmann::json::parse(run.out);
        CHECK(document.at("cycles").at("interval") == 64);
        CHECK(document.at("measured_cycles") == document.at("cycles"));
    }
}
