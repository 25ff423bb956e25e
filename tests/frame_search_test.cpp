// SPDX-License-Identifier: Apache-2.0
//
// Designs put together stage by stage against all designs there are, of small random networks, some
// with memory that keeps them waiting: the cheapest for a latency, and each that is cheaper than
// all that are as quick.
#include "planner/board.hpp"
#include "planner/budgeted_plans.hpp"
#include "planner/frame_search.hpp"
#include "tests/support/planned_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::planner;

struct Known {
    double value;
    std::int64_t latency;
    Use use;
};

constexpr double infinite = std::numeric_limits<double>::infinity();

std::vector<Known> all_choices(BudgetedPlans& plans, FrameDetail detail) {
    ChoiceProblem& problem = plans.model().problem();
    const Use& weights = plans.budget().weights;
    std::vector<Known> all;
    Choice choice(problem.variables(), 0);
    plans.model().keep_to(any_cycles);
    do {
        if (const auto use = problem.use(choice)) {
            all.push_back({std::inner_product(use->begin(), use->end(), weights.begin(), 0.0),
                           plans.least_latency(choice, detail), *use});
        }
    } while (next_combination(choice, [&](std::size_t v) { return problem.domain_size(v); }));
    return all;
}

double least_value(const std::vector<Known>& all, const Budget& budget, std::int64_t latency) {
    double least = infinite;
    for (const Known& known : all) {
        if (known.latency <= latency && within(known.use, budget.available)) {
            least = std::min(least, known.value);
        }
    }
    return least;
}

} // namespace

TEST_SUITE("frame search") {
    TEST_CASE("90 networks: the cheapest of all choices for a latency, and for each that is less") {
        constexpr std::int64_t work = 1'000'000'000;
        std::mt19937 random(21);
        int networks = 0;
        int limited = 0; // by a budget, beside the latency
        int several = 0; // latencies with a cheapest choice of their own
        int excluded = 0;
        int left_out = 0;
        int more = 0; // where none excludes others
        std::int64_t all_work = 0;
        std::int64_t none_work = 0;
        std::int64_t few_work = 0;
        int reached = 0; // all the same
        const auto check = [&](const passes::PlanRequest& request) {
            Budget budget = budget_of(nullptr, "xc7z020", 1);
            budget.device.memory_cycles =
                tests::paced_ports(request.body, networks % 2 == 0 ? 0 : networks % 9);
            BudgetedPlans plans(request.body, request.functions, budget,
                                {Objective::Kind::latency, 1});
            double combinations = 1;
            for (std::size_t v = 0; v < plans.model().problem().variables(); ++v) {
                combinations *= static_cast<double>(plans.model().problem().domain_size(v));
            }
            if (combinations > 5000 || combinations < 20) {
                return;
            }
            // Of vectors and of words.
            const FrameDetail detail =
                networks % 3 == 0 ? FrameDetail::vectors : FrameDetail::words;
            ++networks;
            const std::vector<Known> all = all_choices(plans, detail);
            for (int trial = 0; trial < 4; ++trial) {
                CAPTURE(trial);
                const Known& drawn = all[random() % all.size()];
                // Budgets of which one or two count, or none.
                budget.available = Use{};
                budget.available.fill(infinite);
                if (trial > 0) {
                    budget.available[0] = drawn.use[0];
                }
                if (trial > 1) {
                    budget.available[4] = drawn.use[4];
                }
                const std::int64_t latency = drawn.latency + static_cast<int>(random() % 3);
                CAPTURE(latency);
                const double least = least_value(all, budget, latency);
                limited += least > least_value(all, budget_of(nullptr, "xc7z020", 1), latency);
                SearchResult root;
                auto frames = plans.search_frames(latency, root, {detail});
                REQUIRE(frames.has_value());
                REQUIRE(frames->can_search());
                CHECK(root.bound <= least * (1 + 1e-9));
                const FrameSearchResult result = frames->run({work, infinite});
                REQUIRE(result.complete);
                REQUIRE_FALSE(result.found.empty());
                CHECK(result.bound == doctest::Approx(least).epsilon(1e-9));
                CHECK(result.found.front().value == doctest::Approx(least).epsilon(1e-9));
                several += result.found.size() > 1 ? 1 : 0;
                for (std::size_t i = 0; i < result.found.size(); ++i) {
                    const FrameSearchResult::Found& found = result.found[i];
                    const auto use = plans.model().problem().use(found.choice);
                    REQUIRE(use.has_value());
                    CHECK(within(*use, budget.available));
                    CHECK(found.latency == plans.least_latency(found.choice, detail));
                    CHECK(found.latency <= latency);
                    CHECK(found.value == doctest::Approx(least_value(all, budget, found.latency)));
                    const std::int64_t next =
                        i + 1 < result.found.size() ? result.found[i + 1].latency : 0;
                    // Nothing that is quicker than it, but not as quick as the next, is cheaper.
                    const std::int64_t between =
                        next + 1 + static_cast<std::int64_t>(random()) % (found.latency - next);
                    if (between < found.latency) {
                        const double dearer =
                            i + 1 < result.found.size() ? result.found[i + 1].value : infinite;
                        CHECK(least_value(all, budget, between) >= dearer * (1 - 1e-9));
                    }
                }
                // That nothing is cheaper is found with less work.
                const FrameSearchResult none = frames->run({work, least});
                CHECK(none.complete);
                CHECK(none.bound == doctest::Approx(least).epsilon(1e-9));
                CHECK(std::none_of(none.found.begin(), none.found.end(), [&](const auto& found) {
                    return found.value < least * (1 - 1e-9);
                }));
                all_work += result.work;
                none_work += none.work;
                // Of few partial designs what comes out keeps to all limits, too, but may be
                // dearer.
                const FrameSearchResult few = frames->run({work, infinite, 2});
                few_work += few.work;
                left_out += few.complete ? 0 : 1;
                if (few.complete) {
                    CHECK(few.bound == doctest::Approx(least).epsilon(1e-9));
                }
                for (const FrameSearchResult::Found& found : few.found) {
                    CHECK(found.value > least * (1 - 1e-9));
                    CHECK(found.latency == plans.least_latency(found.choice, detail));
                    CHECK(found.latency <= latency);
                    CHECK(within(*plans.model().problem().use(found.choice), budget.available));
                }
                reached += few.found.empty() ? 0 : 1;
                // Where none excludes others, there is one for each that keeps to the limits, with
                // the same latency and no dearer.
                const FrameSearchResult every = frames->run({work, infinite, 0, 1, true});
                REQUIRE(every.complete);
                for (const Known& known : all) {
                    if (known.latency <= latency && within(known.use, budget.available)) {
                        CHECK(std::any_of(every.found.begin(), every.found.end(),
                                          [&](const FrameSearchResult::Found& found) {
                                              return found.latency == known.latency &&
                                                     found.value <= known.value * (1 + 1e-9);
                                          }));
                    }
                }
                more += every.found.size() > result.found.size() ? 1 : 0;
                // And that there is none at all.
                const std::int64_t quickest =
                    std::min_element(all.begin(), all.end(), [](const Known& a, const Known& b) {
                        return a.latency < b.latency;
                    })->latency;
                if (auto late = plans.search_frames(quickest - 1, root, {detail})) {
                    const FrameSearchResult nothing = late->run({work, infinite});
                    CHECK(nothing.complete);
                    CHECK(nothing.found.empty());
                    CHECK(nothing.bound == infinite);
                } else {
                    CHECK(root.status == SearchResult::Status::impossible);
                }
                ++excluded;
            }
        };
        for (std::uint32_t seed = 60000; seed < 63000 && networks < 60; ++seed) {
            CAPTURE(seed);
            tests::with_random_body(seed, ActorLibrary::rtl, check);
        }
        REQUIRE(networks == 60);
        for (std::uint32_t seed = 100; seed < 1000 && networks < 90; ++seed) {
            CAPTURE(seed);
            tests::with_random_mlp(seed, {2, 8 + static_cast<int>(seed % 16), 8, 8},
                                   ActorLibrary::rtl, check);
        }
        REQUIRE(networks == 90);
        CHECK(none_work < all_work);
        CHECK(few_work < all_work);
        CHECK(limited > 20);
        CHECK(several > 60);
        CHECK(excluded == 360);
        CHECK(left_out > 60);
        CHECK(more > 100);
        CHECK(reached > 100);
    }

    TEST_CASE("a search that has no room for its work says nothing") {
        int networks = 0;
        const auto check = [&](const passes::PlanRequest& request) {
            const Budget budget = budget_of(nullptr, "xc7z020", 1);
            BudgetedPlans plans(request.body, request.functions, budget,
                                {Objective::Kind::latency, 1});
            SearchResult root;
            auto frames = plans.search_frames(1'000'000, root);
            if (plans.model().problem().variables() < 3 || networks == 1 || !frames) {
                return;
            }
            ++networks;
            const FrameSearchResult result = frames->run({10, infinite});
            CHECK_FALSE(result.complete);
            CHECK(result.found.empty());
            const auto unbounded = plans.search_frames(std::int64_t{1} << 40, root);
            REQUIRE(unbounded.has_value());
            CHECK_FALSE(unbounded->can_search()); // times are numbers of 32 bits
        };
        for (std::uint32_t seed = 60000; seed < 60100 && networks == 0; ++seed) {
            tests::with_random_body(seed, ActorLibrary::rtl, check);
        }
        CHECK(networks == 1);
    }
}
