// SPDX-License-Identifier: Apache-2.0
//
// Memory that is slower than the movers: when it moves words, and what that makes of interval and
// latency. (random_network_test compares them with the RTL simulation.)
#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "ir/token_simulation.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/folding.hpp"
#include "tests/support/small_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// x u8 [1,12] -> ... -> the index of the largest of 6: two memory words in, one out; an element a
/// cycle.
Graph small_flow() {
    Graph body = small_body();
    body.library = ActorLibrary::rtl;
    Diagnostics diagnostics;
    auto lowered = passes::lower_to_dataflow(body, planner::default_plan(body), diagnostics);
    REQUIRE(lowered.has_value());
    return std::move(lowered->dataflow);
}

const Node& mover(const Graph& flow, bool reads) {
    for (const Node& node : flow.nodes) {
        if (reads ? std::holds_alternative<ops::MemoryToStream>(node.op)
                  : std::holds_alternative<ops::StreamToMemory>(node.op)) {
            return node;
        }
    }
    throw Defect("a design without movers");
}

} // namespace

TEST_SUITE("memory pace") {
    TEST_CASE("slots: as many as words, evenly") {
        for (const auto& [words, cycles] :
             std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {1, 7}, {3, 7}, {7, 9}}) {
            CAPTURE(words);
            CAPTURE(cycles);
            const MemoryPace pace{words, cycles};
            std::vector<bool> slot(static_cast<std::size_t>(3 * cycles));
            for (std::int64_t c = 0; c < 3 * cycles; ++c) {
                // A cycle after which more words may have been moved than before it.
                slot[static_cast<std::size_t>(c)] =
                    c == 0 || c * words / cycles > (c - 1) * words / cycles;
            }
            for (std::int64_t c = 0; c < 2 * cycles; ++c) {
                std::int64_t next = c;
                while (!slot[static_cast<std::size_t>(next)]) {
                    ++next;
                }
                CHECK(pace.next(c) == next);
            }
            CHECK(std::count(slot.begin(), slot.begin() + cycles, true) == words);
        }
    }

    TEST_CASE("memory as quick as the movers changes nothing") {
        Graph flow = small_flow();
        const CyclePrediction ideal = predict_cycles(flow);
        set_memory_cycles(flow, {2, 1});
        CHECK(memory_cycles(mover(flow, true)) == 0);
        CHECK(memory_cycles(mover(flow, false)) == 0);
        CHECK(predict_cycles(flow).latency == ideal.latency);
        CHECK(simulate_on_board(flow, 5).frame_ends == simulate_tokens(flow, 5).frame_ends);
        CHECK_THROWS_AS(set_memory_cycles(flow, {2}), Defect);
    }

    TEST_CASE("slow inputs: frames follow each other at their pace, and take longer") {
        Graph flow = small_flow();
        const CyclePrediction ideal = predict_cycles(flow);
        REQUIRE(memory_words(flow, mover(flow, true)) == 2);
        REQUIRE(ideal.interval < 400);
        set_memory_cycles(flow, {400, 0});
        const CyclePrediction slow = predict_cycles(flow, ideal);
        CHECK(slow.interval == 400);
        // The second word, with element 8, comes 200 cycles behind the first, not 8.
        CHECK(slow.latency == ideal.latency + 192);
        CHECK(slow.bottleneck == ideal.bottleneck);
        const TokenSimulation frames = simulate_on_board(flow, 9);
        CHECK(frames.deadlocked.empty());
        for (std::size_t f = 1; f < 9; ++f) {
            CHECK(frames.frame_ends[f] - frames.frame_ends[f - 1] == 400);
        }
        // Slower than words but quicker than the design: only the latency.
        set_memory_cycles(flow, {40, 0});
        CHECK(predict_cycles(flow, ideal).interval == ideal.interval);
        CHECK(predict_cycles(flow, ideal).latency == ideal.latency + 20 - 8);
    }

    TEST_CASE("slow outputs: frames are as quick until the mover's buffer is full") {
        Graph flow = small_flow();
        const CyclePrediction ideal = predict_cycles(flow);
        set_memory_cycles(flow, {0, 1000});
        const CyclePrediction slow = predict_cycles(flow, ideal);
        CHECK(slow.interval == 1000);
        CHECK(slow.latency == ideal.latency);
        const std::int64_t buffer = 2 * burst_settings(64).length;
        const TokenSimulation frames = simulate_on_board(flow, 2 * buffer);
        const auto distance = [&](std::size_t frame) {
            return frames.frame_ends[frame] - frames.frame_ends[frame - 1];
        };
        CHECK(distance(static_cast<std::size_t>(buffer) - 2) == ideal.interval);
        CHECK(distance(static_cast<std::size_t>(2 * buffer) - 1) == 1000);
    }
}
