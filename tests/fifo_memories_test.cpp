// SPDX-License-Identifier: Apache-2.0
//
// FIFOs that are moved between LUTs, block RAM and UltraRAM where one of them does not suffice:
// against all combinations, and in plans for boards that are short of something.
#include "passes/lower_to_dataflow.hpp"
#include "planner/fifo_memories.hpp"
#include "planner/folding.hpp"
#include "planner/solver.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

using namespace millrace;
using namespace millrace::planner;

namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();
constexpr std::array styles{ops::MemoryStyle::lut, ops::MemoryStyle::bram, ops::MemoryStyle::uram};

Use use_of_all(const std::vector<SizedFifo>& fifos) {
    Use sum{};
    for (const SizedFifo& one : fifos) {
        const Use use = use_of(fifo_cost(one.fifo, one.bits, Family::xcup));
        for (std::size_t r = 0; r < resource_count; ++r) {
            sum[r] += use[r];
        }
    }
    return sum;
}

/// Whether any combination of memories fits.
bool can_fit(std::vector<SizedFifo> fifos, const Use& available) {
    std::vector<std::size_t> digits(fifos.size(), 0);
    do {
        for (std::size_t i = 0; i < fifos.size(); ++i) {
            fifos[i].fifo.memory = styles.at(digits[i]);
        }
        if (within(use_of_all(fifos), available)) {
            return true;
        }
    } while (next_combination(digits, [](std::size_t) { return styles.size(); }));
    return false;
}

/// A window of a whole image beside a short way: one FIFO waits for rows of it.
Graph residual_body() {
    const tests::WindowOf window{1, 50, 50, 1, 3, 3, 1, 1, 1, 1};
    const std::string text =
        "integer \"residual\" {\n  input " + tests::value_text("x", {1, 48, 48, 1}, 0, 255) +
        "\n  " + tests::value_text("p", {1, 50, 50, 1}, 0, 255) +
        " = integer_pad(%x) from \"C\" \"pad\" {begin = [0,1,1,0], end = [0,1,1,0], values = "
        "[0]}\n  " +
        tests::value_text("w", {1, 48, 48, 9}, 0, 255) + " = " + window.columns_of("%p") + "\n  " +
        tests::value_text("c", {1, 48, 48, 1}, 0, 2295) +
        " = integer_matmul(%w) from \"C\" \"conv\" {weights = [9,1] scaled [1,1,1,1,1,1,1,1,1] "
        "scale [1], weight_scale = [1], groups = 1}\n  " +
        tests::value_text("y", {1, 48, 48, 1}, 0, 2550) +
        " = integer_add(%c, %x) from \"A\" \"join\" {multiplier_a = [1], multiplier_b = [1], "
        "grid = scale [1] zero_point [0]}\n  output %y\n}\n";
    Graph body = tests::body_of(text);
    body.library = ActorLibrary::rtl;
    return body;
}

} // namespace

TEST_SUITE("FIFO memories") {
    TEST_CASE("moves keep to what there is, and none is needless") {
        std::mt19937 random(7);
        const auto some = [&](std::int64_t low, std::int64_t high) {
            return std::uniform_int_distribution<std::int64_t>(low, high)(random);
        };
        int fitted = 0;
        int missed = 0;
        int left_alone = 0;
        for (int trial = 0; trial < 400; ++trial) {
            CAPTURE(trial);
            std::vector<SizedFifo> fifos(static_cast<std::size_t>(some(1, 6)));
            for (SizedFifo& one : fifos) {
                one.bits = some(1, 200);
                one.fifo.depth = std::int64_t{1} << some(1, 12);
            }
            const std::vector<SizedFifo> before = fifos;
            Use use = use_of_all(fifos);
            Use available{no_limit, no_limit, 0, 0, 0, no_limit, no_limit};
            available[0] = static_cast<double>(some(0, static_cast<std::int64_t>(use[0]) + 200));
            available[2] = static_cast<double>(some(0, static_cast<std::int64_t>(use[2]) + 20));
            available[3] = static_cast<double>(some(0, 2));
            const bool fits_already = within(use, available);
            const bool possible = can_fit(fifos, available);
            move_fifos(fifos, Family::xcup, available, use);

            const Use counted = use_of_all(fifos);
            for (std::size_t r = 0; r < resource_count; ++r) {
                CHECK(use[r] == doctest::Approx(counted[r]));
            }
            const bool fits_now = within(use, available);
            CHECK(fits_now <= possible);
            fitted += fits_now && !fits_already ? 1 : 0;
            missed += possible && !fits_now ? 1 : 0;
            for (std::size_t i = 0; i < fifos.size(); ++i) {
                CHECK(fifos[i].moved == (fifos[i].fifo.memory != before[i].fifo.memory));
                CHECK((!fifos[i].moved || !fits_already));
                if (fifos[i].moved && fits_now) {
                    std::vector<SizedFifo> without = fifos;
                    without[i].fifo.memory = before[i].fifo.memory;
                    CHECK(!within(use_of_all(without), available));
                }
            }
            left_alone += fits_already ? 1 : 0;
        }
        CHECK(fitted > 50);
        CHECK(left_alone > 20);
        CHECK(missed < fitted / 10); // it is a greedy choice
    }

    TEST_CASE("a plan that lacks LUTs or block RAM gets its FIFOs elsewhere") {
        const Graph body = residual_body();
        const ProvedFunctions functions = prove_functions(body);
        std::optional<passes::LoweredBody> design;
        Diagnostics diagnostics;
        const TryPlan try_plan = [&](const Plan& plan) -> std::optional<Trial> {
            design = passes::lower_to_dataflow(body, plan, functions, diagnostics);
            return design ? std::optional(trial_of(design->dataflow, Family::xc7)) : std::nullopt;
        };
        Budget budget = budget_of(nullptr, "xc7z020", 1);
        const Objective objective{Objective::Kind::cycles, 25000};
        const auto solve_it = [&] {
            return solve(body, functions, budget, objective, try_plan, diagnostics);
        };
        const auto free = solve_it();
        REQUIRE(free);
        CHECK(free->plan.fifos.empty());
        const auto longest =
            std::max_element(free->trial.fifos.begin(), free->trial.fifos.end(),
                             [](const SizedFifo& a, const SizedFifo& b) {
                                 return a.bits * a.fifo.depth < b.bits * b.fifo.depth;
                             });
        const Cost in_luts = fifo_cost(longest->fifo, longest->bits, Family::xc7);
        REQUIRE(in_luts.bram18 == 0);
        REQUIRE(in_luts.lut_memory > 8);

        // Each of its resources as it is, but for the LUTs of this FIFO.
        budget.available = free->trial.use;
        std::fill(budget.available.begin() + resource_count, budget.available.end(), no_limit);
        budget.available[0] -= in_luts.lut_memory / 2;
        budget.available[1] += 20; // flip-flops of addresses
        budget.available[2] += 1;
        const auto moved = solve_it();
        CAPTURE(diagnostics.all().size());
        REQUIRE(moved);
        CHECK(fits(moved->trial.use, budget));
        REQUIRE(moved->plan.fifos.contains(longest->name));
        CHECK(moved->plan.fifos.at(longest->name).memory == ops::MemoryStyle::bram);
        CHECK(!moved->plan.fifos.at(longest->name).depth);

        // And back: a plan for this board, of which the FIFO's block RAM is taken away.
        const auto again = try_plan(moved->plan);
        REQUIRE(again);
        std::vector<SizedFifo> fifos = again->fifos;
        Use use = again->use;
        Use available = use;
        available[0] = no_limit;
        available[1] = no_limit;
        available[2] -= 1;
        move_fifos(fifos, Family::xc7, available, use);
        CHECK(within(use, available));
        for (const SizedFifo& one : fifos) {
            CHECK(one.moved == (one.name == longest->name));
        }
    }

    TEST_CASE("a FIFO in block RAM sends a word a cycle later than one in LUTs") {
        const Graph body = residual_body();
        Plan plan = fold_for_cycles(body, 25000);
        Diagnostics diagnostics;
        const auto in_luts = passes::lower_to_dataflow(body, plan, diagnostics);
        REQUIRE(in_luts);
        const std::int64_t latency = predict_cycles(in_luts->dataflow).latency;
        std::int64_t on_the_way = 0;
        for (const SizedFifo& one : sized_fifos(in_luts->dataflow)) {
            for (const ops::MemoryStyle style : styles) {
                plan.fifos = {{one.name, {std::nullopt, style}}};
                const auto design = passes::lower_to_dataflow(body, plan, diagnostics);
                REQUIRE(design);
                const std::int64_t later = predict_cycles(design->dataflow).latency - latency;
                CAPTURE(one.name);
                CAPTURE(later);
                CHECK((later == 0 || (later == 1 && style != ops::MemoryStyle::lut)));
                on_the_way += later;
            }
        }
        CHECK(on_the_way > 4);
    }
}
