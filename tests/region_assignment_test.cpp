// SPDX-License-Identifier: Apache-2.0
//
// Actors on the regions of a large device: as few regions as hold them, cut where the fewest wires
// cross, never more than a region has.
#include "ir/cost.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/folding.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"
#include "tests/support/small_body.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <string>

using namespace millrace;
using namespace millrace::planner;

namespace {

Graph small_design() {
    const Graph body = tests::small_body();
    Diagnostics diagnostics;
    auto lowered = passes::lower_to_dataflow(body, default_plan(body), diagnostics);
    REQUIRE(lowered);
    return std::move(lowered->dataflow);
}

Board board_of(std::int64_t lut, std::size_t regions) {
    Board board;
    board.part = "xcu250-figd2104-2L-e";
    for (std::size_t i = 0; i < regions; ++i) {
        board.regions.push_back(
            {"SLR" + std::to_string(i), Resources{lut, 1'000'000, 500, 100, 2'000}});
    }
    return board;
}

} // namespace

TEST_SUITE("region assignment") {
    TEST_CASE("what fits one region stays in one") {
        const auto assignment = assign_regions(small_design(), board_of(1'000'000, 4));
        REQUIRE(assignment);
        REQUIRE(assignment->parts.size() == 1);
        CHECK(assignment->parts[0].crossing == 0);
        CHECK(assignment->parts[0].share < 1);
    }

    TEST_CASE("smaller regions: pieces that fit, all nodes once, in the order of neighbours") {
        const Graph design = small_design();
        const Cost whole = design_cost(design, Family::xcup);
        double largest = 0;
        for (const Node& node : design.nodes) {
            largest = std::max(largest, node_cost(design, node, Family::xcup).lut);
        }
        bool several = false;
        for (const double part : {0.7, 0.5, 0.4}) {
            CAPTURE(part);
            const auto lut = static_cast<std::int64_t>(std::max(part * whole.lut, largest + 700));
            const Board board = board_of(lut, 4);
            const auto assignment = assign_regions(design, board);
            REQUIRE(assignment);
            several = several || assignment->parts.size() > 1;
            Use sum{};
            for (std::size_t i = 0; i < assignment->parts.size(); ++i) {
                const RegionAssignment::Part& piece = assignment->parts[i];
                CHECK(piece.use[0] <= static_cast<double>(lut));
                CHECK((piece.crossing > 0) == (i + 1 < assignment->parts.size()));
                CHECK(piece.crossing <= most_crossing_wires);
                if (i > 0) {
                    const auto before = static_cast<std::int64_t>(assignment->parts[i - 1].region);
                    CHECK(std::abs(before - static_cast<std::int64_t>(piece.region)) == 1);
                }
                sum[0] += piece.use[0];
            }
            CHECK(sum[0] == doctest::Approx(whole.lut));
            CHECK(assignment->region_of.size() == design.nodes.size());
        }
        CHECK(several);
    }

    TEST_CASE("regions that are too small, or too few, have no assignment") {
        const Graph design = small_design();
        CHECK(!assign_regions(design, board_of(50, 4)));
        const Cost whole = design_cost(design, Family::xcup);
        CHECK(!assign_regions(design, board_of(static_cast<std::int64_t>(0.6 * whole.lut), 1)));
    }
}
