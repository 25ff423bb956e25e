// SPDX-License-Identifier: Apache-2.0
//
// Lists of indices that do not ascend evenly become a few even pieces in hardware, joined: every
// mode of Resize by integer factors, and any short gather. All levels agree, element for element.
#include "cli/random_samples.hpp"
#include "frontend/import.hpp"
#include "ir/engine.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "tests/support/onnx_builder.hpp"

#include <doctest/doctest.h>
#include <numeric>

#include <string>

using namespace millrace;
using namespace millrace::tests;

namespace {

constexpr std::int64_t samples = 3;

struct Outcome {
    bool ok = false;
    std::string text; ///< diagnostics, or what differs
    passes::Compilation compilation;
};

/// `add` puts nodes between the tensors q and m.
template <class Add> Outcome check(const Shape& shape, std::int64_t cycles, Add&& add) {
    OnnxBuilder model(13);
    std::vector<OnnxDim> dims(shape.begin(), shape.end());
    model.add_opset("qonnx.custom_op.general", 1).add_input("x", dims);
    model.add_scalar("s", 0.5).add_scalar("z", 0).add_scalar("b", 4);
    model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
    add(model);
    model.add_node("Relu", {"m"}, {"r"});
    model.add_node("Quant", {"r", "s", "z", "b"}, {"y"}).domain("qonnx.custom_op.general");
    model.add_output("y");
    Diagnostics diagnostics;
    Outcome outcome;
    auto imported = frontend::import_onnx_bytes(model.bytes(), "m.onnx", {}, diagnostics);
    passes::Compilation& c = outcome.compilation;
    if (imported) {
        c.network = std::move(imported->graph);
        c.make_plan = [&](const passes::PlanRequest& request, Diagnostics&) {
            return planner::fold_for_cycles(request.body, cycles);
        };
        outcome.ok = passes::run_passes(c, diagnostics);
    }
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        outcome.text += format(diagnostic) + "\n";
    }
    if (!outcome.ok) {
        return outcome;
    }
    const std::vector<HostArray> x = cli::random_samples(c.network, samples, 1).arrays;
    const auto expected = make_network_engine(c.network)->run(x, samples, 1);
    const auto integer = make_reference_engine(c.program)->run(x, samples, 1);
    const auto dataflow = make_dataflow_engine(c.program, c.dataflow)->run(x, samples, 1);
    outcome.ok =
        expected.at(0).data == integer.at(0).data && expected.at(0).data == dataflow.at(0).data;
    outcome.text += outcome.ok ? "" : "the levels differ";
    return outcome;
}

} // namespace

TEST_SUITE("uneven gather") {
    TEST_CASE("Resize by integer factors, in all modes") {
        for (const char* coordinates : {"half_pixel", "pytorch_half_pixel", "asymmetric",
                                        "align_corners", "half_pixel_symmetric"}) {
            for (const char* nearest :
                 {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
                for (const auto& [height, width] :
                     {std::pair{2, 3}, std::pair{1, 2}, std::pair{4, 1}}) {
                    CAPTURE(coordinates);
                    CAPTURE(nearest);
                    CAPTURE(height);
                    CAPTURE(width);
                    const Outcome outcome =
                        check({1, 2, 5, 4}, height == 2 ? 40 : 1000, [&](OnnxBuilder& model) {
                            model.add_init(
                                "f", {4},
                                {1, 1, static_cast<double>(height), static_cast<double>(width)});
                            model.add_node("Resize", {"q", "", "f"}, {"m"})
                                .attr("mode", "nearest")
                                .attr("coordinate_transformation_mode", coordinates)
                                .attr("nearest_mode", nearest);
                        });
                    CHECK_MESSAGE(outcome.ok, outcome.text);
                    const Graph& tail = outcome.compilation.program.tail;
                    for (const Node& node : tail.nodes) {
                        CHECK_FALSE(std::holds_alternative<ops::Gather>(node.op));
                    }
                }
            }
        }
    }

    TEST_CASE("any short list of indices along any axis") {
        for (const int axis : {1, 2, 3}) {
            for (const auto& indices : std::vector<std::vector<std::int64_t>>{
                     {0, 0, 0, 1, 1, 2, 3, 3, 1}, {3, 2, 1, 0}, {0, 3, 0}, {1, -1, 0, 2}}) {
                CAPTURE(axis);
                const Outcome outcome = check({1, 4, 5, 6}, 200, [&](OnnxBuilder& model) {
                    model.add_ints("i", indices);
                    model.add_node("Gather", {"q", "i"}, {"m"}).attr("axis", axis);
                });
                CHECK_MESSAGE(outcome.ok, outcome.text);
            }
        }
    }

    TEST_CASE("a list of too many pieces is refused") {
        std::vector<std::int64_t> backwards(70);
        std::iota(backwards.rbegin(), backwards.rend(), 0);
        const Outcome outcome = check({1, 70}, 200, [&](OnnxBuilder& model) {
            model.add_ints("i", backwards);
            model.add_node("Gather", {"q", "i"}, {"m"}).attr("axis", 1);
        });
        CHECK_FALSE(outcome.ok);
        CHECK_MESSAGE(outcome.text.find("MR207") != std::string::npos, outcome.text);
        CHECK(outcome.text.find("70 runs") != std::string::npos);
    }
}
