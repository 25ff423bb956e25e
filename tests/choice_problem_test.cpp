// SPDX-License-Identifier: Apache-2.0
//
// The search for the cheapest choice against looking at all of them: chains, branches that join and
// variables that several factors share, with and without budgets.
#include "planner/budgeted_search.hpp"

#include <doctest/doctest.h>

#include <cmath>
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
    for (std::size_t r = 0; r < resource_count; ++r) {
        if (use[r] > budgets[r]) {
            return false;
        }
    }
    return true;
}

/// The least of all choices within the budgets; infinite when there is none.
double least_of_all(const ChoiceProblem& problem, const Use& weights, const Use& budgets) {
    Choice choice(problem.variables(), 0);
    double least = infinite;
    while (true) {
        if (const auto use = problem.use(choice); use && within(*use, budgets)) {
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
