// SPDX-License-Identifier: Apache-2.0
//
// Depthwise products and reductions that take all elements of a window at once: what they compute,
// what they cost in cycles, which foldings there are, and how frames follow each other behind the
// bursts in which their windows send.
#include "ir/dataflow_executor.hpp"
#include "ir/diagnostics.hpp"
#include "ir/integer_executor.hpp"
#include "ir/text.hpp"
#include "ir/token_simulation.hpp"
#include "ir/verify.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/actor_choices.hpp"
#include "planner/finn_folding.hpp"
#include "planner/folding.hpp"
#include "planner/plan_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <string>

using namespace millrace;

namespace {

/// A window as the integer lowering writes it.
struct WindowOf {
    std::int64_t images, height, width, channels;
    std::int64_t rows, columns;
    std::int64_t row_stride, column_stride;
    std::int64_t row_dilation, column_dilation;

    [[nodiscard]] std::int64_t out_rows() const {
        return (height - (rows - 1) * row_dilation - 1) / row_stride + 1;
    }
    [[nodiscard]] std::int64_t out_columns() const {
        return (width - (columns - 1) * column_dilation - 1) / column_stride + 1;
    }
    [[nodiscard]] std::int64_t taps() const { return rows * columns; }
    [[nodiscard]] std::string text(const std::string& from) const {
        const std::int64_t row = width * channels;
        return fmt::format(
            "integer_rearrange({}) from \"W\" \"window\" {{shape = [{},{},{},{},{}], counts = "
            "[{},{},{},1,{},{},{}], strides = [{},{},{},{},{},{},1], offset = 0}}",
            from, images, out_rows(), out_columns(), taps(), channels, images, out_rows(),
            out_columns(), rows, columns, channels, height * row, row_stride * row,
            column_stride * channels, channels, row_dilation * row, column_dilation * channels);
    }
};

std::string value(const std::string& name, const Shape& shape, int lo, int hi) {
    return fmt::format("%{} : integer [{}] lo [{}] hi [{}] grid scale [1] zero_point [0]", name,
                       fmt::join(shape, ","), lo, hi);
}

Graph body_of(const std::string& text) {
    Graph body = parse_graph(text);
    verify(body, "test");
    return body;
}

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
        last = fmt::format(
            "{} = integer_reduce(%w) from \"P\" \"last\" {{reduction = {}}}",
            value("y", result, -5 * times, 7 * times), reader);
    }
    const std::string text = fmt::format(
        "integer \"pool\" {{\n  input {}\n  {} = {}\n  {}\n  output %y\n}}\n",
        value("x", {w.images, w.height, w.width, w.channels}, -5, 7),
        value("w", {w.images, w.out_rows(), w.out_columns(), w.taps(), w.channels}, -5, 7),
        w.text("%x"), last);
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

/// 1 x 1 products around a pool of 3 x 3 with pads, all of which work nearly all the time; the pool
/// `pools` times.
std::string bursts(int pools) {
    std::string text = "integer \"bursts\" {\n  input " + value("x", {1, 8, 8, 4}, 0, 7) + "\n";
    std::string from = "x";
    int highest = 7;
    const std::string ones = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
    const auto matrix = [&](const std::string& name) {
        highest *= 4;
        text += fmt::format("  {} = integer_matmul(%{}) from \"C\" \"{}\" {{weights = [4,4] scaled "
                            "[{}] scale [1], weight_scale = [1], groups = 1}}\n",
                            value(name, {1, 8, 8, 4}, 0, highest), from, name, ones);
        from = name;
    };
    matrix("m0");
    for (int i = 1; i <= pools; ++i) {
        const std::string n = std::to_string(i);
        text += fmt::format("  {} = integer_pad(%{}) from \"P\" \"pad{}\" {{begin = [0,1,1,0], end "
                            "= [0,1,1,0], values = [0]}}\n",
                            value("p" + n, {1, 10, 10, 4}, 0, highest), from, n);
        const WindowOf window{1, 10, 10, 4, 3, 3, 1, 1, 1, 1};
        text += "  " + value("w" + n, {1, 8, 8, 9, 4}, 0, highest) + " = " +
                window.text("%p" + n) + "\n";
        text += fmt::format("  {} = integer_reduce(%w{}) from \"P\" \"pool{}\" {{reduction = "
                            "max}}\n",
                            value("r" + n, {1, 8, 8, 4}, 0, highest), n, n);
        from = "r" + n;
        matrix("m" + n);
    }
    return text + "  output %" + from + "\n}\n";
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
              "line 1: pe = 128 and simd = 9 are not possible together for 'last': words of 1152 "
              "elements have more than 4096 bits / nearest legal: pe = 64 with simd = 9, or simd = "
              "1");
        CHECK(said("[actor.last]\nsimd = 3\n") ==
              "line 2: simd = 3 is not possible for 'last': a window's elements come one by one or "
              "all 9 at once / nearest legal: 1 or 9");
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
        const Graph shared = body_of(
            "integer \"shared\" {\n  input " + value("x", {1, 4, 4, 2}, 0, 7) + "\n  " +
            value("w", {1, 3, 3, 4, 2}, 0, 7) + " = " +
            WindowOf{1, 4, 4, 2, 2, 2, 1, 1, 1, 1}.text("%x") + "\n  " +
            value("y", {1, 3, 3, 2}, 0, 7) +
            " = integer_reduce(%w) from \"P\" \"a\" {reduction = max}\n  " +
            value("z", {1, 3, 3, 2}, 0, 7) +
            " = integer_reduce(%w) from \"P\" \"b\" {reduction = min}\n  output %y\n  output %z\n}\n");
        for (const planner::ActorChoices& choices : planner::actor_choices(shared)) {
            CHECK_FALSE(choices.has_taps());
            CHECK(choices.legal_simd() == std::vector<std::int64_t>{1});
        }
    }

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
}
