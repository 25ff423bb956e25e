// SPDX-License-Identifier: Apache-2.0
//
// A target is kept or refused, never missed in silence: the cycles that the planner counts are
// those of the actors that are made, converters, pads and movers included. Random networks hold the
// same against every plan (support/random_cnn_trial.cpp).
#include "cli/project_folder.hpp"
#include "ir/cycle_prediction.hpp"
#include "ir/text.hpp"
#include "ir/token_simulation.hpp"
#include "ir/verify.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/finn_folding.hpp"
#include "planner/folding.hpp"
#include "tests/support/command.hpp"
#include "tests/support/solved.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace millrace;

namespace {

constexpr const char* pool_windows = R"mir(integer "pool" {
  input %x : integer [1,6,6,2] lo [0] hi [7] grid scale [1] zero_point [0]
  %w : integer [1,4,4,9,2] lo [0] hi [7] grid scale [1] zero_point [0] = integer_rearrange(%x) from "Pool" "p_window" {shape = [1,4,4,9,2], counts = [1,4,4,1,3,3,2], strides = [72,12,2,2,12,2,1], offset = 0}
  %y : integer [1,4,4,2] lo [0] hi [63] grid scale [1] zero_point [0] = integer_reduce(%w) from "Pool" "p" {reduction = sum}
  output %y
}
)mir";

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
        const auto plan = tests::solved(body, target, diagnostics);
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
        const Graph body = body_of(pool_windows);
        std::int64_t best = 1 << 20;
        std::int64_t slowest = 0;
        for (const planner::ActorChoices& choices : planner::actor_choices(body)) {
            for (const std::int64_t pe : choices.legal_pe()) {
                for (const std::int64_t simd : choices.legal_simd()) {
                    CHECK(choices.least_cycles(pe, simd) <= choices.cycles(pe, simd));
                    best = std::min(best, choices.cycles(pe, simd));
                    slowest = std::max(slowest, choices.cycles(pe, simd));
                }
                // The buffer fills before the first window leaves.
                CHECK(choices.cycles(pe, 1) > 16 * 9 * 2 / pe);
                // All elements of a window at once: a word of `pe` channels a cycle.
                CHECK(choices.cycles(pe, 9) == 36 * 2 / pe);
            }
        }
        check_targets(body, slowest + 2, best);
    }

    TEST_CASE("rearrangements that overlap: the interval is about that of the longer side") {
        // The same windows: 36 words come, 144 go; the RTL library reads a frame while it sends the
        // one before, and one cycle is lost where the buffer has no room for more of it.
        Graph body = body_of(pool_windows);
        body.library = ActorLibrary::rtl;
        const planner::ActorChoices pool = planner::actor_choices(body).front();
        CHECK(pool.cycles(2, 1) == 16 * 9 + 1);
        check_targets(body, 300, 36);
        // In the text, too.
        CHECK(parse_graph(print(body)).library == ActorLibrary::rtl);
        CHECK(print(parse_graph(print(body))) == print(body));

        // What the planner counts is what words followed one by one show.
        Diagnostics diagnostics;
        Plan plan = planner::default_plan(body);
        plan.actors.front().pe = 2;
        plan.actors.front().simd = 1;
        const auto lowered = passes::lower_to_dataflow(body, plan, diagnostics);
        REQUIRE(lowered);
        const TokenSimulation tokens = simulate_tokens(lowered->dataflow, 3);
        REQUIRE(tokens.frame_ends.size() == 3);
        CHECK(tokens.frame_ends[1] - tokens.frame_ends[0] == 16 * 9 + 1);
        CHECK(tokens.frame_ends[2] - tokens.frame_ends[1] == 16 * 9 + 1);
        CHECK(tokens.latency > 16 * 9);
        CHECK(tokens.deadlocked.empty());
    }

    TEST_CASE("a FINN folding: windows send the SIMD of their layer, pools take the PE in front") {
        const Graph body = body_of(R"mir(integer "conv" {
  input %x : integer [1,4,4,4] lo [0] hi [3] grid scale [1] zero_point [0]
  %w : integer [1,3,3,16] lo [0] hi [3] grid scale [1] zero_point [0] = integer_rearrange(%x) from "Conv" "c_window" {shape = [1,3,3,16], counts = [1,3,3,1,2,2,4], strides = [64,16,4,4,16,4,1], offset = 0}
  %y : integer [1,3,3,4] lo [0] hi [48] grid scale [1] zero_point [0] = integer_matmul(%w) from "Conv" "c" {weights = [16,4] scaled [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] scale [1], weight_scale = [1], groups = 1}
  %v : integer [1,2,2,4,4] lo [0] hi [48] grid scale [1] zero_point [0] = integer_rearrange(%y) from "Pool" "p_window" {shape = [1,2,2,4,4], counts = [1,2,2,1,2,2,4], strides = [36,12,4,4,12,4,1], offset = 0}
  %z : integer [1,2,2,4] lo [0] hi [48] grid scale [1] zero_point [0] = integer_reduce(%v) from "Pool" "p" {reduction = max}
  output %z
}
)mir");
        Diagnostics diagnostics;
        const auto pe = [&](const std::string& folding, const std::string& actor) {
            const auto plan = planner::read_finn_folding(folding, "f.json", body, diagnostics);
            REQUIRE(plan);
            return plan->find(actor)->pe;
        };
        CHECK(pe(R"({"MVAU_0": {"PE": 2, "SIMD": 2}})", "c_window") == 2);
        CHECK(pe(R"({"MVAU_0": {"PE": 2, "SIMD": 2}})", "p") == 2);
        // Eight elements are two pixels: a window sends one at most.
        CHECK(pe(R"({"MVAU_0": {"PE": 4, "SIMD": 8}})", "c_window") == 4);
        CHECK(pe(R"({"MVAU_0": {"PE": 4, "SIMD": 8}})", "p") == 4);
        // What the file says of them itself holds.
        CHECK(pe(R"({"MVAU_0": {"PE": 4, "SIMD": 4}, "p": {"PE": 1}})", "p") == 1);
        CHECK_FALSE(diagnostics.has_errors());
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
