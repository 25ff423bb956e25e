// SPDX-License-Identifier: Apache-2.0
//
// The planner's problem of choices against the designs that the lowering makes: what every choice
// takes, and how many cycles it needs, for random networks and random preferences. Then the solver
// against all choices there are.
#include "passes/pipeline.hpp"
#include "planner/board.hpp"
#include "planner/design_model.hpp"
#include "planner/folding.hpp"
#include "planner/solver.hpp"
#include "tests/support/planned_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::planner;

/// What the lowering's design takes with all FIFOs at the default depth.
Use design_use(const Graph& dataflow, Family family) {
    Graph shallow = dataflow;
    for (Node& node : shallow.nodes) {
        if (auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
            fifo->depth = Plan{}.default_fifo_depth;
        }
    }
    return use_of(design_cost(shallow, family));
}

} // namespace

TEST_SUITE("design model") {
    TEST_CASE("what a choice takes is what its design takes, and as many cycles") {
        std::mt19937 random(5);
        int networks = 0;
        for (std::uint32_t seed = 4000; seed < 4300; ++seed) {
            CAPTURE(seed);
            const ActorLibrary library = seed % 2 == 0 ? ActorLibrary::rtl : ActorLibrary::hls;
            const Family family = seed % 3 == 0 ? Family::xcup : Family::xc7;
            networks +=
                tests::with_random_body(seed, library, [&](const passes::PlanRequest& request) {
                    DesignModel model(request.body, request.functions, {family, seed % 3 == 0});
                    const FrameFlow flow(request.body, model.stages());
                    for (int trial = 0; trial < 4; ++trial) {
                        CAPTURE(trial);
                        // Negative weights, too: the most of something.
                        Use weights{};
                        for (double& weight : weights) {
                            weight = std::uniform_real_distribution<double>(-1, 1)(random);
                        }
                        Elimination elimination(model.problem());
                        const auto found =
                            elimination.cheapest(weights, model.problem().full_domains());
                        REQUIRE(found);
                        const Plan plan = model.plan(found->choice);
                        const passes::LoweredBody* design = request.try_plan(plan);
                        REQUIRE(design != nullptr);
                        const CyclePrediction cycles = predict_cycles(design->dataflow);
                        CHECK(model.slowest(found->choice).cycles == cycles.interval);
                        const Use expected = design_use(design->dataflow, family);
                        const Use use = *model.problem().use(found->choice);
                        CHECK(flow.latency(model.paces(found->choice)) <= cycles.latency);
                        for (std::size_t r = 0; r < resource_count; ++r) {
                            CAPTURE(r);
                            CHECK(use[r] == doctest::Approx(expected[r]).epsilon(1e-9));
                        }
                        // The parts are the whole.
                        Use sum{};
                        for (const DesignModel::Part& part : model.parts(found->choice)) {
                            for (std::size_t r = 0; r < resource_count; ++r) {
                                sum[r] += part.use[r];
                            }
                        }
                        CHECK(sum[0] == doctest::Approx(use[0]));
                    }
                });
        }
        CHECK(networks > 230);
    }
}

TEST_SUITE("solver") {
    TEST_CASE("200 small networks: the least of all foldings for a target within a budget") {
        std::mt19937 random(6);
        int compared = 0;
        int refused = 0;
        for (std::uint32_t seed = 0; compared < 200; ++seed) {
            CAPTURE(seed);
            REQUIRE(seed < 2000);
            tests::with_random_body(
                20000 + seed, ActorLibrary::rtl, [&](const passes::PlanRequest& request) {
                    const auto layers = std::count_if(
                        request.body.nodes.begin(), request.body.nodes.end(), [](const Node& node) {
                            return std::holds_alternative<ops::IntegerMatMul>(node.op) ||
                                   std::holds_alternative<ops::IntegerDepthwise>(node.op);
                        });
                    DesignModel model(request.body, request.functions, {Family::xc7, false});
                    double combinations = 1;
                    for (std::size_t v = 0; v < model.problem().variables(); ++v) {
                        combinations *= static_cast<double>(model.problem().domain_size(v));
                    }
                    if (layers > 6 || combinations > 5e4) {
                        return;
                    }
                    Budget budget = budget_of(nullptr, "xc7z020", 1);
                    std::vector<std::int64_t> counts = model.cycle_counts();
                    const std::int64_t target = counts[std::uniform_int_distribution<std::size_t>(
                        0, counts.size() - 1)(random)];
                    // Around what is needed.
                    model.keep_to(std::int64_t{1} << 60);
                    Elimination elimination(model.problem());
                    const Use typical = *model.problem().use(
                        elimination.cheapest(budget.weights, model.problem().full_domains())
                            ->choice);
                    for (const std::size_t r : {std::size_t{0}, std::size_t{2}, std::size_t{4}}) {
                        budget.available[r] = std::floor(
                            typical[r] * std::uniform_real_distribution<double>(0.9, 1.6)(random) +
                            1);
                    }
                    // All there are.
                    model.keep_to(target);
                    Choice choice(model.problem().variables(), 0);
                    double least = std::numeric_limits<double>::infinity();
                    while (true) {
                        if (const auto use = model.problem().use(choice);
                            use && fits(*use, budget)) {
                            double sum = 0;
                            for (std::size_t r = 0; r < resource_count; ++r) {
                                sum += budget.weights[r] * (*use)[r];
                            }
                            least = std::min(least, sum);
                        }
                        std::size_t v = 0;
                        while (v < choice.size() && ++choice[v] == model.problem().domain_size(v)) {
                            choice[v++] = 0;
                        }
                        if (v == choice.size()) {
                            break;
                        }
                    }
                    Diagnostics diagnostics;
                    const auto solution = solve(
                        request.body, request.functions, budget, {Objective::Kind::cycles, target},
                        [](const Plan&) { return std::optional(Trial{}); }, diagnostics);
                    CHECK(solution.has_value() == std::isfinite(least));
                    if (solution) {
                        CHECK(solution->proved);
                        CHECK(solution->value == doctest::Approx(least));
                        CHECK(solution->interval <= target);
                    } else {
                        ++refused;
                        CHECK(diagnostics.contains(Code::target_unreachable));
                    }
                    ++compared;
                });
        }
        CHECK(refused > 10);
        CHECK(refused < 190);
    }
}
