// SPDX-License-Identifier: Apache-2.0
//
// The search for the cheapest choice against looking at all of them: chains, branches that join and
// variables that several factors share, with and without budgets, paths, and regions.
#include "planner/budgeted_search.hpp"
#include "planner/region_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace {

using namespace millrace;
using namespace millrace::planner;

constexpr double infinite = std::numeric_limits<double>::infinity();

/// A chain with a few branches: 3 to 9 variables of 1 to 5 values.
ChoiceProblem random_problem(std::mt19937& random) {
    const auto pick = [&](std::size_t least, std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(least, most)(random);
    };
    ChoiceProblem problem;
    const std::size_t variables = pick(3, 9);
    for (std::size_t v = 0; v < variables; ++v) {
        problem.add_variable(pick(1, 5));
    }
    const auto add = [&](std::vector<std::size_t> over) {
        Factor factor;
        std::size_t entries = 1;
        for (const std::size_t variable : over) {
            entries *= problem.domain_size(variable);
        }
        for (std::size_t i = 0; i < entries; ++i) {
            // Some resources for others, as a multiplier is LUTs or a DSP block.
            const auto units = static_cast<double>(pick(0, 40));
            ResourceUse use{};
            use[pick(0, resource_count - 1)] += units;
            use[0] += static_cast<double>(pick(0, 9));
            factor.uses.push_back(use);
            factor.allowed.push_back(pick(0, 9) == 0 ? 0 : 1);
        }
        factor.variables = std::move(over);
        problem.add_factor(std::move(factor));
    };
    for (std::size_t v = 0; v < variables; ++v) {
        add({v});
        if (v > 0) {
            add({v - 1, v});
        }
    }
    if (variables > 3 && pick(0, 1) == 0) {
        add({0, variables - 1, variables / 2});
    }
    add({});
    return problem;
}

double weighted(const Use& use, const Use& weights) {
    double sum = 0;
    for (std::size_t r = 0; r < resource_count; ++r) {
        sum += use[r] * weights[r];
    }
    return sum;
}

bool within(const Use& use, const Use& budgets) {
    for (std::size_t r = 0; r < use_count; ++r) {
        if (use[r] > budgets[r]) {
            return false;
        }
    }
    return true;
}

/// The least of all choices within the budgets that `condition` holds for; infinite when there is
/// none.
double least_of_all(
    const ChoiceProblem& problem, const Use& weights, const Use& budgets,
    const std::function<bool(const Choice&)>& condition = [](const Choice&) { return true; }) {
    Choice choice(problem.variables(), 0);
    double least = infinite;
    while (true) {
        if (const auto use = problem.use(choice);
            use && within(*use, budgets) && condition(choice)) {
            least = std::min(least, weighted(*use, weights));
        }
        std::size_t v = 0;
        while (v < choice.size() && ++choice[v] == problem.domain_size(v)) {
            choice[v++] = 0;
        }
        if (v == choice.size()) {
            return least;
        }
    }
}

/// Paths on which some values of single variables count.
void add_paths(ChoiceProblem& problem, std::size_t count, std::mt19937& random) {
    for (Factor& factor : problem.factors()) {
        if (factor.variables.size() != 1) {
            continue;
        }
        factor.paths.resize(count);
        for (std::vector<double>& path : factor.paths) {
            for (std::size_t i = 0; random() % 3 != 0 && i < factor.uses.size(); ++i) {
                path.push_back(static_cast<double>(random() % 20));
            }
            path.resize(path.empty() ? 0 : factor.uses.size());
        }
    }
}

/// The nodes that regions are for: factors of single variables.
std::vector<std::vector<ResourceUse>> nodes_of(const ChoiceProblem& problem, std::mt19937& random) {
    std::vector<std::vector<ResourceUse>> nodes;
    for (const Factor& factor : problem.factors()) {
        std::vector<ResourceUse>& entries = nodes.emplace_back();
        for (std::size_t i = 0; factor.variables.size() == 1 && i < factor.uses.size(); ++i) {
            entries.push_back(factor.uses[i]);
            entries.back()[0] += static_cast<double>(random() % 3); // not for the sum
        }
    }
    return nodes;
}

/// Whether the nodes of a choice, in their order, go into one region after the other. As many as
/// there is room for in each leave the least for the rest.
bool can_be_cut(const ChoiceProblem& problem, const std::vector<std::vector<ResourceUse>>& nodes,
                const std::vector<Use>& regions, const Choice& choice) {
    std::size_t region = 0;
    Use taken{};
    for (std::size_t f = 0; f < nodes.size(); ++f) {
        if (nodes[f].empty()) {
            continue;
        }
        const ResourceUse& use = nodes[f][problem.entry(problem.factors()[f], choice)];
        const auto has_room = [&] {
            for (std::size_t r = 0; r < resource_count; ++r) {
                if (taken[r] + use[r] > regions[region][r]) {
                    return false;
                }
            }
            return true;
        };
        while (!has_room()) {
            taken = {};
            if (++region == regions.size()) {
                return false;
            }
        }
        for (std::size_t r = 0; r < resource_count; ++r) {
            taken[r] += use[r];
        }
    }
    return true;
}

} // namespace

TEST_SUITE("choice problems") {
    TEST_CASE("elimination finds the least of all choices") {
        std::mt19937 random(1);
        for (int trial = 0; trial < 300; ++trial) {
            CAPTURE(trial);
            const ChoiceProblem problem = random_problem(random);
            Use weights{};
            Use none{};
            none.fill(infinite);
            for (double& weight : weights) {
                weight = std::uniform_real_distribution<double>(0.1, 2)(random);
            }
            const double least = least_of_all(problem, weights, none);
            Elimination elimination(problem);
            const auto found = elimination.cheapest(weights, problem.full_domains());
            REQUIRE(found.has_value() == std::isfinite(least));
            if (found) {
                CHECK(found->value == doctest::Approx(least));
                const auto use = problem.use(found->choice);
                REQUIRE(use);
                CHECK(weighted(*use, weights) == doctest::Approx(least));
            }
        }
    }

    TEST_CASE("within budgets: the optimum, or a proof that there is nothing") {
        std::mt19937 random(2);
        int possible = 0;
        int impossible = 0;
        for (int trial = 0; trial < 600; ++trial) {
            CAPTURE(trial);
            ChoiceProblem problem = random_problem(random);
            const Use weights{1, 0.5, 2, 1, 1.5};
            Use budgets{};
            for (double& budget : budgets) {
                budget = std::uniform_int_distribution<int>(0, 4)(random) == 0
                             ? infinite
                             : std::uniform_int_distribution<int>(10, 150)(random);
            }
            const double least = least_of_all(problem, weights, budgets);
            const SearchResult result = search(problem, weights, budgets);
            if (std::isfinite(least)) {
                ++possible;
                REQUIRE(result.status == SearchResult::Status::found);
                CHECK(result.proved);
                CHECK(result.value == doctest::Approx(least));
                CHECK(result.bound == doctest::Approx(least));
                const auto use = problem.use(result.choice);
                REQUIRE(use);
                CHECK(within(*use, budgets));
                CHECK(weighted(*use, weights) == doctest::Approx(result.value));
            } else {
                ++impossible;
                CHECK(result.status == SearchResult::Status::impossible);
            }
            // Whether anything fits has the same answer.
            const SearchResult first = search(problem, weights, budgets, {4'000'000'000, true});
            CHECK(first.status == result.status);
        }
        CHECK(possible > 100);
        CHECK(impossible > 100);
    }

    TEST_CASE("within the budgets of regions and the limits of paths") {
        std::mt19937 random(4);
        int possible = 0;
        int impossible = 0;
        int limited = 0; // dearer for the limits of paths
        int cut = 0;     // dearer for the regions
        for (int trial = 0; trial < 400; ++trial) {
            CAPTURE(trial);
            ChoiceProblem problem = random_problem(random);
            const std::size_t paths = random() % (path_count + 1);
            add_paths(problem, paths, random);
            const auto nodes = nodes_of(problem, random);
            const Use weights{1, 0.5, 2, 1, 1.5};
            const auto around = [&](int least, int most) {
                return static_cast<double>(std::uniform_int_distribution<int>(least, most)(random));
            };
            Use budgets{};
            budgets.fill(infinite);
            std::fill_n(budgets.begin(), resource_count, around(80, 400));
            const Use without_paths = budgets;
            std::fill_n(budgets.begin() + resource_count, paths, around(20, 60));
            std::vector<Use> regions(2 + random() % (most_regions - 1));
            for (Use& region : regions) {
                std::fill_n(region.begin(), resource_count, around(20, 50));
            }
            const std::vector<Use> reversed(regions.rbegin(), regions.rend());
            const auto fits_regions = [&](const Choice& choice) {
                return can_be_cut(problem, nodes, regions, choice) ||
                       can_be_cut(problem, nodes, reversed, choice);
            };
            const double least = least_of_all(problem, weights, budgets, fits_regions);
            const SearchResult result =
                search_in_regions(problem, nodes, regions, weights, budgets, {});
            if (!std::isfinite(least)) {
                ++impossible;
                CHECK(result.status == SearchResult::Status::impossible);
                continue;
            }
            ++possible;
            limited +=
                least > least_of_all(problem, weights, without_paths, fits_regions) + 1e-6 ? 1 : 0;
            cut += least > least_of_all(problem, weights, budgets) + 1e-6 ? 1 : 0;
            REQUIRE(result.status == SearchResult::Status::found);
            CHECK(result.proved);
            CHECK(result.value == doctest::Approx(least));
            CHECK(result.bound == doctest::Approx(least));
            const auto use = problem.use(result.choice);
            REQUIRE(use);
            CHECK(*use == result.use);
            CHECK(within(*use, budgets));
            CHECK(fits_regions(result.choice));
        }
        CHECK(possible > 130);
        CHECK(impossible > 60);
        CHECK(limited > 20);
        CHECK(cut > 10);
    }

    TEST_CASE("with little work the bound still holds") {
        std::mt19937 random(3);
        for (int trial = 0; trial < 200; ++trial) {
            CAPTURE(trial);
            ChoiceProblem problem = random_problem(random);
            const Use weights{1, 1, 1, 1, 1};
            Use budgets{};
            budgets.fill(60);
            const double least = least_of_all(problem, weights, budgets);
            const SearchResult result = search(problem, weights, budgets, {1, false});
            if (result.status == SearchResult::Status::found) {
                CHECK(result.value >= least - 1e-6);
                CHECK(result.bound <= least + 1e-6);
            } else if (result.status == SearchResult::Status::impossible) {
                CHECK(!std::isfinite(least));
            }
        }
    }
}
