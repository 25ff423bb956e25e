// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shared_verify.hpp"

#include "cli/npy.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace millrace::tests {

namespace fs = std::filesystem;
using nlohmann::json;

void check_verified(const CommandRun& run, std::size_t stages, bool expected) {
    CAPTURE(run.out);
    CAPTURE(run.err);
    REQUIRE(run.status == 0);
    const json document = json::parse(run.out);
    CHECK(document.at("stages").size() == stages);
    for (const json& stage : document.at("stages")) {
        CHECK(stage.at("equal").get<int>() > 0);
        CHECK(stage.at("different") == 0);
    }
    if (expected) {
        CHECK(document.at("expect").at("equal").get<int>() > 0);
        CHECK(document.at("expect").at("unexplained") == 0);
    }
}

void verify_model(const std::string& model, const std::string& sample_case, int samples) {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    CAPTURE(model);
    const fs::path golden = *shared / "golden" / model / sample_case;
    std::vector<std::string> arguments{"verify", (*shared / "models" / (model + ".onnx")).string(),
                                       "--engines", "csim", "--json"};
    if (sample_case.empty()) {
        arguments.insert(arguments.end(), {"--samples", std::to_string(samples)});
    } else {
        for (const auto& [option, stem] :
             {std::pair{"--input", "input_"}, std::pair{"--expect", "output_"}}) {
            for (int i = 0; fs::exists(golden / (stem + std::to_string(i) + ".npy")); ++i) {
                arguments.insert(arguments.end(),
                                 {option, (golden / (stem + std::to_string(i) + ".npy")).string()});
            }
        }
    }
    check_verified(millrace_command(arguments), 3, !sample_case.empty());
}

HostArray mnist_images(const fs::path& shared, float divisor) {
    Diagnostics diagnostics;
    const auto images = cli::read_npy(shared / "data" / "mnist_t10k_images_u8.npy", diagnostics);
    REQUIRE(images);
    HostArray x(DataType::float32, {images->shape[0], 1, 28, 28});
    for (std::size_t i = 0; i < images->data.size(); ++i) {
        x.as<float>()[i] = static_cast<float>(images->as<std::uint8_t>()[i]) / divisor;
    }
    return x;
}

} // namespace millrace::tests
