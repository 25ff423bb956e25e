// SPDX-License-Identifier: Apache-2.0
//
// millrace inspect and millrace report as processes.
#include "cli/graph_layout.hpp"
#include "cli/project_folder.hpp"
#include "ir/diagnostics.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;
using nlohmann::json;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_SUITE("cli inspect") {
    TEST_CASE("a model that compiles") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        small_mlp().save(model);
        const CommandRun text = millrace_command({"inspect", model});
        CHECK(text.status == 0);
        CHECK(text.err == "");
        for (const char* part : {"fc1", "in hardware", "before the hardware", "2 MatMul", "s4[1,4]",
                                 "x float32 [1,4]", "y float32 [1,3]"}) {
            CAPTURE(part);
            CHECK_MESSAGE(contains(text.out, part), text.out);
        }
        const CommandRun run = millrace_command({"inspect", model, "--json"});
        REQUIRE(run.status == 0);
        const json document = json::parse(run.out);
        CHECK(document.at("ok") == true);
        CHECK(document.at("macs") == 4 * 6 + 6 * 3);
        CHECK(document.at("weight_bits") == (4 * 6 + 6 * 3) * 3);
        CHECK(document.at("inputs").at(0).at("name") == "x");
        CHECK(document.at("outputs").at(0).at("shape") == json::array({1, 3}));
        CHECK(document.at("diagnostics").empty());
        CHECK(std::any_of(
            document.at("operators").begin(), document.at("operators").end(),
            [](const json& op) { return op.at("name") == "MatMul" && op.at("count") == 2; }));
        CHECK(document.at("layers").at(0).at("name") == "fc1");
        CHECK(document.at("layers").at(0).at("weight_bits") == 3);
        // Range of fc1: 4-bit inputs -8..7 with the actual weights.
        CHECK(document.at("layers").at(0).at("output").at("range").is_array());
    }

    TEST_CASE("depthwise, transposed and computed products count, as the model has them") {
        const TemporaryFolder folder;
        const std::string file = (folder.path() / "m.onnx").string();
        const auto inspected = [&](OnnxBuilder& model) {
            model.save(file);
            const CommandRun run = millrace_command({"inspect", file, "--json"});
            REQUIRE_MESSAGE(run.status == 0, run.err);
            return json::parse(run.out);
        };
        const auto start = [](const std::vector<OnnxDim>& shape) {
            OnnxBuilder model(13);
            model.add_opset("qonnx.custom_op.general", 1).add_input("x", shape);
            model.add_scalar("s", 1).add_scalar("z", 0).add_scalar("b", 4);
            model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
            return model;
        };
        const auto end = [](OnnxBuilder& model, const std::string& value) {
            model.add_node("Quant", {value, "s", "z", "b"}, {"y"})
                .domain("qonnx.custom_op.general");
            model.add_output("y");
        };
        std::vector<double> weights;
        for (int i = 0; i < 36; ++i) {
            weights.push_back(i % 5 - 2.0);
        }
        OnnxBuilder depthwise = start({1, 4, 6, 6});
        depthwise.add_init("w", {4, 1, 3, 3}, weights);
        depthwise.add_node("Conv", {"q", "w"}, {"c"}).attr("group", 4);
        end(depthwise, "c");
        json document = inspected(depthwise);
        CHECK(document.at("macs") == 4 * 4 * 4 * 9);
        CHECK(document.at("weight_bits") == 36 * 3);

        // 5 x 5 pixels, each times 2 x 2 outputs of 3 x 3 weights; the phases hold 16 taps.
        OnnxBuilder transposed = start({1, 2, 5, 5});
        transposed.add_init("w", {2, 2, 3, 3}, weights);
        transposed.add_node("ConvTranspose", {"q", "w"}, {"c"})
            .name("up")
            .attr("strides", std::vector<std::int64_t>{2, 2});
        end(transposed, "c");
        document = inspected(transposed);
        CHECK(document.at("macs") == 2 * 25 * 2 * 9);
        CHECK(document.at("weight_bits") == 36 * 3);

        OnnxBuilder product = start({1, 5, 6});
        product.add_node("Transpose", {"q"}, {"t"})
            .attr("perm", std::vector<std::int64_t>{0, 2, 1});
        product.add_node("MatMul", {"q", "t"}, {"c"});
        end(product, "c");
        CHECK(inspected(product).at("macs") == 5 * 6 * 5);
    }

    TEST_CASE("a model that cannot be compiled is still shown") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        float_mlp().save(model);
        const CommandRun run = millrace_command({"inspect", model, "--json"});
        CHECK(run.status == 1);
        const json document = json::parse(run.out);
        CHECK(document.at("ok") == false);
        CHECK(document.at("operators").at(0).at("name") == "MatMul");
        CHECK(document.at("macs") == 24);
        CHECK_FALSE(document.at("diagnostics").empty());
        const CommandRun text = millrace_command({"inspect", model});
        CHECK(text.status == 1);
        CHECK(contains(text.out, "1 MatMul"));
        CHECK(contains(text.err, "error[MR2"));
    }

    TEST_CASE("operators are listed even where the import fails") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        OnnxBuilder unsupported(13);
        unsupported.add_input("x", {1, 4});
        unsupported.add_node("LSTM", {"x"}, {"a"});
        unsupported.add_output("a");
        unsupported.save(model);
        const CommandRun run = millrace_command({"inspect", model, "--json"});
        CHECK(run.status == 1);
        CHECK(json::parse(run.out).at("operators").at(0).at("name") == "LSTM");
    }
}

TEST_SUITE("cli report") {
    TEST_CASE("one page that needs nothing else") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m<b>.onnx").string();
        const std::string project = (folder.path() / "p").string();
        small_mlp("\"<script>&'").save(model);
        REQUIRE(millrace_command({"compile", model, "-o", project}).status == 0);
        std::ofstream(project + "/results.json")
            << R"({"samples": 40, "top1": 0.75, "engine": "<i>"})";
        const CommandRun run = millrace_command({"report", project});
        CHECK_MESSAGE(run.status == 0, run.err);
        CHECK(contains(run.out, "report.html"));
        const std::string page = file_text(project + "/report.html");
        for (const char* part : {"<!DOCTYPE html>", "<svg", "75.00 %", "m&lt;b&gt;.onnx", "fc1",
                                 "prefers-color-scheme: dark", "@media print",
                                 "class=\"scroll\" tabindex=\"0\"", "overflow-x: auto"}) {
            CAPTURE(part);
            CHECK(contains(page, part));
        }
        CHECK_FALSE(contains(page, "<script"));
        CHECK_FALSE(contains(page, "<i>"));
        CHECK_FALSE(std::regex_search(
            page, std::regex("(href|src|url)\\s*[=(]\\s*[\"']?(https?:|//|[a-z]+\\.)")));
        // Opened tags are closed.
        for (const char* tag : {"div", "table", "tr", "td", "section", "svg", "g", "text"}) {
            CAPTURE(tag);
            const auto count = [&](const std::string& pattern) {
                const std::regex regex(pattern);
                return std::distance(std::sregex_iterator(page.begin(), page.end(), regex),
                                     std::sregex_iterator());
            };
            CHECK(count("<" + std::string(tag) + "[ >]") == count("</" + std::string(tag) + ">"));
        }
        const CommandRun elsewhere = millrace_command(
            {"report", project, "-o", (folder.path() / "page.html").string(), "--json"});
        CHECK(elsewhere.status == 0);
        CHECK(json::parse(elsewhere.out).at("report") == (folder.path() / "page.html").string());
        CHECK(file_text(folder.path() / "page.html") == page);
    }

    TEST_CASE("resources are compared with those of the board") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        const std::string project = (folder.path() / "p").string();
        small_mlp("fc").save(model);
        REQUIRE(millrace_command({"compile", model, "-o", project, "--board", "pynq-z2"}).status ==
                0);
        const CommandRun run = millrace_command({"report", project});
        CHECK(run.status == 0);
        CHECK(contains(run.out, "LUT, "));
        CHECK(contains(run.out, "(estimated)"));
        CHECK(contains(run.out, "of what shell and caps leave of TUL PYNQ-Z2"));
        const std::string page = file_text(project + "/report.html");
        CHECK(contains(page, "<h2>Resources</h2>"));
        CHECK(contains(page, "<td class=\"number\">37,240</td>")); // 70 % of 53,200 LUT
        CHECK(contains(page, "<td class=\"use\"><div"));

        const std::string other = (folder.path() / "q").string();
        REQUIRE(millrace_command({"compile", model, "-o", other}).status == 0);
        const CommandRun alone = millrace_command({"report", other});
        CHECK(contains(alone.out, "(estimated)"));
        CHECK_FALSE(contains(alone.out, "utilisation"));
        CHECK_FALSE(contains(file_text(other + "/report.html"), "<td class=\"use\"><div"));
    }

    TEST_CASE("where the depth of a FIFO comes from") {
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        const std::string project = (folder.path() / "p").string();
        // Around a convolution, words wait for it.
        OnnxBuilder residual(13);
        residual.add_opset("qonnx.custom_op.general", 1).add_input("x", {1, 2, 6, 6});
        residual.add_scalar("s", 1).add_scalar("z", 0).add_scalar("b", 4);
        residual.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        residual.add_init("w", {2, 2, 3, 3}, std::vector<double>(36, 1));
        residual.add_node("Conv", {"q", "w"}, {"c"})
            .attr("pads", std::vector<std::int64_t>{1, 1, 1, 1});
        residual.add_node("Add", {"c", "q"}, {"a"});
        residual.add_node("Quant", {"a", "s", "z", "b"}, {"y"}).domain("qonnx.custom_op.general");
        residual.add_output("y");
        residual.save(model);
        REQUIRE(millrace_command({"compile", model, "-o", project}).status == 0);
        REQUIRE(millrace_command({"report", project}).status == 0);
        std::string page = file_text(project + "/report.html");
        CHECK(contains(page, "<td>schedule</td><td>LUT</td>"));
        CHECK(contains(page, "<td>default</td>"));
        CHECK_FALSE(contains(page, "<td>plan</td>"));
        std::ofstream(folder.path() / "plan.toml")
            << "[fifo]\ndefault_depth = 4\nc_fifo = { depth = 9, memory = \"bram\" }\n";
        const std::string other = (folder.path() / "q").string();
        const CommandRun planned = millrace_command(
            {"compile", model, "-o", other, "--plan", (folder.path() / "plan.toml").string()});
        REQUIRE_MESSAGE(planned.status == 0, planned.err);
        REQUIRE(millrace_command({"report", other}).status == 0);
        page = file_text(other + "/report.html");
        CHECK(contains(page, "<td>plan</td><td>BRAM</td>"));
        CHECK(contains(page, "<td>plan&apos;s default depth</td>"));
    }

    TEST_CASE("what cannot be reported on") {
        const TemporaryFolder folder;
        CHECK(millrace_command({"report", folder.path().string()}).status == 1);
        CHECK(millrace_command({"report", "/nonexistent"}).status == 1);
        CHECK(millrace_command({"report"}).status == 2);
    }
}

TEST_SUITE("graph layout") {
    using millrace::cli::lay_out;

    TEST_CASE("a chain is a straight line") {
        const auto layout = lay_out(3, {{0, 1}, {1, 2}});
        CHECK(layout.layers == 3);
        CHECK(layout.width == 0);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(layout.nodes[i].x == 0);
            CHECK(layout.nodes[i].y == doctest::Approx(static_cast<double>(i)));
        }
    }

    TEST_CASE("an edge past other nodes keeps clear of them") {
        const auto layout = lay_out(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}});
        CHECK(layout.layers == 4);
        REQUIRE(layout.edges[3].size() == 4);
        for (const std::size_t between : {std::size_t{1}, std::size_t{2}}) {
            CHECK(layout.edges[3][between].y == layout.nodes[between].y);
            CHECK(std::abs(layout.edges[3][between].x - layout.nodes[between].x) >= 1);
        }
    }

    TEST_CASE("branches stand side by side") {
        const auto layout = lay_out(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
        CHECK(layout.width == 1);
        CHECK(layout.nodes[1].y == layout.nodes[2].y);
        CHECK(layout.nodes[1].x != layout.nodes[2].x);
        CHECK(lay_out(0, {}).layers == 0);
        CHECK_THROWS_AS(lay_out(2, {{1, 0}}), millrace::Defect);
    }
}
