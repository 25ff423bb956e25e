// SPDX-License-Identifier: Apache-2.0
//
// Which vectors of a frame wait for which, and the longest paths through them. That no design is
// quicker than these is held against designs by tests/design_model_test.cpp and
// tests/latency_search_test.cpp.
#include "ir/diagnostics.hpp"
#include "planner/frame_flow.hpp"
#include "tests/support/planned_body.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace millrace;
using namespace millrace::planner;
using tests::value_text;

namespace {

const Node& node_of(const Graph& body, const std::string& name) {
    for (const Node& node : body.nodes) {
        if (node.name == name) {
            return node;
        }
    }
    throw Defect("no node of this name");
}

/// A padded window of 3 x 3 over 6 x 5 pixels of two channels, and a product.
Graph convolution() {
    const tests::WindowOf window{1, 8, 7, 2, 3, 3, 1, 1, 1, 1};
    const std::string ones = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
    return tests::body_of(
        "integer \"w\" {\n  input " + value_text("x", {1, 6, 5, 2}, 0, 7) + "\n  " +
        value_text("p", {1, 8, 7, 2}, 0, 7) +
        " = integer_pad(%x) from \"C\" \"pad\" {begin = [0,1,1,0], end = [0,1,1,0], values = "
        "[0]}\n  " +
        value_text("w", {1, 6, 5, 18}, 0, 7) + " = " + window.columns_of("%p") + "\n  " +
        value_text("c", {1, 6, 5, 1}, 0, 126) +
        " = integer_matmul(%w) from \"C\" \"conv\" {weights = [18,1] scaled [" + ones +
        "] scale [1], weight_scale = [1], groups = 1}\n  output %c\n}\n");
}

/// Nothing takes a cycle but the input's words, one for each element, and what is added.
std::vector<Pace> paces_of(const Graph& body, const FrameStages& stages) {
    std::vector<Pace> paces(stages.size());
    const std::int64_t words = stages.vector(body.inputs[0]);
    paces[FrameStages::of(body.inputs[0])] = {words, words - 1, 0};
    return paces;
}

std::int64_t length(const FrameFlow::Path& path, const std::vector<Pace>& paces) {
    std::int64_t sum = 0;
    for (std::size_t stage = 0; stage < paces.size(); ++stage) {
        sum += path.counts[stage] * paces[stage];
    }
    return sum;
}

} // namespace

TEST_SUITE("frame flow") {
    TEST_CASE("what the first elements of a result need") {
        const Graph body = convolution();
        const auto needed = [&](const std::string& name, std::int64_t step) {
            const Node& node = node_of(body, name);
            return needed_elements(body, node, 0, node.outputs[0], step);
        };
        // The first window ends in the third row: two rows and three pixels of the padded image,
        // of the image itself one row and two pixels.
        CHECK(needed("window", 18).front() == (2 * 7 + 3) * 2);
        CHECK(needed("window", 18).back() == 8 * 7 * 2);
        CHECK(needed("window", 1).front() == 1);
        const std::vector<std::int64_t> pixels = needed("pad", 2);
        REQUIRE(pixels.size() == 8 * 7);
        CHECK(pixels[7] == 0); // a row and a pixel
        CHECK(pixels[8] == 2);
        CHECK(pixels[2 * 7 + 2] == (5 + 2) * 2);
        CHECK(pixels.back() == 6 * 5 * 2);
        CHECK(needed("conv", 1) == [] {
            std::vector<std::int64_t> all;
            for (std::int64_t vector = 1; vector <= 30; ++vector) {
                all.push_back(18 * vector);
            }
            return all;
        }());
    }

    TEST_CASE("a frame through a convolution: an end, a slow layer, and the rows before it") {
        const Graph body = convolution();
        const FrameStages stages(body, actor_choices(body));
        const FrameFlow flow(body, stages);
        const ValueId conv = body.outputs[0];
        std::vector<Pace> paces = paces_of(body, stages);
        CHECK(flow.longest(paces).latency == 60); // the input's words
        paces[FrameStages::of(conv)] = {1, 0, 7};
        // The last seven pixels of the padded image are there with the last word: so are the last
        // five windows, of which the product ends one a cycle.
        CHECK(flow.longest(paces).latency == 60 + 7 + 6);
        // From the first window, which ends with the seventh pixel, all 30 vectors.
        paces[FrameStages::of(conv)] = {100, 60, 7};
        const FrameFlow::Path path = flow.longest(paces);
        CHECK(path.latency == 2981); // 14 + 7 + 60 + 29 * 100
        CHECK(path.counts[FrameStages::of(conv)] == Pace{29, 1, 1});
        CHECK(path.counts[FrameStages::of(body.inputs[0])] == Pace{7, 0, 1});
        CHECK(length(path, paces) == path.latency);
        // With nothing slower than it is, through any value the bound is the same or less.
        const FrameFlow::Through through = flow.through(paces);
        CHECK(through.latency(conv, paces[FrameStages::of(conv)]) == path.latency);
        CHECK(through.latency(conv, {200, 60, 7}) == path.latency + 2900);
        CHECK(through.latency(body.inputs[0], {400, 1, 0}) == 12667); // 30 * 400 + 7 + 60 + 6 * 100
    }

    TEST_CASE("what is cropped at the end is not waited for") {
        const Graph body = tests::body_of(
            "integer \"crop\" {\n  input " + value_text("x", {1, 8, 2}, 0, 7) + "\n  " +
            value_text("y", {1, 5, 2}, 0, 7) +
            " = integer_rearrange(%x) from \"S\" \"crop\" {shape = [1,5,2], counts = [5,2], "
            "strides = [2,1], offset = 4}\n  output %y\n}\n");
        const FrameStages stages(body, actor_choices(body));
        const Node& crop = node_of(body, "crop");
        CHECK(needed_elements(body, crop, 0, crop.outputs[0], 4) ==
              std::vector<std::int64_t>{8, 12});
        CHECK(FrameFlow(body, stages).longest(paces_of(body, stages)).latency == 14);
    }

    TEST_CASE("a reader takes all words, also those of which little is made") {
        const tests::WindowOf window{1, 8, 8, 2, 2, 2, 2, 2, 1, 1};
        const Graph body = tests::body_of(
            "integer \"pool\" {\n  input " + value_text("x", {1, 8, 8, 2}, 0, 7) + "\n  " +
            value_text("w", {1, 4, 4, 4, 2}, 0, 7) + " = " + window.blocks("%x") + "\n  " +
            value_text("y", {1, 4, 4, 2}, 0, 7) +
            " = integer_reduce(%w) from \"P\" \"pool\" {reduction = max}\n  output %y\n}\n");
        const FrameStages stages(body, actor_choices(body));
        const FrameFlow flow(body, stages);
        const std::size_t reader = stages.of(ValueReader{0, 0});
        std::vector<Pace> paces(stages.size());
        paces[FrameStages::of(body.inputs[0])] = {1, 0, 0};
        CHECK(flow.longest(paces).latency == 64);
        // 64 pixels in two words each, the first of them there at once.
        paces[reader] = {2, 1, 0};
        FrameFlow::Path path = flow.longest(paces);
        CHECK(path.latency == 128);
        CHECK(path.counts[reader] == Pace{63, 1, 1, 0, 1});
        // Were that first word made of three of them, all would be later by the cycles of two.
        paces[reader].head = 2;
        CHECK(flow.longest(paces).latency == 130);
        CHECK(flow.through(paces).latency(reader, {2, 1, 0, 0, 5}) == 133);
        paces[reader].head = 0;
        // In the last row, the first result needs pixel 58, of which a word comes at 114.
        paces[FrameStages::of(body.outputs[0])] = {8, 7, 0};
        path = flow.longest(paces);
        CHECK(path.latency == 114 + 7 + 3 * 8 + 1);
        CHECK(length(path, paces) == path.latency);
        // A result in one word has no first word before its last: what waits for that, waits.
        const std::size_t output = stages.of(ValueReader{body.nodes.size(), 0});
        paces[reader] = {5, 4, 0};
        paces[FrameStages::of(body.outputs[0])] = {1, 0, 0};
        paces[output] = {10, 9, 0};
        CHECK(flow.longest(paces).latency == 64 * 5 - 4 + 9);
        CHECK(flow.latency(paces) == 64 * 5 + 9);
        paces[output] = {};
        // The last word that comes to a reader leaves in several.
        paces[reader] = {0, 0, 3, 5};
        paces[FrameStages::of(body.outputs[0])] = {};
        CHECK(flow.longest(paces).latency == 64 + 3 + 5);
    }

    TEST_CASE("of a vector that is not needed whole, its first word is waited for") {
        const Graph body = tests::body_of(
            "integer \"split\" {\n  input " + value_text("x", {1, 12}, 0, 7) + "\n  " +
            value_text("p", {1, 6, 2}, 0, 7) +
            " = integer_reshape(%x) from \"R\" \"reshape\" {shape = [1,6,2]}\n  " +
            value_text("y", {1, 6, 1}, 0, 14) +
            " = integer_matmul(%p) from \"M\" \"product\" {weights = [2,1] scaled [1,1] scale "
            "[1], weight_scale = [1], groups = 1}\n  output %y\n}\n");
        const FrameStages stages(body, actor_choices(body));
        const FrameFlow flow(body, stages);
        std::vector<Pace> paces = paces_of(body, stages);
        CHECK(flow.longest(paces).latency == 12);
        // All six products follow the input's first word.
        paces[FrameStages::of(body.outputs[0])] = {100, 0, 7};
        const FrameFlow::Path path = flow.longest(paces);
        CHECK(path.latency == 508); // 1 + 7 + 5 * 100
        CHECK(path.counts[FrameStages::of(body.inputs[0])] == Pace{1, -1, 1});
        CHECK(length(path, paces) == path.latency);
        const FrameFlow::Through through = flow.through(paces);
        CHECK(through.latency(body.inputs[0], {50, 40, 0}) == 10 + 7 + 500);
        CHECK(through.latency(body.outputs[0], {200, 0, 7}) == 1008);
    }

    TEST_CASE(
        "random networks: a path is as long as it says, in other paces no longer than theirs") {
        std::mt19937 random(3);
        int networks = 0;
        for (std::uint32_t seed = 4000; seed < 4060; ++seed) {
            CAPTURE(seed);
            networks += tests::with_random_body(
                seed, ActorLibrary::rtl, [&](const passes::PlanRequest& request) {
                    const FrameStages stages(request.body, actor_choices(request.body));
                    const FrameFlow flow(request.body, stages);
                    const auto some = [&] {
                        std::vector<Pace> paces(stages.size());
                        for (Pace& pace : paces) {
                            pace.spread = static_cast<std::int64_t>(random() % 30);
                            pace.step = pace.spread + static_cast<std::int64_t>(random() % 30);
                            pace.delay = static_cast<std::int64_t>(random() % 40);
                            pace.tail = static_cast<std::int64_t>(random() % 20);
                            pace.head = static_cast<std::int64_t>(random() % 20);
                        }
                        return paces;
                    };
                    const std::vector<Pace> paces = some();
                    const std::vector<Pace> others = some();
                    const FrameFlow::Path path = flow.longest(paces);
                    const FrameFlow::Path other = flow.longest(others);
                    CHECK(length(path, paces) == path.latency);
                    CHECK(length(path, others) <= other.latency);
                    CHECK(length(other, paces) <= path.latency);
                    // The longest path goes through some stage; through all of them, none longer.
                    const FrameFlow::Through through = flow.through(paces);
                    std::int64_t longest = 0;
                    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
                        const std::int64_t own = through.latency(stage, paces[stage]);
                        CHECK(own <= path.latency);
                        longest = std::max(longest, own);
                        // And with another pace there, as long as with it in all.
                        std::vector<Pace> changed = paces;
                        changed[stage] = others[stage];
                        CHECK(flow.longest(changed).latency >=
                              through.latency(stage, others[stage]));
                    }
                    CHECK(longest == path.latency);
                });
        }
        CHECK(networks > 40);
    }
}
