// SPDX-License-Identifier: Apache-2.0
//
// millrace simulate as a process: models and projects, engines, arrays in and out, accuracy.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;
using nlohmann::json;

constexpr std::int64_t count = 40;

double input_value(std::int64_t index) { return 0.125 * static_cast<double>(index * 7 % 41 - 20); }

/// small_mlp as m.onnx, samples x.npy with the float32 results and labels that they mean.
struct Workplace {
    TemporaryFolder folder;
    std::vector<std::vector<double>> results;
    std::vector<std::int64_t> classes;

    Workplace() {
        small_mlp().save(path("m.onnx"));
        HostArray x(DataType::float32, {count, 4});
        HostArray labels(DataType::uint8, {count});
        for (std::int64_t sample = 0; sample < count; ++sample) {
            std::vector<double> values;
            for (std::int64_t i = 0; i < 4; ++i) {
                values.push_back(input_value(sample * 4 + i));
                x.set(sample * 4 + i, Real::from_double(values.back()));
            }
            results.push_back(small_mlp_result(values));
            classes.push_back(std::max_element(results.back().begin(), results.back().end()) -
                              results.back().begin());
            // One label of four is wrong.
            labels.set(sample, Real(sample % 4 == 0 ? (classes.back() + 1) % 3 : classes.back()));
        }
        save("x.npy", x);
        save("labels.npy", labels);
    }
    void save(const std::string& name, const HostArray& array) const {
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(array, path(name), diagnostics));
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder.path() / name).string();
    }
    /// Whether a result file is what the model means.
    void check_results(const std::string& name) const {
        Diagnostics diagnostics;
        const auto y = cli::read_npy(path(name), diagnostics);
        REQUIRE(y);
        CHECK(y->type == DataType::float32);
        CHECK(y->shape == Shape{count, 1, 3});
        for (std::int64_t i = 0; i < count * 3; ++i) {
            REQUIRE(static_cast<double>(y->as<float>()[static_cast<std::size_t>(i)]) ==
                    results[static_cast<std::size_t>(i / 3)][static_cast<std::size_t>(i % 3)]);
        }
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_SUITE("cli simulate") {
    TEST_CASE("a model with every engine that needs no compiler") {
        const Workplace work;
        for (const std::string engine : {"", "reference", "network", "dataflow"}) {
            CAPTURE(engine);
            std::vector<std::string> arguments{
                "simulate", work.path("m.onnx"), "--input",  work.path("x.npy"),
                "--output", work.path("y.npy"),  "--labels", work.path("labels.npy"),
                "--json"};
            if (!engine.empty()) {
                arguments.insert(arguments.end(), {"--engine", engine});
            }
            const CommandRun run = millrace_command(arguments);
            REQUIRE_MESSAGE(run.status == 0, run.err);
            CHECK(run.err == "");
            const json document = json::parse(run.out);
            CHECK(document.at("samples") == count);
            CHECK(document.at("seconds").get<double>() > 0);
            CHECK(document.at("inferences_per_second").get<double>() > 0);
            CHECK(document.at("top1") == 0.75);
            CHECK(document.at("cycles").at("interval") == 24);
            work.check_results("y.npy");
        }
    }

    TEST_CASE("a project by its C simulation, then by the reference, with its accuracy kept") {
        const Workplace work;
        REQUIRE(millrace_command({"compile", work.path("m.onnx"), "-o", work.path("p")}).status ==
                0);
        const CommandRun csim =
            millrace_command({"simulate", work.path("p"), "--input", work.path("x.npy"), "--output",
                              work.path("y.npy"), "--labels", work.path("labels.npy")});
        REQUIRE_MESSAGE(csim.status == 0, csim.err);
        CHECK(contains(csim.out, "csim"));
        CHECK(contains(csim.out, "0.7500 (30 of 40)"));
        work.check_results("y.npy");
        const json results = json::parse(file_text(work.path("p") + "/results.json"));
        CHECK(results.at("top1") == 0.75);
        CHECK(results.at("engine") == "csim");
        const CommandRun reference =
            millrace_command({"simulate", work.path("p"), "--input", work.path("x.npy"), "--engine",
                              "reference", "--output", work.path("z.npy")});
        REQUIRE_MESSAGE(reference.status == 0, reference.err);
        CHECK(file_text(work.path("y.npy")) == file_text(work.path("z.npy")));
    }

    TEST_CASE("inputs by name, more threads, shapes that mean the same") {
        const Workplace work;
        HostArray x(DataType::float64, {count, 1, 4});
        HostArray integers(DataType::int8, {count, 4});
        for (std::int64_t i = 0; i < count * 4; ++i) {
            x.set(i, Real::from_double(input_value(i)));
            integers.set(i, Real(i % 5 - 2));
        }
        work.save("x64.npy", x);
        work.save("i8.npy", integers);
        const CommandRun run = millrace_command({"simulate", work.path("m.onnx"), "--input",
                                                 "x=" + work.path("x64.npy"), "--jobs", "3",
                                                 "--output", work.path("y.npy")});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        work.check_results("y.npy");
        // Integers for a float input are those numbers.
        CHECK(millrace_command({"simulate", work.path("m.onnx"), "--input", work.path("i8.npy")})
                  .status == 0);
    }

    TEST_CASE("a declared input type takes the integers themselves") {
        const Workplace work;
        HostArray x(DataType::int16, {count, 4});
        for (std::int64_t i = 0; i < count * 4; ++i) {
            x.set(i, Real::from_double(input_value(i) * 8 + 30));
        }
        work.save("q.npy", x);
        const auto arguments = [&](const std::string& file) {
            return std::vector<std::string>{"simulate",     work.path("m.onnx"),
                                            "--input",      work.path(file),
                                            "--input-type", "x=int8:scale=1/8:zero_point=30",
                                            "--output",     work.path("y.npy")};
        };
        const CommandRun run = millrace_command(arguments("q.npy"));
        REQUIRE_MESSAGE(run.status == 0, run.err);
        work.check_results("y.npy");
        const CommandRun real = millrace_command(arguments("x.npy"));
        CHECK(real.status == 1); // not integers
        CHECK(contains(real.err, "MR403"));
    }

    TEST_CASE("labels are for models that classify samples") {
        const Workplace work;
        small_pixel_function().save(work.path("pixels.onnx"));
        work.save("p.npy", HostArray(DataType::float32, {count, 2, 3}));
        const CommandRun run =
            millrace_command({"simulate", work.path("pixels.onnx"), "--input", work.path("p.npy"),
                              "--labels", work.path("labels.npy")});
        CHECK(run.status == 1);
        CHECK_MESSAGE(contains(run.err, "the model is no classifier: it makes 80 predictions"),
                      run.err);
    }

    TEST_CASE("a manifest that was damaged is said to be that") {
        const Workplace work;
        REQUIRE(millrace_command({"compile", work.path("m.onnx"), "-o", work.path("p")}).status ==
                0);
        const std::string file = work.path("p") + "/millrace.json";
        const json good = json::parse(file_text(file));
        const auto refused = [&](const std::string& text) {
            std::ofstream(file) << text;
            const CommandRun run = millrace_command(
                {"simulate", work.path("p"), "--input", work.path("x.npy"), "--engine", "csim"});
            CHECK(run.status == 1);
            CHECK_MESSAGE(contains(run.err, "error[MR4"), run.err);
            CHECK(contains(run.err, "millrace.json"));
            CHECK(contains(run.err, "help: "));
            CHECK_FALSE(contains(run.err, "json.exception"));
        };
        refused("{");
        refused("[]");
        json bad = good;
        bad.erase("inputs");
        refused(bad.dump());
        bad = good;
        bad["outputs"][0].erase("frame_bytes");
        refused(bad.dump());
        bad = good;
        bad["inputs"][0]["port"] = 3;
        refused(bad.dump());
        bad = good;
        bad["inputs"].push_back(bad["inputs"][0]);
        refused(bad.dump());
    }

    TEST_CASE("what does not fit is named with what would") {
        const Workplace work;
        work.save("wide.npy", HostArray(DataType::float32, {5, 7}));
        work.save("none.npy", HostArray(DataType::float32, {0, 4}));
        work.save("few.npy", HostArray(DataType::uint8, {3}));
        HostArray bad(DataType::float32, {1, 4});
        bad.as<float>()[1] = std::numeric_limits<float>::quiet_NaN();
        work.save("nan.npy", bad);
        std::ofstream(work.path("text.npy")) << "text";
        const auto refused = [&](const std::vector<std::string>& inputs) {
            std::vector<std::string> arguments{"simulate", work.path("m.onnx"), "--json"};
            arguments.insert(arguments.end(), inputs.begin(), inputs.end());
            const CommandRun run = millrace_command(arguments);
            CHECK(run.status == 1);
            CHECK(json::parse(run.out).at("ok") == false);
            return run.err;
        };
        CHECK(contains(refused({"--input", work.path("wide.npy")}), "[N, 1, 4] or [N, 4]"));
        CHECK(contains(refused({"--input", work.path("none.npy")}), "holds no sample"));
        CHECK(contains(refused({"--input", work.path("text.npy")}), "MR402"));
        CHECK(contains(refused({"--input", work.path("missing.npy")}), "MR402"));
        CHECK(contains(refused({"--input", "z=" + work.path("x.npy")}), "no input 'z'"));
        CHECK(contains(refused({"--input", work.path("x.npy"), "--input", work.path("x.npy")}),
                       "more files"));
        CHECK(contains(refused({"--input", work.path("x.npy"), "--labels", work.path("few.npy")}),
                       "3 labels"));
        CHECK(contains(refused({"--input", work.path("x.npy"), "--labels", work.path("x.npy")}),
                       "labels"));
        CHECK(contains(refused({"--input", work.path("nan.npy")}), "error[MR405]"));
        CHECK(contains(
            refused({"--input", work.path("x.npy"), "--output", work.path("no/such/y.npy")}),
            "MR402"));
        CHECK(millrace_command({"simulate", work.path("m.onnx"), "--input", work.path("x.npy"),
                                "--engine", "vhdl"})
                  .status == 2);
        CHECK(millrace_command({"simulate", work.path("m.onnx")}).status == 2);
    }

    TEST_CASE("folders that are no projects, or no longer") {
        const Workplace work;
        fs::create_directory(work.path("empty"));
        const auto simulate = [&](const std::string& project) {
            return millrace_command({"simulate", work.path(project), "--input", work.path("x.npy"),
                                     "--engine", "reference"});
        };
        CHECK(simulate("empty").status == 1);
        CHECK(contains(simulate("empty").err, "MR404"));
        REQUIRE(millrace_command({"compile", work.path("m.onnx"), "-o", work.path("p")}).status ==
                0);
        REQUIRE(simulate("p").status == 0);
        const std::string body = file_text(work.path("p") + "/model/body.mir");
        for (const std::string& damaged :
             {body.substr(0, body.size() / 2), std::string("nonsense"), std::string(),
              file_text(work.path("p") + "/model/head.mir")}) {
            std::ofstream(work.path("p") + "/model/body.mir") << damaged;
            const CommandRun run = simulate("p");
            CHECK(run.status == 1);
            CHECK(contains(run.err, "MR404"));
        }
        std::ofstream(work.path("p") + "/model/body.mir") << body;
        REQUIRE(simulate("p").status == 0);
        std::ofstream(work.path("p") + "/millrace.json") << "{";
        CHECK(contains(simulate("p").err, "MR404"));
    }

    TEST_CASE("a simulation that does not build or does not run says why") {
        const Workplace work;
        REQUIRE(millrace_command({"compile", work.path("m.onnx"), "-o", work.path("p")}).status ==
                0);
        const auto simulate = [&](const std::string& engine) {
            return millrace_command({"simulate", work.path("p"), "--input", work.path("x.npy"),
                                     "--engine", engine, "--output", work.path("y.npy")});
        };
        // The compiler is $CXX where that is set.
        const CommandRun other =
            run_program("env", {"CXX=/nosuch/compiler --option", MILLRACE_BINARY, "simulate",
                                work.path("p"), "--input", work.path("x.npy"), "--engine", "csim"});
        CHECK(other.status == 1);
        CHECK(contains(other.err, "/nosuch/compiler"));
        int damaged = 0;
        for (const auto& entry : fs::recursive_directory_iterator(work.path("p"))) {
            if (entry.path().extension() == ".cpp") {
                std::ofstream(entry.path(), std::ios::app) << "\n#error \"not this one\"\n";
                ++damaged;
            }
        }
        REQUIRE(damaged > 0);
        const CommandRun run = simulate("csim");
        CHECK(run.status == 1);
        CHECK(contains(run.err, "error[MR405]"));
        CHECK(contains(run.err, "not this one")); // what the compiler says
        CHECK(!fs::exists(work.path("y.npy")));
        CHECK(simulate("reference").status == 0); // needs none of that
    }
}

TEST_SUITE("slow-ci demo") {
    TEST_CASE("the example network: 300 digits") {
        const fs::path example = fs::path(MILLRACE_SOURCE_DIR) / "examples" / "digits";
        const CommandRun run =
            millrace_command({"simulate", (example / "digits.onnx").string(), "--input",
                              (example / "digits_x.npy").string(), "--labels",
                              (example / "digits_y.npy").string(), "--json"});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        CHECK(json::parse(run.out).at("samples") == 300);
        CHECK(json::parse(run.out).at("top1").get<double>() > 0.95);
    }
}
