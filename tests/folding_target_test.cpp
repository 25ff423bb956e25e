// SPDX-License-Identifier: Apache-2.0
//
// A target is kept or refused, never missed in silence: the cycles that the planner counts are
// those of the actors that are made, converters, pads and movers included. Random networks hold the
// same against every plan (support/random_cnn_trial.cpp).
#include "cli/project_folder.hpp"
#include "ir/text.hpp"
#include "ir/token_simulation.hpp"
#include "ir/verify.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/folding.hpp"
#include "tests/support/command.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace millrace;

namespace {

Graph body_of(const std::string& text) {
    Graph body = parse_graph(text);
    verify(body, "test");
    return body;
}

std::int64_t interval_of(const Graph& body, const Plan& plan) {
    Diagnostics diagnostics;
    const auto lowered = passes::lower_to_dataflow(body, plan, diagnostics);
    REQUIRE(lowered);
    return predict_cycles(lowered->dataflow).interval;
}

/// For every target up to the slowest design: kept, or refused although no folding reaches it.
void check_targets(const Graph& body, std::int64_t slowest, std::int64_t best) {
    for (std::int64_t target = 1; target <= slowest; ++target) {
        CAPTURE(target);
        Diagnostics diagnostics;
        const auto plan = planner::fold_for_cycles(body, target, true, diagnostics);
        CHECK(plan.has_value() == (target >= best));
        if (plan) {
            CHECK(planner::planned_interval(body, *plan) <= target);
            CHECK(interval_of(body, *plan) == planner::planned_interval(body, *plan));
        } else {
            CHECK(diagnostics.contains(Code::target_unreachable));
            CHECK(diagnostics.all().front().help.find(fmt::format("at least {} ", best)) !=
                  std::string::npos);
        }
    }
}

} // namespace

TEST_SUITE("folding targets") {
    TEST_CASE("a window's own cycles count") {
        // Windows of 3 x 3 over 6 x 6 pixels of two channels, sums of them.
        const Graph body = body_of(R"mir(integer "pool" {
  input %x : integer [1,6,6,2] lo [0] hi [7] grid scale [1] zero_point [0]
  %w : integer [1,4,4,9,2] lo [0] hi [7] grid scale [1] zero_point [0] = integer_rearrange(%x) from "Pool" "p_window" {shape = [1,4,4,9,2], counts = [1,4,4,1,3,3,2], strides = [72,12,2,2,12,2,1], offset = 0}
  %y : integer [1,4,4,2] lo [0] hi [63] grid scale [1] zero_point [0] = integer_reduce(%w) from "Pool" "p" {reduction = sum}
  output %y
}
)mir");
        std::int64_t best = 1 << 20;
        std::int64_t slowest = 0;
        for (const planner::ActorChoices& choices : planner::actor_choices(body)) {
            for (const std::int64_t pe : choices.legal_pe()) {
                CHECK(choices.least_cycles(pe, 1) <= choices.cycles(pe, 1));
                best = std::min(best, choices.cycles(pe, 1));
                slowest = std::max(slowest, choices.cycles(pe, 1));
            }
        }
        CHECK(best > 16 * 9); // the buffer fills before the first window leaves
        check_targets(body, slowest + 2, best);
    }

    TEST_CASE("what passes between vectors of other sizes goes by common divisors") {
        // 4 vectors of 6 become one of 24, which a matrix with 24 x 1 weights reads: 8 lanes are as
        // good as 2 for the input, and 3 x 8 lanes give 6.
        const Graph body = body_of(R"mir(integer "flat" {
  input %x : integer [1,4,6] lo [0] hi [3] grid scale [1] zero_point [0]
  %f : integer [1,24] lo [0] hi [3] grid scale [1] zero_point [0] = integer_reshape(%x) from "Flatten" "f" {shape = [1,24]}
  %y : integer [1,1] lo [0] hi [72] grid scale [1] zero_point [0] = integer_matmul(%f) from "MatMul" "fc" {weights = [24,1] scaled [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] scale [1], weight_scale = [1], groups = 1}
  output %y
}
)mir");
        check_targets(body, 26, 4);
    }

    TEST_CASE("reviewed models at the targets that were missed or refused") {
        namespace fs = std::filesystem;
        const fs::path models = fs::path(MILLRACE_SHARED_DIR) / "models";
        if (!fs::exists(models)) {
            MESSAGE("skipped: the shared models are not there");
            return;
        }
        struct Case {
            const char* model;
            int target;
        };
        for (const Case& one :
             {Case{"bench/cnn28_w6a6.onnx", 1024}, Case{"bench/cnn28_w6a6.onnx", 3000},
              Case{"mlperf_tiny_tflite/kws_dscnn_int8.onnx", 1134}}) {
            CAPTURE(one.model);
            CAPTURE(one.target);
            const cli::TemporaryFolder folder;
            const tests::CommandRun run = tests::millrace_command(
                {"compile", (models / one.model).string(), "-o", (folder.path() / "p").string(),
                 "--cycles", std::to_string(one.target), "--json"});
            REQUIRE_MESSAGE(run.status == 0, run.err);
            CHECK(nlohmann::json::parse(run.out).at("interval_cycles").get<int>() <= one.target);
        }
    }
}
