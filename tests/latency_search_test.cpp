// SPDX-License-Identifier: Apache-2.0
//
// Plans for a latency against all plans there are, of small random networks.
#include "passes/lower_to_dataflow.hpp"
#include "planner/board.hpp"
#include "planner/budgeted_plans.hpp"
#include "planner/design_model.hpp"
#include "planner/solver.hpp"
#include "tests/support/planned_body.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::planner;

struct Known {
    Plan plan;
    double value = 0;
    std::int64_t least_latency = 0; ///< by planner/frame_flow
    Trial trial;                    ///< FIFOs get no room for a latency
};

Trial trial_of(const passes::PlanRequest& request, const Plan& plan, const MemoryCycles& memory) {
    Diagnostics diagnostics;
    const auto design =
        passes::lower_to_dataflow(request.body, plan, request.functions, diagnostics, memory);
    REQUIRE(design.has_value());
    const CyclePrediction cycles = predict_cycles(design->dataflow, design->cycles);
    Trial trial = planner::trial_of(design->dataflow, Family::xc7);
    trial.fifos.clear(); // not to be moved: all_plans() compares with their own memories
    trial.interval = cycles.interval;
    trial.latency = cycles.latency;
    return trial;
}

/// All plans of a body, with the latency and what the design takes, FIFOs included.
std::vector<Known> all_plans(const passes::PlanRequest& request, DesignModel& model,
                             const Budget& budget) {
    const FrameFlow flow(request.body, model.stages(), model.ports());
    std::vector<Known> plans;
    Choice choice(model.problem().variables(), 0);
    do {
        if (const auto use = model.problem().use(choice)) {
            Plan plan = model.plan(choice);
            Trial trial = trial_of(request, plan, budget.device.memory_cycles);
            const std::int64_t least_latency = flow.latency(model.paces(choice));
            CHECK(flow.longest(model.paces(choice)).latency <= least_latency);
            CHECK(least_latency <= trial.latency);
            plans.push_back(
                {std::move(plan),
                 std::inner_product(use->begin(), use->end(), budget.weights.begin(), 0.0),
                 least_latency, std::move(trial)});
        }
    } while (
        next_combination(choice, [&](std::size_t v) { return model.problem().domain_size(v); }));
    return plans;
}

/// The least value of the plans within a latency and a budget; infinite: there is none.
double least_value(const passes::PlanRequest& request, const std::vector<Known>& plans,
                   std::int64_t latency, const Budget& budget) {
    double least = std::numeric_limits<double>::infinity();
    for (const Known& known : plans) {
        if (known.value >= least || known.least_latency > latency ||
            !fits(known.trial.use, budget)) {
            continue;
        }
        Trial trial = known.trial;
        if (trial.latency > latency) {
            Plan plan = known.plan;
            plan.latency = latency;
            trial = trial_of(request, plan, budget.device.memory_cycles);
        }
        if (trial.latency <= latency && fits(trial.use, budget)) {
            least = known.value;
        }
    }
    return least;
}

/// Of the plans within a budget, FIFOs without room for it; 0: there is none.
std::int64_t least_latency(const std::vector<Known>& plans, const Budget& budget) {
    std::int64_t least = 0;
    for (const Known& known : plans) {
        if (fits(known.trial.use, budget) && (least == 0 || known.trial.latency < least)) {
            least = known.trial.latency;
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
        int named = 0; // what to ask for
        const auto check = [&](const passes::PlanRequest& request) {
            Budget unlimited = budget_of(nullptr, "xc7z020", 1);
            // For half of them, memory that takes up to two cycles for an element.
            unlimited.device.memory_cycles =
                tests::paced_ports(request.body, networks % 2 == 0 ? 0 : 1 + networks % 8);
            DesignModel model(request.body, request.functions, unlimited.device);
            double combinations = 1;
            for (std::size_t v = 0; v < model.problem().variables(); ++v) {
                combinations *= static_cast<double>(model.problem().domain_size(v));
            }
            if (combinations > 300 || combinations < 4) {
                return;
            }
            ++networks;
            const std::vector<Known> plans = all_plans(request, model, unlimited);
            for (int trial = 0; trial < 4; ++trial) {
                Budget budget = unlimited;
                if (trial == 1 || trial == 3) {
                    budget.name = "small";
                    budget.available[0] =
                        std::floor(plans[random() % plans.size()].trial.use[0] * 1.1);
                }
                // Some of them less than any plan has.
                const bool too_little = trial == 3 || (trial == 2 && networks % 4 == 0);
                const std::int64_t target = too_little
                                                ? least_latency(plans, budget) - 1
                                                : plans[random() % plans.size()].trial.latency;
                CAPTURE(trial);
                CAPTURE(target);
                if (target < 1) {
                    continue;
                }
                const double least = least_value(request, plans, target, budget);
                Diagnostics diagnostics;
                const auto solution = solve(
                    request.body, request.functions, budget, {Objective::Kind::latency, target},
                    [&](const Plan& plan) {
                        return std::optional(trial_of(request, plan, budget.device.memory_cycles));
                    },
                    diagnostics);
                REQUIRE(solution.has_value() == std::isfinite(least));
                ++(solution ? found : refused);
                if (solution) {
                    CHECK(solution->trial.latency <= target);
                    CHECK(solution->value == doctest::Approx(least).epsilon(1e-9));
                    CHECK(solution->proved);
                } else {
                    const std::string text = format(diagnostics.all().front());
                    CHECK(text.find("cannot be reached") != std::string::npos);
                    const std::size_t hint = text.find("ask for ");
                    if (text.find(", which the quickest plan") != std::string::npos) {
                        ++named;
                        const std::int64_t quickest = std::stoll(text.substr(hint + 8));
                        CAPTURE(quickest);
                        CHECK(std::isfinite(least_value(request, plans, quickest, budget)));
                        CHECK_FALSE(
                            std::isfinite(least_value(request, plans, quickest - 1, budget)));
                    }
                }
            }
        };
        for (std::uint32_t seed = 30000; seed < 32000; ++seed) {
            CAPTURE(seed);
            tests::with_random_body(seed, ActorLibrary::rtl, check);
            if (networks == 40) {
                break;
            }
        }
        REQUIRE(networks == 40);
        CHECK(found > 90);
        CHECK(refused > 40);
        CHECK(named > 10);
    }

    TEST_CASE("40 networks: the cheapest by the slowest actor is the cheapest of all, and mostly "
              "what small changes lead to") {
        std::mt19937 random(10);
        std::mt19937 starts(11);
        int networks = 0;
        int found = 0;
        int excluded = 0;
        int paths = 0; // dearer than without the latency
        int reached = 0;
        int optimal = 0;
        const auto check = [&](const passes::PlanRequest& request) {
            Budget budget = budget_of(nullptr, "xc7z020", 1);
            BudgetedPlans plans(request.body, request.functions, budget,
                                {Objective::Kind::latency, 1});
            ChoiceProblem& problem = plans.model().problem();
            double combinations = 1;
            for (std::size_t v = 0; v < problem.variables(); ++v) {
                combinations *= static_cast<double>(problem.domain_size(v));
            }
            if (combinations > 3000 || combinations < 20) {
                return;
            }
            ++networks;
            // These know paths only.
            const FrameFlow flow(request.body, plans.model().stages());
            const auto by_paths = [&](const Choice& choice) {
                return flow.longest(plans.model().paces(choice)).latency;
            };
            struct Known {
                double value;
                std::int64_t latency, cycles;
                double lut;
                Choice choice;
            };
            std::vector<Known> all;
            Choice choice(problem.variables(), 0);
            plans.model().keep_to(any_cycles);
            do {
                if (const auto use = problem.use(choice)) {
                    all.push_back(
                        {std::inner_product(use->begin(), use->end(), budget.weights.begin(), 0.0),
                         by_paths(choice), plans.model().slowest(choice).cycles, (*use)[0],
                         choice});
                }
            } while (
                next_combination(choice, [&](std::size_t v) { return problem.domain_size(v); }));
            for (int trial = 0; trial < 4; ++trial) {
                const Known& drawn = all[random() % all.size()];
                const std::int64_t latency = drawn.latency - (trial == 3 ? 1 : 0);
                const std::int64_t cycles = trial == 2 ? drawn.cycles : any_cycles;
                budget.available[0] = trial == 1 ? drawn.lut : drawn.lut * 10;
                double least = std::numeric_limits<double>::infinity();
                double any = least;
                for (const Known& known : all) {
                    if (known.lut <= budget.available[0] && known.cycles <= cycles) {
                        any = std::min(any, known.value);
                        least = known.latency <= latency ? std::min(least, known.value) : least;
                    }
                }
                CAPTURE(trial);
                CAPTURE(latency);
                const SearchResult result =
                    plans.search_ranges(cycles, latency, 0, {1'000'000'000});
                if (!std::isfinite(least)) {
                    ++excluded;
                    CHECK(result.status == SearchResult::Status::impossible);
                    continue;
                }
                ++found;
                paths += least > any * (1 + 1e-9) ? 1 : 0;
                REQUIRE(result.status == SearchResult::Status::found);
                CHECK(result.proved);
                CHECK(result.value == doctest::Approx(least).epsilon(1e-9));
                CHECK(by_paths(result.choice) <= latency);
                if (trial < 2) {
                    const Known& start = all[starts() % all.size()];
                    std::int64_t work = 100'000'000;
                    const std::vector<SearchResult> descended =
                        plans.descend({start.choice}, latency,
                                      std::numeric_limits<double>::infinity(), work, true);
                    CHECK(work > 0);
                    for (const SearchResult& one : descended) {
                        ++reached;
                        optimal += one.value < least * (1 + 1e-9) ? 1 : 0;
                        const auto use = problem.use(one.choice);
                        REQUIRE(use.has_value());
                        CHECK(one.value ==
                              doctest::Approx(std::inner_product(use->begin(), use->end(),
                                                                 budget.weights.begin(), 0.0)));
                        CHECK(one.value > least * (1 - 1e-9));
                        CHECK((*use)[0] <= budget.available[0]);
                        CHECK(by_paths(one.choice) <= latency);
                        if (start.latency <= latency && start.lut <= budget.available[0]) {
                            CHECK(one.value < start.value * (1 + 1e-9));
                        }
                    }
                }
                // And that nothing is cheaper than that.
                SearchLimits below{1'000'000'000};
                below.below = result.value;
                CHECK(plans.search_ranges(cycles, latency, 0, below).status ==
                      SearchResult::Status::impossible);
            }
        };
        for (std::uint32_t seed = 50000; seed < 52000 && networks < 40; ++seed) {
            CAPTURE(seed);
            tests::with_random_body(seed, ActorLibrary::rtl, check);
        }
        REQUIRE(networks == 40);
        CHECK(found > 120);
        CHECK(excluded > 3);
        CHECK(paths > 40);
        CHECK(reached > 40); // others take too much, or are stuck
        CHECK(optimal > reached * 9 / 10);
    }
}
