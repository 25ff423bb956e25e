// SPDX-License-Identifier: Apache-2.0
//
// Depthwise products and reductions that take all elements of a window at once: what they compute,
// what they cost in cycles, and which foldings there are.
#include "ir/cycle_prediction.hpp"
#include "ir/dataflow_executor.hpp"
#include "ir/diagnostics.hpp"
#include "ir/integer_executor.hpp"
#include "ir/token_simulation.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/actor_choices.hpp"
#include "planner/finn_folding.hpp"
#include "planner/folding.hpp"
#include "planner/plan_file.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <string>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// The window and its reader. Weights of the depthwise product go through -3..3.
Graph pool_of(const WindowOf& w, const std::string& reader) {
    std::string last;
    const auto taps = static_cast<int>(w.taps());
    const Shape result{w.images, w.out_rows(), w.out_columns(), w.channels};
    if (reader == "depthwise") {
        std::vector<int> weights;
        for (int i = 0; i < taps * w.channels; ++i) {
            weights.push_back(i % 7 - 3);
        }
        std::vector<int> lowest(static_cast<std::size_t>(w.channels));
        std::vector<int> highest(static_cast<std::size_t>(w.channels));
        for (int i = 0; i < taps * w.channels; ++i) {
            const int weight = weights[static_cast<std::size_t>(i)];
            const auto channel = static_cast<std::size_t>(i % w.channels);
            (weight < 0 ? lowest : highest)[channel] += 7 * weight;
            (weight < 0 ? highest : lowest)[channel] += -5 * weight;
        }
        last = fmt::format("%y : integer [{}] lo [{}] hi [{}] grid scale [1] zero_point [0] = "
                           "integer_depthwise(%w) from \"C\" \"last\" {{weights = [{},{}] scaled "
                           "[{}] scale [1], weight_scale = [1]}}",
                           fmt::join(result, ","), fmt::join(lowest, ","), fmt::join(highest, ","),
                           taps, w.channels, fmt::join(weights, ","));
    } else {
        const int times = reader == "sum" ? taps : 1;
        last = fmt::format("{} = integer_reduce(%w) from \"P\" \"last\" {{reduction = {}}}",
                           value_text("y", result, -5 * times, 7 * times), reader);
    }
    const std::string text = fmt::format(
        "integer \"pool\" {{\n  input {}\n  {} = {}\n  {}\n  output %y\n}}\n",
        value_text("x", {w.images, w.height, w.width, w.channels}, -5, 7),
        value_text("w", {w.images, w.out_rows(), w.out_columns(), w.taps(), w.channels}, -5, 7),
        w.blocks("%x"), last);
    CAPTURE(text);
    return body_of(text);
}

Plan plan_with(const Graph& body, const std::string& name, std::int64_t pe, std::int64_t simd) {
    Plan plan = planner::default_plan(body);
    for (ActorPlan& actor : plan.actors) {
        if (actor.name == name) {
            actor.pe = pe;
            actor.simd = simd;
        }
    }
    return plan;
}

Graph lowered(const Graph& body, const Plan& plan) {
    Diagnostics diagnostics;
    const auto result = passes::lower_to_dataflow(body, plan, diagnostics);
    REQUIRE(result);
    return result->dataflow;
}

std::vector<IntegerBuffer> reference(const Graph& body, const IntegerBuffer& x) {
    const IntegerExecutor executor(body, IntegerExecutor::Use::few_samples);
    IntegerExecutor::Workspace workspace(body);
    workspace.buffer(body.inputs[0]) = x;
    executor.run(workspace);
    return {workspace.buffer(body.outputs[0])};
}

template <class Op> const Op* find_op(const Graph& graph) {
    for (const Node& node : graph.nodes) {
        if (const auto* op = std::get_if<Op>(&node.op)) {
            return op;
        }
    }
    return nullptr;
}

} // namespace

TEST_SUITE("window taps") {
    TEST_CASE("all foldings of windows compute the same, at the cycles that are counted") {
        const WindowOf windows[] = {
            {1, 6, 6, 4, 3, 3, 1, 1, 1, 1}, {2, 5, 7, 6, 2, 3, 2, 1, 1, 2},
            {1, 1, 9, 3, 1, 3, 1, 2, 1, 1}, {1, 9, 1, 2, 3, 1, 2, 1, 2, 1},
            {1, 4, 4, 5, 2, 2, 2, 2, 1, 1}, {1, 7, 6, 8, 2, 2, 1, 3, 2, 3},
        };
        std::mt19937 random(7);
        for (const WindowOf& window : windows) {
            for (const std::string reader : {"max", "min", "sum", "depthwise"}) {
                for (const ActorLibrary library : {ActorLibrary::hls, ActorLibrary::rtl}) {
                    Graph body = pool_of(window, reader);
                    body.library = library;
                    IntegerBuffer x(static_cast<std::size_t>(window.images * window.height *
                                                             window.width * window.channels));
                    for (auto& number : x) {
                        number = static_cast<std::int64_t>(random() % 13) - 5;
                    }
                    const auto expected = reference(body, x);
                    const std::vector<planner::ActorChoices> all = planner::actor_choices(body);
                    REQUIRE(all.size() == 1);
                    const planner::ActorChoices& choices = all.front();
                    CHECK(choices.has_taps());
                    CHECK(choices.legal_simd() == std::vector<std::int64_t>{1, window.taps()});
                    for (const std::int64_t pe : choices.legal_pe()) {
                        CAPTURE(reader);
                        CAPTURE(pe);
                        CHECK(choices.cycles(pe, window.taps()) ==
                              window.images * window.height * window.width * window.channels / pe);
                        for (const std::int64_t simd : choices.legal_simd()) {
                            CAPTURE(simd);
                            const Plan plan = plan_with(body, choices.name, pe, simd);
                            const Graph flow = lowered(body, plan);
                            CHECK(execute_dataflow(flow, {x}) == expected);
                            CHECK((find_op<ops::ParallelWindow>(flow) != nullptr) == (simd > 1));
                            CHECK((find_op<ops::Rearrange>(flow) != nullptr) == (simd == 1));
                            CHECK(predict_cycles(flow).interval ==
                                  planner::planned_interval(body, plan));
                        }
                    }
                }
            }
        }
    }

    TEST_CASE("words of all taps keep within the widest word") {
        // 256 channels of 4 bits, 9 taps: 64 of them are 2,304 bits, 128 are 4,608.
        const Graph body = pool_of({1, 3, 3, 256, 3, 3, 1, 1, 1, 1}, "max");
        const planner::ActorChoices pool = planner::actor_choices(body).front();
        CHECK(pool.allows(256, 1));
        CHECK(pool.allows(64, 9));
        CHECK_FALSE(pool.allows(128, 9));
        const auto said = [&](const std::string& toml) {
            Diagnostics diagnostics;
            CHECK_FALSE(planner::read_plan(toml, "plan.toml", body, diagnostics));
            REQUIRE(diagnostics.all().size() == 1);
            return diagnostics.all().front().message + " / " + diagnostics.all().front().help;
        };
        CHECK(said("[actor.last]\npe = 128\nsimd = 9\n") ==
              "line 3: pe = 128 and simd = 9 are not possible together for 'last': words of 1152 "
              "elements have more than 4096 bits / nearest legal: pe = 64 with simd = 9, or simd = "
              "1");
        CHECK(said("[actor.last]\nsimd = 3\n") ==
              "line 2: simd = 3 is not possible for 'last': a window's elements come one by one or "
              "all 9 at once / nearest legal: 1 or 9");
        CHECK(
            said("[actor.window]\npe = 2\n") ==
            "line 1: window 'window' is part of 'last' and has no folding of its own / set pe and "
            "simd of [actor.last]");
        // FINN's units take what they are given; the others one element at a time.
        Diagnostics diagnostics;
        CHECK_FALSE(planner::read_finn_folding(R"({"last": {"PE": 128, "SIMD": 9}})", "f.json",
                                               body, diagnostics));
        const auto taken = planner::read_finn_folding(R"({"last": {"PE": 64, "SIMD": 9}})",
                                                      "f.json", body, diagnostics);
        REQUIRE(taken);
        CHECK(taken->find("last")->simd == 9);
        const auto plain =
            planner::read_finn_folding(R"({"last": {"PE": 128}})", "f.json", body, diagnostics);
        REQUIRE(plain);
        CHECK(plain->find("last")->simd == 1);
        // The default takes all taps only where it must.
        CHECK(planner::fold_for_cycles(body, 9 * 256).find("last")->simd == 1);
    }

    TEST_CASE("a window that others read, too, or that is no plain one, comes by elements") {
        const Graph shared =
            body_of("integer \"shared\" {\n  input " + value_text("x", {1, 4, 4, 2}, 0, 7) +
                    "\n  " + value_text("w", {1, 3, 3, 4, 2}, 0, 7) + " = " +
                    WindowOf{1, 4, 4, 2, 2, 2, 1, 1, 1, 1}.blocks("%x") + "\n  " +
                    value_text("y", {1, 3, 3, 2}, 0, 7) +
                    " = integer_reduce(%w) from \"P\" \"a\" {reduction = max}\n  " +
                    value_text("z", {1, 3, 3, 2}, 0, 7) +
                    " = integer_reduce(%w) from \"P\" \"b\" {reduction = min}\n  output %y\n  "
                    "output %z\n}\n");
        Diagnostics diagnostics;
        CHECK(planner::read_plan("[actor.a]\nsimd = 1\n", "plan.toml", shared, diagnostics));
        CHECK_FALSE(planner::read_plan("[actor.a]\nsimd = 4\n", "plan.toml", shared, diagnostics));
        REQUIRE(diagnostics.all().size() == 1);
        CHECK(diagnostics.all().front().message ==
              "line 2: 'a' takes one element at a time: no window of several is in front of it, or "
              "its words are too wide");
        // Windows of 2 x 2 that begin with the second column.
        const Graph cropped =
            body_of("integer \"cropped\" {\n  input " + value_text("x", {1, 4, 4, 2}, 0, 7) +
                    "\n  " + value_text("w", {1, 3, 2, 4, 2}, 0, 7) +
                    " = integer_rearrange(%x) from \"W\" \"window\" {shape = [1,3,2,4,2], counts = "
                    "[1,3,2,1,2,2,2], strides = [32,8,2,2,8,2,1], offset = 2}\n  " +
                    value_text("y", {1, 3, 2, 2}, 0, 7) +
                    " = integer_reduce(%w) from \"P\" \"a\" {reduction = max}\n  output %y\n}\n");
        // All of an image, without a window.
        const Graph global =
            body_of("integer \"global\" {\n  input " + value_text("x", {1, 16, 2}, 0, 7) + "\n  " +
                    value_text("y", {1, 2}, 0, 7) +
                    " = integer_reduce(%x) from \"P\" \"a\" {reduction = max}\n  output %y\n}\n");
        for (const Graph* body : {&shared, &cropped, &global}) {
            for (const planner::ActorChoices& choices : planner::actor_choices(*body)) {
                CHECK_FALSE(choices.has_taps());
                CHECK(choices.legal_simd() == std::vector<std::int64_t>{1});
            }
        }
    }
}
