// SPDX-License-Identifier: Apache-2.0
//
// Plans for a latency against all plans there are, of small random networks.
#include "planner/board.hpp"
#include "planner/design_model.hpp"
#include "planner/solver.hpp"
#include "tests/support/planned_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::planner;

struct Known {
    double value = 0;
    std::int64_t latency = 0;
    Use use{};
};

Trial trial_of(const passes::PlanRequest& request, const Plan& plan) {
    const passes::LoweredBody* design = request.try_plan(plan);
    REQUIRE(design != nullptr);
    const CyclePrediction cycles =
        design->cycles ? *design->cycles : predict_cycles(design->dataflow);
    Trial trial = planner::trial_of(design->dataflow, Family::xc7);
    trial.fifos.clear(); // not to be moved: all_plans() compares with their own memories
    trial.interval = cycles.interval;
    trial.latency = cycles.latency;
    return trial;
}

/// All plans of a body, with the latency and what the design takes, FIFOs included.
std::vector<Known> all_plans(const passes::PlanRequest& request, DesignModel& model,
                             const Budget& budget) {
    const FrameFlow flow(request.body, model.stages());
    std::vector<Known> plans;
    Choice choice(model.problem().variables(), 0);
    do {
        if (const auto use = model.problem().use(choice)) {
            const Trial trial = trial_of(request, model.plan(choice));
            plans.push_back(
                {std::inner_product(use->begin(), use->end(), budget.weights.begin(), 0.0),
                 trial.latency, trial.use});
            CHECK(flow.longest(model.paces(choice)).latency <= trial.latency);
        }
    } while (
        next_combination(choice, [&](std::size_t v) { return model.problem().domain_size(v); }));
    return plans;
}

/// The least value of the plans within a latency and a budget; infinite: there is none.
double least_value(const std::vector<Known>& plans, std::int64_t latency, const Budget& budget) {
    double least = std::numeric_limits<double>::infinity();
    for (const Known& plan : plans) {
        if (plan.latency <= latency && fits(plan.use, budget)) {
            least = std::min(least, plan.value);
        }
    }
    return least;
}

} // namespace

TEST_SUITE("latency search") {
    TEST_CASE("40 small networks: the least of all plans, proved") {
        std::mt19937 random(9);
        int networks = 0;
        int found = 0;
        int refused = 0;
        const auto check = [&](const passes::PlanRequest& request) {
            DesignModel model(request.body, request.functions, {Family::xc7, false});
            double combinations = 1;
            for (std::size_t v = 0; v < model.problem().variables(); ++v) {
                combinations *= static_cast<double>(model.problem().domain_size(v));
            }
            if (combinations > 300 || combinations < 4) {
                return;
            }
            ++networks;
            const Budget unlimited = budget_of(nullptr, "xc7z020", 1);
            const std::vector<Known> plans = all_plans(request, model, unlimited);
            for (int trial = 0; trial < 3; ++trial) {
                Budget budget = unlimited;
                if (trial == 1) {
                    budget.name = "small";
                    budget.available[0] = std::floor(plans[random() % plans.size()].use[0] * 1.1);
                }
                // One of them less than any plan has.
                const std::int64_t target = trial == 2 && networks % 4 == 0
                                                ? std::min_element(
                                                      plans.begin(), plans.end(),
                                                      [](const Known& a, const Known& b) {
                                                          return a.latency < b.latency;
                                                      })->latency -
                                                      1
                                                : plans[random() % plans.size()].latency;
                CAPTURE(trial);
                CAPTURE(target);
                if (target < 1) {
                    continue;
                }
                const double least = least_value(plans, target, budget);
                Diagnostics diagnostics;
                const auto solution = solve(
                    request.body, request.functions, budget, {Objective::Kind::latency, target},
                    [&](const Plan& plan) { return std::optional(trial_of(request, plan)); },
                    diagnostics);
                REQUIRE(solution.has_value() == std::isfinite(least));
                ++(solution ? found : refused);
                if (solution) {
                    CHECK(solution->trial.latency <= target);
                    CHECK(solution->value == doctest::Approx(least).epsilon(1e-9));
                    CHECK(solution->proved);
                } else {
                    CHECK(format(diagnostics.all().front()).find("cannot be reached") !=
                          std::string::npos);
                }
            }
        };
        for (std::uint32_t seed = 30000; networks < 40; ++seed) {
            CAPTURE(seed);
            REQUIRE(seed < 32000);
            tests::with_random_body(seed, ActorLibrary::rtl, check);
        }
        CHECK(found > 90);
        CHECK(refused > 5);
    }
}
