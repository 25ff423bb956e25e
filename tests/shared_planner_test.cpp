// SPDX-License-Identifier: Apache-2.0
//
// Plans of real networks that take long to find or to measure.
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/tools.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace millrace;
using namespace millrace::tests;
using Json = nlohmann::json;

namespace {

/// What compile says of a model of ../shared/models, as RTL.
Json compiled(const std::filesystem::path& shared, const std::string& model,
              const std::string& board, const std::vector<std::string>& options) {
    const cli::TemporaryFolder folder;
    std::vector<std::string> arguments{"compile",
                                       (shared / "models" / (model + ".onnx")).string(),
                                       "--backend",
                                       "rtl",
                                       "--board",
                                       board,
                                       "--json",
                                       "-o",
                                       (folder.path() / "p").string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const CommandRun run = millrace_command(arguments);
    REQUIRE_MESSAGE(run.status == 0, run.err);
    return Json::parse(run.out);
}

} // namespace

TEST_SUITE("slow shared planner") {
    TEST_CASE("ResNet-8, fastest on PYNQ-Z2: FIFOs of faster plans take the room") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const auto plan = [&](const std::vector<std::string>& target) {
            return compiled(*shared, "mlperf_tiny_tflite/ic_resnet8_int8", "pynq-z2", target);
        };
        const Json fastest = plan({"--fastest"});
        const auto interval = fastest.at("interval_cycles").get<std::int64_t>();
        CHECK(interval == fastest.at("plan").at("interval"));
        // Proved, and no slower than the best that was found by any means.
        CHECK(fastest.at("plan").at("interval_bound") == interval);
        CHECK(interval == 24'576);
        for (const auto& [name, share] : fastest.at("resources").at("utilisation").items()) {
            CAPTURE(name);
            CHECK(share.get<double>() <= 1);
        }
        CHECK(plan({"--cycles", "24576"}).at("interval_cycles") == interval);
    }

    TEST_CASE("the least resources for latencies of real networks are proved") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        struct Case {
            std::string model;
            std::string board;
            std::int64_t latency;
        };
        const std::string tiny = "mlperf_tiny_tflite/";
        // In block RAM, FIFOs make the cheapest plan of the last a cycle too slow.
        for (const auto& [model, board, target] :
             {Case{tiny + "ic_resnet8_int8", "zcu104", 45'000},
              Case{tiny + "ic_resnet8_int8", "zcu104", 60'000},
              Case{tiny + "ic_resnet8_int8", "zcu104", 100'000},
              Case{tiny + "kws_dscnn_int8", "pynq-z2", 20'000},
              Case{tiny + "kws_dscnn_int8", "pynq-z2", 30'000},
              Case{tiny + "kws_dscnn_int8", "zcu104", 2'560},
              Case{"qonnx_mlp/kws_mlp_w3a3", "zcu104", 231},
              Case{"bnnpynq_cnv/cifar10_cnv_w1a1", "zcu104", 60'000},
              Case{"mlonmcu_tflite/micro_speech_int8", "pynq-z2", 8'000},
              Case{"qonnx_cnn/separable_conv_model_ch_last", "pynq-z2", 1'056'337}}) {
            CAPTURE(model);
            CAPTURE(target);
            const Json document =
                compiled(*shared, model, board, {"--latency", std::to_string(target)});
            CHECK(document.at("latency_cycles").get<std::int64_t>() <= target);
            const double weighted = document.at("plan").at("weighted").get<double>();
            CHECK(weighted <= document.at("plan").at("bound").get<double>() * (1 + 1e-9));
            CHECK(document.at("plan").at("proved").get<bool>());
        }
    }

    TEST_CASE("the fastest on several regions is proved") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        const auto plan = [&](const std::vector<std::string>& target) {
            const Json document = compiled(*shared, "qonnx_mlp/kws_mlp_w3a3", "u250", target);
            CHECK(!document.at("regions").is_null());
            return document.at("plan");
        };
        // Faster plans that fit the sum cannot be cut.
        const Json fastest = plan({"--fastest"});
        const auto interval = fastest.at("interval").get<std::int64_t>();
        CHECK(fastest.at("interval_bound") == interval);
        CHECK(fastest.at("proved") == true);
        CHECK(plan({"--cycles", std::to_string(interval)}).at("weighted") ==
              fastest.at("weighted"));
    }

    TEST_CASE("keyword spotting: a design that fills for some frames comes to its interval") {
        const auto shared = shared_dir();
        if (!shared || !has_verilator()) {
            return;
        }
        const cli::TemporaryFolder folder;
        const std::string project = (folder.path() / "project").string();
        const CommandRun compiled = millrace_command(
            {"compile", (*shared / "models/mlperf_tiny_tflite/kws_dscnn_int8.onnx").string(),
             "--backend", "rtl", "--board", "pynq-z2", "--fastest", "--json", "-o", project});
        REQUIRE_MESSAGE(compiled.status == 0, compiled.err);
        const Json document = Json::parse(compiled.out);
        CHECK(document.at("interval_cycles") == document.at("plan").at("interval"));
        // Fails where the golden frames, sent again while they come later, differ or come at
        // another interval.
        const CommandRun made = run_program("make", {"-C", project, "test"});
        CAPTURE(made.out);
        CHECK_MESSAGE(made.status == 0, made.err);
        // They were sent again: that many more than the other runs.
        CHECK(made.out.find("8 frames, 0 different words\n32 frames, 0 different words") !=
              std::string::npos);
    }
}
