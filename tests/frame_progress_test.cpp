// SPDX-License-Identifier: Apache-2.0
//
// What can be done of a frame before an input comes, what the first results wait for, and what the
// last ones do.
#include "ir/diagnostics.hpp"
#include "planner/frame_progress.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>

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

} // namespace

TEST_SUITE("frame progress") {
    TEST_CASE("a padded window of 3 x 3 over 6 x 5 pixels of two channels") {
        const tests::WindowOf window{1, 8, 7, 2, 3, 3, 1, 1, 1, 1};
        const std::string ones = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
        const std::string text =
            "integer \"w\" {\n  input " + value_text("x", {1, 6, 5, 2}, 0, 7) + "\n  " +
            value_text("p", {1, 8, 7, 2}, 0, 7) +
            " = integer_pad(%x) from \"C\" \"pad\" {begin = [0,1,1,0], end = [0,1,1,0], values = "
            "[0]}\n  " +
            value_text("w", {1, 6, 5, 18}, 0, 7) + " = " + window.columns_of("%p") + "\n  " +
            value_text("c", {1, 6, 5, 1}, 0, 126) +
            " = integer_matmul(%w) from \"C\" \"conv\" {weights = [18,1] scaled [" + ones +
            "] scale [1], weight_scale = [1], groups = 1}\n  output %c\n}\n";
        const Graph body = tests::body_of(text);
        const std::vector<std::int64_t> early = early_elements(body);
        const auto result = [&](const std::string& name) {
            return early[node_of(body, name).outputs[0]];
        };
        CHECK(early[body.inputs[0]] == 0);
        CHECK(result("pad") == 7 * 2 + 2);    // a row and a pixel
        CHECK(result("window") == 3 * 2 + 2); // of the first window
        CHECK(result("conv") == 0);

        // The first window ends in the third row: two rows and three pixels of the padded image,
        // of the image itself one row and two pixels.
        const Node& columns = node_of(body, "window");
        CHECK(needed_elements(body, columns, 0, 18) == (2 * 7 + 3) * 2);
        CHECK(needed_elements(body, columns, 0, 1) == 1);
        CHECK(needed_elements(body, node_of(body, "pad"), 0, (2 * 7 + 3) * 2) == (5 + 2) * 2);
        CHECK(needed_elements(body, node_of(body, "pad"), 0, 16) == 0);
        CHECK(needed_elements(body, node_of(body, "pad"), 0, 17) == 1);

        for (const ValueId value : {body.inputs[0], body.outputs[0], columns.outputs[0]}) {
            CHECK(awaited_to_the_end(body)[value]);
        }
    }

    TEST_CASE("what is cropped at the end is not awaited") {
        const std::string text =
            "integer \"crop\" {\n  input " + value_text("x", {1, 8, 2}, 0, 7) + "\n  " +
            value_text("y", {1, 5, 2}, 0, 7) +
            " = integer_rearrange(%x) from \"S\" \"crop\" {shape = [1,5,2], counts = [5,2], "
            "strides = [2,1], offset = 4}\n  output %y\n}\n";
        const Graph body = tests::body_of(text);
        CHECK(!ends_with_input(body, node_of(body, "crop")));
        CHECK(!awaited_to_the_end(body)[body.inputs[0]]);
        CHECK(awaited_to_the_end(body)[body.outputs[0]]);
        CHECK(needed_elements(body, node_of(body, "crop"), 0, 4) == 8);
    }
}
