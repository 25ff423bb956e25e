// SPDX-License-Identifier: Apache-2.0
//
// Plans for boards of several regions against all plans there are, of small random networks: FIFOs
// sized, each design cut into the regions.
#include "ir/token_simulation.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/board.hpp"
#include "planner/design_model.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"
#include "tests/support/planned_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <random>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::planner;

constexpr double none = std::numeric_limits<double>::infinity();

struct Known {
    Plan plan;
    std::int64_t interval = 0;
    std::int64_t least_latency = 0; ///< by planner/frame_flow
    double value = 0;
    Trial trial;
};

Board board_of(double lut, double ff, std::size_t regions) {
    Board board;
    board.part = "xcu250-figd2104-2L-e";
    board.title = "Small";
    for (std::size_t i = 0; i < regions; ++i) {
        // Not all alike.
        const auto part = [&](double all) {
            return static_cast<std::int64_t>(all * (i % 2 == 0 ? 1.0 : 0.8));
        };
        board.regions.push_back(
            {"SLR" + std::to_string(i), Resources{part(lut), part(ff), 100, 0, 100}});
    }
    return board;
}

Trial trial_of(const passes::PlanRequest& request, const Plan& plan, const Board& board) {
    const passes::LoweredBody* design = request.try_plan(plan);
    REQUIRE(design != nullptr);
    Trial trial = planner::trial_of(design->dataflow, Family::xcup);
    trial.fifos.clear(); // not to be moved: all_plans() does not
    trial.placed = assign_regions(design->dataflow, board).has_value();
    trial.latency = predict_cycles(design->dataflow, design->cycles).latency;
    return trial;
}

Trial glance_at(const passes::PlanRequest& request, const Plan& plan, const Board& board) {
    Diagnostics diagnostics;
    const auto design =
        passes::lower_with_default_depths(request.body, plan, request.functions, diagnostics);
    REQUIRE(design);
    Trial trial;
    trial.placed = may_be_cut(*design, board);
    trial.latency = simulate_without_limits(*design).first_latency;
    return trial;
}

bool is_built(const Trial& trial, const Budget& budget) {
    return trial.placed && fits(trial.use, budget);
}

/// All plans of a body, the cheapest first, FIFOs in the memories that they get by themselves.
std::vector<Known> all_plans(const passes::PlanRequest& request, DesignModel& model,
                             const Board& board, const Budget& budget) {
    const FrameFlow flow(request.body, model.stages());
    std::vector<Known> plans;
    Choice choice(model.problem().variables(), 0);
    do {
        const auto use = model.problem().use(choice);
        if (!use) {
            continue;
        }
        Known known{model.plan(choice), model.slowest(choice).cycles,
                    flow.latency(model.paces(choice)),
                    std::inner_product(use->begin(), use->end(), budget.weights.begin(), 0.0),
                    trial_of(request, model.plan(choice), board)};
        if (is_built(known.trial, budget)) {
            CHECK(glance_at(request, known.plan, board).placed);
        }
        plans.push_back(std::move(known));
    } while (
        next_combination(choice, [&](std::size_t v) { return model.problem().domain_size(v); }));
    std::stable_sort(plans.begin(), plans.end(),
                     [](const Known& a, const Known& b) { return a.value < b.value; });
    return plans;
}

/// Of those that are built.
double least_value(const std::vector<Known>& plans, const Budget& budget, std::int64_t cycles) {
    for (const Known& known : plans) {
        if (known.interval <= cycles && is_built(known.trial, budget)) {
            return known.value;
        }
    }
    return none;
}

/// Of those that are built and keep to a latency, for which their FIFOs get room.
double least_value_of_latency(const passes::PlanRequest& request, const std::vector<Known>& plans,
                              const Board& board, const Budget& budget, std::int64_t latency) {
    for (const Known& known : plans) {
        if (known.least_latency > latency) {
            continue;
        }
        Plan plan = known.plan;
        plan.latency = latency;
        const Trial trial = trial_of(request, plan, board);
        if (trial.latency <= latency && is_built(trial, budget)) {
            return known.value;
        }
    }
    return none;
}

} // namespace

TEST_SUITE("region plans") {
    TEST_CASE("40 small networks: the least for a speed, for a latency, and the fastest, of all "
              "plans that can be cut") {
        std::mt19937 random(11);
        int networks = 0;
        int found = 0;
        int uncut = 0; // only as a whole
        int refused = 0;
        int kept_latencies = 0;
        int refused_latencies = 0;
        int slower = 0; // the fastest that can be cut than that of the sum
        const auto check = [&](const passes::PlanRequest& request) {
            DesignModel model(request.body, request.functions, {Family::xcup, false, {}});
            double combinations = 1;
            for (std::size_t v = 0; v < model.problem().variables(); ++v) {
                combinations *= static_cast<double>(model.problem().domain_size(v));
            }
            if (combinations > 800 || combinations < 30) {
                return;
            }
            ++networks;
            // Around what a quick plan needs, in regions of which each holds half of it or less.
            Choice some;
            for (int draw = 0; draw < 4; ++draw) {
                Choice drawn;
                do {
                    drawn.clear();
                    for (std::size_t v = 0; v < model.problem().variables(); ++v) {
                        drawn.push_back(random() % model.problem().domain_size(v));
                    }
                } while (!model.problem().use(drawn));
                if (some.empty() || model.slowest(drawn).cycles < model.slowest(some).cycles) {
                    some = std::move(drawn);
                }
            }
            const Use typical = *model.problem().use(some);
            const std::size_t regions = 2 + random() % 3;
            const double room = std::uniform_real_distribution<double>(1.0, 1.6)(random) /
                                static_cast<double>(regions);
            const Board board = board_of(room * typical[0], room * typical[1], regions);
            const Budget budget = budget_of(&board, board.part, 1);
            REQUIRE(budget.device.regions.size() == regions);
            const std::vector<Known> plans = all_plans(request, model, board, budget);
            const auto solved = [&](const Objective& objective) {
                Diagnostics diagnostics;
                return solve(
                    request.body, request.functions, budget, objective,
                    [&](const Plan& plan) { return std::optional(trial_of(request, plan, board)); },
                    diagnostics,
                    [&](const Plan& plan) {
                        return std::optional(glance_at(request, plan, board));
                    });
            };
            const std::vector<std::int64_t> counts = model.cycle_counts();
            for (int trial = 0; trial < 3; ++trial) {
                const std::int64_t target = counts[random() % counts.size()];
                CAPTURE(target);
                const double least = least_value(plans, budget, target);
                const auto solution = solved({Objective::Kind::cycles, target});
                if (std::isfinite(least)) {
                    ++found;
                    REQUIRE(solution);
                    CHECK(solution->trial.placed);
                    CHECK(solution->value == doctest::Approx(least).epsilon(1e-9));
                    CHECK(solution->proved);
                } else {
                    ++(solution ? uncut : refused);
                    CHECK((!solution || !solution->trial.placed));
                }
            }
            for (int trial = 0; trial < 2; ++trial) {
                const std::int64_t target = plans[random() % plans.size()].trial.latency;
                CAPTURE(target);
                const double least = least_value_of_latency(request, plans, board, budget, target);
                const auto solution = solved({Objective::Kind::latency, target});
                REQUIRE(solution.has_value() == std::isfinite(least));
                if (!solution) {
                    ++refused_latencies;
                    continue;
                }
                ++kept_latencies;
                CHECK(solution->trial.placed);
                CHECK(solution->trial.latency <= target);
                CHECK(solution->value == doctest::Approx(least).epsilon(1e-9));
                CHECK(solution->proved);
            }
            const auto fastest = solved({Objective::Kind::fastest});
            std::vector<Known> built;
            std::copy_if(plans.begin(), plans.end(), std::back_inserter(built),
                         [&](const Known& known) { return is_built(known.trial, budget); });
            if (built.empty()) {
                CHECK((!fastest || !fastest->trial.placed));
                return;
            }
            const auto best =
                std::min_element(built.begin(), built.end(), [](const Known& a, const Known& b) {
                    return std::pair(a.interval, a.value) < std::pair(b.interval, b.value);
                });
            REQUIRE(fastest);
            CHECK(fastest->trial.placed);
            CHECK(fastest->interval == best->interval);
            CHECK(fastest->interval_bound == best->interval);
            CHECK(fastest->value == doctest::Approx(best->value).epsilon(1e-9));
            CHECK(fastest->proved);
            Budget sum = budget;
            sum.device.regions.clear();
            Diagnostics diagnostics;
            const auto whole = solve(
                request.body, request.functions, sum, {Objective::Kind::fastest},
                [&](const Plan& plan) {
                    Trial trial = trial_of(request, plan, board);
                    trial.placed = true;
                    return std::optional(trial);
                },
                diagnostics);
            slower += whole && whole->interval < fastest->interval ? 1 : 0;
        };
        for (std::uint32_t seed = 40000; seed < 42000 && networks < 40; ++seed) {
            CAPTURE(seed);
            tests::with_random_body(seed, ActorLibrary::rtl, check);
        }
        REQUIRE(networks == 40);
        CHECK(found > 20);
        CHECK(uncut > 10);
        CHECK(refused > 40);
        CHECK(kept_latencies > 30);
        CHECK(refused_latencies > 15);
        CHECK(slower > 1);
    }
}
