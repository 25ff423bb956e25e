// SPDX-License-Identifier: Apache-2.0
//
// Depths of FIFOs: designs whose first frames come later than the others, and depths of a plan that
// stop a design.
#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/token_simulation.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/folding.hpp"
#include "tests/support/planned_body.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// 1 x 1 products around a pool of 3 x 3 with pads, all of which work nearly all the time; the pool
/// `pools` times.
std::string bursts(int pools) {
    std::string text =
        "integer \"bursts\" {\n  input " + value_text("x", {1, 8, 8, 4}, 0, 7) + "\n";
    std::string from = "x";
    int highest = 7;
    const std::string ones = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
    const auto matrix = [&](const std::string& name) {
        highest *= 4;
        text += fmt::format("  {} = integer_matmul(%{}) from \"C\" \"{}\" {{weights = [4,4] scaled "
                            "[{}] scale [1], weight_scale = [1], groups = 1}}\n",
                            value_text(name, {1, 8, 8, 4}, 0, highest), from, name, ones);
        from = name;
    };
    matrix("m0");
    for (int i = 1; i <= pools; ++i) {
        const std::string n = std::to_string(i);
        text += fmt::format("  {} = integer_pad(%{}) from \"P\" \"pad{}\" {{begin = [0,1,1,0], end "
                            "= [0,1,1,0], values = [0]}}\n",
                            value_text("p" + n, {1, 10, 10, 4}, 0, highest), from, n);
        const WindowOf window{1, 10, 10, 4, 3, 3, 1, 1, 1, 1};
        text += "  " + value_text("w" + n, {1, 8, 8, 9, 4}, 0, highest) + " = " +
                window.blocks("%p" + n) + "\n";
        text += fmt::format("  {} = integer_reduce(%w{}) from \"P\" \"pool{}\" {{reduction = "
                            "max}}\n",
                            value_text("r" + n, {1, 8, 8, 4}, 0, highest), n, n);
        from = "r" + n;
        matrix("m" + n);
    }
    return text + "  output %" + from + "\n}\n";
}

} // namespace

TEST_SUITE("FIFO sizing") {
    TEST_CASE("frames follow each other at the interval, though the first ones do not") {
        for (const int pools : {1, 3}) {
            CAPTURE(pools);
            Graph body = body_of(bursts(pools));
            body.library = ActorLibrary::rtl;
            Plan plan = planner::default_plan(body);
            for (ActorPlan& actor : plan.actors) {
                const bool matrix = actor.name.starts_with("m");
                actor.pe = 1;
                actor.simd = matrix ? 2 : 9;
            }
            CHECK(planner::planned_interval(body, plan) == 512);
            Diagnostics diagnostics;
            const auto result = passes::lower_to_dataflow(body, plan, diagnostics);
            REQUIRE(result);
            REQUIRE(result->cycles);
            CHECK(result->cycles->interval == 512);
            const TokenSimulation frames = simulate_tokens(result->dataflow, 60);
            const auto distance = [&](std::size_t frame) {
                return frames.frame_ends[frame] - frames.frame_ends[frame - 1];
            };
            CHECK(distance(59) == 512);
            CHECK(distance(58) == 512);
            CHECK(result->cycles->latency == simulate_tokens(result->dataflow, 1).latency);
            if (pools == 3) {
                CHECK(distance(2) > 512); // what this is about
            }
        }
    }

    TEST_CASE("a latency that is asked for is kept, at the same interval, where any room helps") {
        int helped = 0;
        for (std::uint32_t seed = 4000; seed < 4120; ++seed) {
            CAPTURE(seed);
            const ActorLibrary library = seed % 2 == 0 ? ActorLibrary::rtl : ActorLibrary::hls;
            with_random_body(seed, library, [&](const passes::PlanRequest& request) {
                Plan plan = planner::default_plan(request.body);
                Diagnostics diagnostics;
                const auto roomy = passes::lower_with_default_depths(
                    request.body, plan, request.functions, diagnostics);
                REQUIRE(roomy);
                const std::int64_t least = simulate_without_limits(*roomy).latency;
                const auto lowered = [&] {
                    const passes::LoweredBody* design = request.try_plan(plan);
                    REQUIRE(design != nullptr);
                    const CyclePrediction cycles = predict_cycles(design->dataflow);
                    CHECK(simulate_tokens(design->dataflow, 4).deadlocked.empty());
                    return design->cycles ? *design->cycles : cycles;
                };
                const CyclePrediction before = lowered();
                CHECK(least <= before.latency);
                plan.latency = least;
                const CyclePrediction after = lowered();
                CHECK(after.latency == least);
                CHECK(after.interval <= before.interval);
                plan.latency = least - 1; // no room helps: as if it were not asked for
                if (least > 1) {
                    CHECK(lowered().latency == before.latency);
                }
                helped += before.latency > least ? 1 : 0;
            });
        }
        CHECK(helped > 5);
    }

    TEST_CASE("a slow output that ends early does not make another late, where room helps") {
        // What goes to memory comes to the product, too, which then works for as long again.
        Graph body = body_of(
            "integer \"early\" {\n  input " + value_text("x", {1, 128, 96, 1}, 0, 7) + "\n  " +
            value_text("y", {1, 128, 96, 1}, 0, 14) +
            " = integer_add(%x, %x) from \"A\" \"sum\" {multiplier_a = [1], multiplier_b = [1], "
            "grid = scale [1] zero_point [0]}\n  " +
            value_text("r", {1, 12288}, 0, 14) +
            " = integer_reshape(%y) from \"R\" \"flat\" {shape = [1,12288]}\n  output %y\n"
            "  output %r\n}\n");
        const auto add_product = [&] {
            ops::IntegerMatMul op;
            op.weights = std::make_shared<Tensor>(
                Tensor({12288, 4}, ScaledIntegers{std::vector<std::int32_t>(49152, 1), {Real(1)}}));
            return body.add_node(op, {body.outputs[1]}, "product", "M", {"p"})[0];
        };
        body.outputs[1] = add_product();
        body.library = ActorLibrary::rtl;
        const ProvedFunctions functions = prove_functions(body);
        const MemoryCycles memory{0, 30'000, 0};
        Plan plan = planner::default_plan(body);
        for (ActorPlan& actor : plan.actors) {
            actor.pe = actor.simd = 1;
        }
        Diagnostics diagnostics;
        const auto latency = [&] {
            const auto design =
                passes::lower_to_dataflow(body, plan, functions, diagnostics, memory);
            REQUIRE(design.has_value());
            return simulate_on_board(design->dataflow, 1).first_latency;
        };
        const std::int64_t late = latency();
        plan.latency = 4 * 12288 + 50;
        CHECK(late > plan.latency);
        CHECK(latency() <= plan.latency);
    }

    TEST_CASE("a latency in a plan file that no FIFO helps to gets a warning") {
        Graph body = body_of(bursts(1));
        body.library = ActorLibrary::rtl;
        Plan plan = planner::default_plan(body);
        plan.latency = 20;
        plan.source.lines["latency"] = 7;
        Diagnostics diagnostics;
        REQUIRE(passes::lower_to_dataflow(body, plan, diagnostics));
        REQUIRE(diagnostics.all().size() == 1);
        CHECK(diagnostics.all().front().severity == Severity::warning);
        CHECK(diagnostics.all().front().message.find("line 7: a frame takes ") == 0);
    }

    TEST_CASE("depths that stop a design are refused with the cycle of actors and the full FIFOs") {
        // A short way around a convolution of 3 x 3, which must hold what the window waits for.
        const WindowOf window{1, 12, 12, 4, 3, 3, 1, 1, 1, 1};
        std::string ones = "1";
        for (int i = 1; i < 36 * 4; ++i) {
            ones += ",1";
        }
        const std::string text =
            "integer \"residual\" {\n  input " + value_text("x", {1, 10, 10, 4}, 0, 7) + "\n  " +
            value_text("m", {1, 10, 10, 4}, 0, 28) +
            " = integer_matmul(%x) from \"C\" \"front\" {weights = [4,4] scaled "
            "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] scale [1], weight_scale = [1], groups = 1}\n  " +
            value_text("p", {1, 12, 12, 4}, 0, 28) +
            " = integer_pad(%m) from \"C\" \"pad\" {begin = [0,1,1,0], end = [0,1,1,0], values = "
            "[0]}\n  " +
            value_text("w", {1, 10, 10, 36}, 0, 28) + " = " + window.columns_of("%p") + "\n  " +
            value_text("c", {1, 10, 10, 4}, 0, std::int64_t{28} * 36) +
            " = integer_matmul(%w) from \"C\" \"conv\" {weights = [36,4] scaled [" + ones +
            "] scale [1], weight_scale = [1], groups = 1}\n  " +
            value_text("y", {1, 10, 10, 4}, 0, std::int64_t{28} * 37) +
            " = integer_add(%c, %m) from \"A\" \"join\" {multiplier_a = [1], multiplier_b = [1], "
            "grid = scale [1] zero_point [0]}\n  output %y\n}\n";
        CAPTURE(text);
        Graph body = body_of(text);
        body.library = ActorLibrary::rtl;
        Plan plan = planner::fold_for_cycles(body, 100);
        const auto problem = [&]() -> std::string {
            Diagnostics diagnostics;
            const auto result = passes::lower_to_dataflow(body, plan, diagnostics);
            CHECK(result.has_value() != diagnostics.has_errors());
            for (const Diagnostic& diagnostic : diagnostics.all()) {
                if (diagnostic.severity == Severity::error) {
                    CHECK(diagnostic.code == Code::bad_plan);
                    return diagnostic.message;
                }
            }
            return "";
        };
        CHECK(problem().empty());
        Diagnostics diagnostics;
        const auto chosen = passes::lower_to_dataflow(body, plan, diagnostics);
        REQUIRE(chosen);
        CHECK(simulate_tokens(chosen->dataflow, 3).deadlocked.empty());
        int stopped = 0;
        for (const Node& node : chosen->dataflow.nodes) {
            const auto* fifo = std::get_if<ops::Fifo>(&node.op);
            for (std::int64_t depth = 2; fifo != nullptr && depth < fifo->depth; depth *= 2) {
                CAPTURE(node.name);
                CAPTURE(depth);
                plan.fifos = {{node.name, {depth}}};
                const std::string said = problem();
                CAPTURE(said);
                if (said.empty()) {
                    continue;
                }
                ++stopped;
                // The short way is full: the fork cannot give the long one what its window waits
                // for, so that the join has no word of it.
                CHECK(node.name == "front_fork_fifo_1");
                CHECK(said == "with these FIFO depths the design stops: front_fork_fifo_1 full, "
                              "and each of front_fork, join_1, conv, window, pad_unit waits for "
                              "the next, and the last for the first");
            }
            plan.fifos.clear();
        }
        CHECK(stopped > 0);
    }
}
