// SPDX-License-Identifier: Apache-2.0
//
// millrace verify as a process, and its parts: samples, comparison, explanation.
#include "cli/comparison.hpp"
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "cli/random_samples.hpp"
#include "frontend/import.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;
using nlohmann::json;

struct Workplace {
    TemporaryFolder folder;
    Workplace() { small_mlp().save(path("m.onnx")); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder.path() / name).string();
    }
    void save(const std::string& name, const HostArray& array) const {
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(array, path(name), diagnostics));
    }
    /// Runs verify on x.npy against y.npy.
    [[nodiscard]] CommandRun expect() const {
        return millrace_command({"verify", path("m.onnx"), "--input", path("x.npy"), "--expect",
                                 path("y.npy"), "--json"});
    }
};

Graph import(const OnnxBuilder& model) {
    Diagnostics diagnostics;
    auto imported = frontend::import_onnx_bytes(model.bytes(), "m", {}, diagnostics);
    REQUIRE(imported);
    return std::move(imported->graph);
}

/// One sample of the small model and what it gives.
void fill(HostArray& x, HostArray& y, const std::vector<double>& sample) {
    for (std::size_t i = 0; i < sample.size(); ++i) {
        x.set(static_cast<std::int64_t>(i), Real::from_double(sample[i]));
    }
    const std::vector<double> result = small_mlp_result(sample);
    for (std::size_t i = 0; i < result.size(); ++i) {
        y.set(static_cast<std::int64_t>(i), Real::from_double(result[i]));
    }
}

} // namespace

TEST_SUITE("cli verify") {
    TEST_CASE("random samples: every stage equal") {
        const Workplace work;
        const CommandRun run =
            millrace_command({"verify", work.path("m.onnx"), "--samples", "50", "--json"});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        const json document = json::parse(run.out);
        CHECK(document.at("samples") == 50);
        CHECK(document.at("expect").is_null());
        std::set<std::string> stages;
        for (const json& stage : document.at("stages")) {
            stages.insert(stage.at("stage"));
            CHECK(stage.at("equal") == 150);
            CHECK(stage.at("different") == 0);
        }
        CHECK(stages == std::set<std::string>{"integer", "dataflow"});
    }

    TEST_CASE("another folding, another seed, and text") {
        const Workplace work;
        const CommandRun run = millrace_command(
            {"verify", work.path("m.onnx"), "--fastest", "--seed", "9", "--jobs", "2"});
        CHECK(run.status == 0);
        CHECK(run.out.find("dataflow") != std::string::npos);
        CHECK(run.out.find("\nequal\n") != std::string::npos);
    }

    TEST_CASE("expected outputs: equal, unexplained, explained") {
        const Workplace work;
        HostArray x(DataType::float32, {1, 4});
        HostArray y(DataType::float32, {1, 3});
        fill(x, y, {0.5, -0.25, 1, 0.1});
        work.save("x.npy", x);
        work.save("y.npy", y);
        CommandRun run = work.expect();
        CHECK_MESSAGE(run.status == 0, run.err);
        CHECK(json::parse(run.out).at("expect").at("equal") == 3);
        CHECK(json::parse(run.out).at("expect").at("max_abs_difference") == 0);

        y.set(1, y.at(1) + Real(1));
        work.save("y.npy", y);
        run = work.expect();
        CHECK(run.status == 1);
        CHECK(json::parse(run.out).at("expect").at("equal") == 2);
        CHECK(json::parse(run.out).at("expect").at("unexplained") == 1);
        CHECK(json::parse(run.out).at("expect").at("max_abs_difference") == 1);
        CHECK(json::parse(run.out).at("ok") == false);

        // 0.125 lies half-way between two levels of the first quantizer, but that is exact in
        // float32, too.
        fill(x, y, {0.5, -0.25, 0.125, 0.1});
        y.set(1, y.at(1) + Real(1));
        work.save("x.npy", x);
        work.save("y.npy", y);
        CHECK(work.expect().status == 1);

        // Not a number is never explained.
        y.as<float>()[2] = std::numeric_limits<float>::quiet_NaN();
        work.save("y.npy", y);
        CHECK(work.expect().status == 1);
    }

    TEST_CASE("expected outputs that a close decision gives are explained, and not called equal") {
        const Workplace work;
        OnnxBuilder model(13);
        model.add_input("x", {1, 2});
        model.add_scalar("s", static_cast<double>(0.3F)).add_scalar("z", 0).add_scalar("b", 4);
        model.add_init("w", {2, 2}, {1, 2, -1, 1});
        model.add_node("Quant", {"x", "s", "z", "b"}, {"q"})
            .domain("qonnx.custom_op.general")
            .name("close");
        model.add_node("MatMul", {"q", "w"}, {"y"});
        model.add_output("y");
        model.save(work.path("m.onnx"));
        // 1.5 and 3 steps of 0.3: either 1 or 2, and 3.
        const auto expect = [&](double a, double b) {
            HostArray x(DataType::float32, {1, 2});
            HostArray y(DataType::float32, {1, 2});
            x.as<float>()[0] = 0.45F;
            x.as<float>()[1] = 0.9F;
            y.as<float>()[0] = static_cast<float>((a - b) * static_cast<double>(0.3F));
            y.as<float>()[1] = static_cast<float>((2 * a + b) * static_cast<double>(0.3F));
            work.save("x.npy", x);
            work.save("y.npy", y);
            return work.expect();
        };
        const bool down = json::parse(expect(1, 3).out).at("expect").at("equal") == 2;
        const CommandRun run = expect(down ? 2 : 1, 3);
        CHECK(run.status == 0);
        const json found = json::parse(run.out).at("expect");
        CHECK(found.at("explained") == 2);
        CHECK(found.at("unexplained") == 0);
        CHECK(found.at("decisions") == 1);
        CHECK(found.at("explained_samples") == 1);
        CHECK(found.at("first_decisions").at(0).at("node") == "close");
        CHECK(found.at("first_decisions").at(0).at("element") == 0);
        const CommandRun text =
            millrace_command({"verify", work.path("m.onnx"), "--input", work.path("x.npy"),
                              "--expect", work.path("y.npy")});
        CHECK(text.status == 0);
        CHECK(text.out.find("\nequal but for 2 explained elements (1 decision taken otherwise in 1 "
                            "sample)\n") != std::string::npos);
        CHECK(text.out.find("element 0 of 'close' decided otherwise") != std::string::npos);
        const CommandRun wrong = expect(down ? 3 : 0, 3);
        const CommandRun refused =
            millrace_command({"verify", work.path("m.onnx"), "--input", work.path("x.npy"),
                              "--expect", work.path("y.npy")});
        CHECK(refused.status == 1);
        CHECK(refused.out.find("\nNOT EQUAL\n") != std::string::npos);
        CHECK(refused.out.find("sample 0: none of 1 combination of 1 close decision gives the "
                               "expected outputs; at best 2 of 2 differing elements stay") !=
              std::string::npos);
        CHECK(wrong.status == 1);
        CHECK(json::parse(wrong.out).at("expect").at("unexplained") == 2);
        CHECK(json::parse(wrong.out).at("expect").at("failures").at(0).at("candidates") == 1);
    }

    TEST_CASE("a stage that cannot run ends it, with the reason") {
        const Workplace work;
        HostArray x(DataType::float32, {1, 4});
        x.as<float>()[2] = std::numeric_limits<float>::infinity();
        work.save("x.npy", x);
        const CommandRun run =
            millrace_command({"verify", work.path("m.onnx"), "--input", work.path("x.npy")});
        CHECK(run.status == 1);
        CHECK(run.err.find("error[MR405]") != std::string::npos);
        CHECK(run.err.find("infinite") != std::string::npos);
        CHECK(run.out.find("equal") == std::string::npos);
    }

    TEST_CASE("expected outputs that do not belong to the input") {
        const Workplace work;
        work.save("x.npy", HostArray(DataType::float32, {2, 4}));
        work.save("y.npy", HostArray(DataType::float32, {3, 3}));
        CHECK(work.expect().status == 1);
        CHECK(work.expect().err.find("MR403") != std::string::npos);
        CHECK(millrace_command({"verify", work.path("m.onnx"), "--expect", work.path("y.npy")})
                  .status == 2);
        CHECK(millrace_command({"verify", work.path("m.onnx"), "--engines", "vhdl"}).status == 2);
    }
}

TEST_SUITE("verify samples") {
    TEST_CASE("equal seeds give equal samples, others do not") {
        const Graph network = import(small_mlp());
        const cli::Samples a = cli::random_samples(network, 40, 3);
        CHECK(a.arrays.at(0).data == cli::random_samples(network, 40, 3).arrays.at(0).data);
        CHECK(a.arrays.at(0).data != cli::random_samples(network, 40, 4).arrays.at(0).data);
        CHECK(a.arrays.at(0).shape == Shape{40, 1, 4});
    }

    TEST_CASE("float samples cover the first quantizer's range and its decision points") {
        const Graph network = import(small_mlp());
        const cli::Samples samples = cli::random_samples(network, 200, 1);
        const auto values = samples.arrays.at(0).as<float>();
        bool ties = false;
        std::set<long> levels;
        for (const float value : values) {
            CHECK(value >= -2.25F); // a level beyond -8/4 and 7/4
            CHECK(value <= 2.0F);
            ties = ties || (static_cast<double>(value) * 8 ==
                                static_cast<double>(static_cast<int>(value * 8)) &&
                            static_cast<int>(value * 8) % 2 != 0);
            levels.insert(std::lround(static_cast<double>(value) * 4));
        }
        CHECK(ties);
        CHECK(levels.size() >= 16);
        CHECK(values[0] == -2.25F); // all lowest
        CHECK(values[4] == 2.0F);   // all highest
        CHECK(values[8] == 0.0F);
    }

    TEST_CASE("integer samples cover the type") {
        OnnxBuilder model(13);
        model.add_input("x", {1, 8}, DataType::int8);
        model.add_scalar("s", 0.5).add_scalar("z", 3, DataType::int8);
        model.add_node("DequantizeLinear", {"x", "s", "z"}, {"y"});
        model.add_output("y");
        const cli::Samples samples = cli::random_samples(import(model), 300, 1);
        std::set<int> seen;
        for (const std::int8_t value : samples.arrays.at(0).as<std::int8_t>()) {
            seen.insert(value);
        }
        CHECK(seen.size() == 256);
    }
}

TEST_SUITE("verify comparison") {
    TEST_CASE("elements are counted, whatever the array") {
        HostArray a(DataType::float32, {2, 2});
        HostArray b = a;
        b.set(3, Real(1));
        CHECK(cli::compare({a}, {a}).equal == 4);
        CHECK(cli::compare({a}, {b}).different == 1);
        CHECK(cli::compare({a, a}, {a}).different == 4);
        CHECK(cli::compare({a}, {HostArray(DataType::float64, {2, 2})}).different == 4);
    }

    TEST_CASE("infinities are equal to themselves only") {
        const Graph network = import(float_mlp());
        HostArray y(DataType::float32, {1, 3});
        y.as<float>()[0] = std::numeric_limits<float>::infinity();
        HostArray other = y;
        const HostArray x(DataType::float32, {1, 4});
        CHECK(cli::compare_expected(network, {x}, {y}, {other}, 1).equal == 3);
        CHECK(cli::compare_expected(network, {x}, {y}, {other}, 1).max_abs_difference == 0);
        other.as<float>()[0] = -other.as<float>()[0];
        CHECK(cli::compare_expected(network, {x}, {y}, {other}, 1).equal == 2);
        CHECK(cli::compare_expected(network, {x}, {y}, {other}, 1).unexplained == 1);
    }

    TEST_CASE("random samples of a quantizer with a huge scale are numbers") {
        OnnxBuilder model(13);
        model.add_input("x", {1, 4});
        model.add_scalar("s", 3e38).add_scalar("z", 0).add_scalar("b", 8);
        model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        model.add_output("q");
        const cli::Samples samples = cli::random_samples(import(model), 32, 1);
        for (const float element : samples.arrays[0].as<float>()) {
            CHECK(std::isfinite(element));
        }
    }

    TEST_CASE("which outputs a float32 executor must hit exactly") {
        const auto quantized = [](const OnnxBuilder& model) {
            const Graph network = import(model);
            return cli::is_quantized_output(network, network.outputs.at(0));
        };
        CHECK_FALSE(quantized(small_mlp()));
        OnnxBuilder quant(13);
        quant.add_input("x", {1, 4});
        quant.add_scalar("s", 0.3).add_scalar("z", 0).add_scalar("b", 4);
        quant.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        OnnxBuilder scaled = std::move(quant);
        scaled.add_node("Flatten", {"q"}, {"f"});
        scaled.add_output("f");
        CHECK(quantized(scaled));
        OnnxBuilder linear(13);
        linear.add_input("x", {1, 4});
        linear.add_scalar("s", 0.3).add_scalar("z", 1, DataType::uint8);
        linear.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"});
        linear.add_node("DequantizeLinear", {"q", "s", "z"}, {"y"});
        linear.add_output("y");
        CHECK(quantized(linear));
    }
}
