// SPDX-License-Identifier: Apache-2.0
//
// millrace compile as a process: what it writes, prints and refuses.
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;
using nlohmann::json;

/// A folder with small_mlp as m.onnx.
struct Workplace {
    TemporaryFolder folder;
    std::string model = (folder.path() / "m.onnx").string();
    Workplace() { small_mlp().save(model); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder.path() / name).string();
    }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_SUITE("cli compile") {
    TEST_CASE("a project with all that is promised") {
        const Workplace work;
        const CommandRun run = millrace_command({"compile", work.model, "-o", work.path("p")});
        CHECK(run.status == 0);
        CHECK(run.err == "");
        for (const char* text : {"fc1", "matrix_vector", "bottleneck", "interval", "frames/s",
                                 "host before", "host after", "project"}) {
            CAPTURE(text);
            CHECK(contains(run.out, text));
        }
        CHECK_FALSE(contains(run.out, "\x1b")); // no colour into a pipe
        for (const char* file :
             {"millrace.json", "plan.toml", "model/network.mir", "model/head.mir", "model/body.mir",
              "model/tail.mir", "model/dataflow.mir"}) {
            CAPTURE(file);
            CHECK(fs::is_regular_file(fs::path(work.path("p")) / file));
        }
    }

    TEST_CASE("--json is one document with the keys that scripts read") {
        const Workplace work;
        const CommandRun run =
            millrace_command({"compile", work.model, "-o", work.path("p"), "--json"});
        REQUIRE(run.status == 0);
        const json document = json::parse(run.out);
        CHECK(document.at("project") == work.path("p"));
        CHECK(document.at("interval_cycles").is_number_integer());
        CHECK(document.at("latency_cycles").get<int>() >= document.at("interval_cycles"));
        CHECK(document.at("fps").get<double>() ==
              doctest::Approx(1e8 / document.at("interval_cycles").get<double>()));
        for (const char* key : {"lut", "ff", "bram18", "uram", "dsp"}) {
            CAPTURE(key);
            CHECK(document.at("resources").at(key).is_number_integer());
        }
        CHECK(document.at("resources").at("lut").get<int>() > 0);
        CHECK(document.at("resources").at("utilisation").is_null()); // no board is named
        bool found = false;
        for (const json& layer : document.at("layers")) {
            for (const char* key :
                 {"name", "kind", "pe", "simd", "cycles", "lut", "bram18", "uram", "dsp"}) {
                CAPTURE(key);
                CHECK(layer.contains(key));
                CHECK(!layer.at(key).is_null());
            }
            found = found || layer.at("name") == document.at("bottleneck");
        }
        CHECK(found);
    }

    TEST_CASE("compiling twice gives the same bytes") {
        const Workplace work;
        REQUIRE(millrace_command({"compile", work.model, "-o", work.path("p")}).status == 0);
        REQUIRE(millrace_command({"compile", work.model, "-o", work.path("q")}).status == 0);
        CHECK(folder_contents(work.path("p")) == folder_contents(work.path("q")));
        // Nothing of this machine is in there.
        for (const auto& [name, text] : folder_contents(work.path("p"))) {
            CAPTURE(name);
            CHECK_FALSE(contains(text, work.folder.path().string()));
        }
    }

    TEST_CASE("targets") {
        const Workplace work;
        const auto interval = [&](const std::vector<std::string>& options) {
            std::vector<std::string> arguments{"compile", work.model, "-o", work.path("p"),
                                               "--json"};
            arguments.insert(arguments.end(), options.begin(), options.end());
            const CommandRun run = millrace_command(arguments);
            REQUIRE_MESSAGE(run.status == 0, run.err);
            fs::remove_all(work.path("p"));
            return json::parse(run.out).at("interval_cycles").get<int>();
        };
        CHECK(interval({}) == 24);
        CHECK(interval({"--cycles", "12"}) <= 12);
        CHECK(interval({"--cycles", "24"}) == 24);
        CHECK(interval({"--fps", "10e6"}) <= 10);                   // 100 MHz
        CHECK(interval({"--fps", "10e6", "--clock", "240"}) == 24); // 24 cycles a frame
        CHECK(interval({"--fastest"}) <= 2);
    }

    TEST_CASE("a target counts what brings a pool its blocks of channels") {
        const Workplace work;
        OnnxBuilder model(13);
        model.add_input("x", {1, 8, 8, 8});
        model.add_scalar("s", 0.25).add_scalar("z", 0).add_scalar("b", 4);
        model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        model.add_node("GlobalAveragePool", {"q"}, {"p"});
        model.add_node("Quant", {"p", "s", "z", "b"}, {"y"}).domain("qonnx.custom_op.general");
        model.add_output("y");
        model.save(work.path("pool.onnx"));
        for (const int target : {1000, 600, 300, 100}) {
            CAPTURE(target);
            const CommandRun run =
                millrace_command({"compile", work.path("pool.onnx"), "-o", work.path("p"),
                                  "--cycles", std::to_string(target), "--json"});
            REQUIRE_MESSAGE(run.status == 0, run.out);
            CHECK(json::parse(run.out).at("interval_cycles").get<int>() <= target);
            fs::remove_all(work.path("p"));
        }
    }

    TEST_CASE("an edited plan, and what is wrong with one") {
        const Workplace work;
        REQUIRE(millrace_command({"compile", work.model, "-o", work.path("p")}).status == 0);
        std::string plan = file_text(work.path("p") + "/plan.toml");
        const CommandRun same = millrace_command(
            {"compile", work.model, "-o", work.path("q"), "--plan", work.path("p") + "/plan.toml"});
        REQUIRE(same.status == 0);
        CHECK(folder_contents(work.path("p")) == folder_contents(work.path("q")));

        const CommandRun edited = millrace_command(
            {"compile", work.model, "-o", work.path("r"), "--json", "--plan",
             work.write("e.toml", "[actor.fc1]\npe = 6\nsimd = 4\n[fifo]\nfc1_fifo = 9\n")});
        REQUIRE_MESSAGE(edited.status == 0, edited.err);
        const json folded = json::parse(edited.out);
        for (const json& layer : folded.at("layers")) {
            if (layer.at("name") == "fc1") {
                CHECK(layer.at("cycles") == 1);
            }
        }
        CHECK(contains(file_text(work.path("r") + "/plan.toml"), "fc1_fifo = 9"));

        const CommandRun wrong =
            millrace_command({"compile", work.model, "-o", work.path("s"), "--plan",
                              work.write("w.toml", "[actor.fc1]\npe = 5\n[actor.fc9]\n")});
        CHECK(wrong.status == 1);
        CHECK(contains(wrong.err, "nearest legal: 3 or 6"));
        CHECK(contains(wrong.err, "did you mean 'fc1'?"));
        CHECK_FALSE(fs::exists(work.path("s")));

        const CommandRun fifo =
            millrace_command({"compile", work.model, "-o", work.path("s"), "--plan",
                              work.write("f.toml", "[fifo]\nfc7_fifo = 3\n")});
        CHECK(fifo.status == 1);
        CHECK(contains(fifo.err, "fc7_fifo"));
        CHECK(millrace_command({"compile", work.model, "-o", work.path("s"), "--plan",
                                work.path("missing.toml")})
                  .status == 1);
        CHECK_FALSE(fs::exists(work.path("s")));

        // All at once, with the file and the line; and what is no file to read.
        const std::string bad =
            work.write("b.toml", "[actor.fc1]\nmemory = \"uram\"\n[actor.fc2]\nmemory = \"uram\"\n"
                                 "[fifo]\nfc7_fifo = 3\n");
        const CommandRun several =
            millrace_command({"compile", work.model, "-o", work.path("s"), "--plan", bad});
        CHECK(several.status == 1);
        for (const char* part : {"b.toml: ", "line 2: UltraRAM", "line 4: UltraRAM",
                                 "line 6: the design has no FIFO"}) {
            CAPTURE(part);
            CHECK_MESSAGE(contains(several.err, part), several.err);
        }
        for (const char* option : {"--plan", "--folding"}) {
            for (const char* path : {"/dev/zero", "/dev", "/dev/null"}) {
                CAPTURE(path);
                const CommandRun run =
                    millrace_command({"compile", work.model, "-o", work.path("s"), option, path});
                CHECK(run.status == 1);
                CHECK_MESSAGE(contains(run.err, "MR101"), run.err);
            }
        }
        CHECK_FALSE(fs::exists(work.path("s")));
    }

    TEST_CASE("a plan's latency that no FIFO can keep is said to be that, by every backend") {
        const Workplace work;
        for (const char* backend : {"vitis", "rtl"}) {
            CAPTURE(backend);
            const CommandRun run = millrace_command(
                {"compile", work.model, "--backend", backend, "-o", work.path(backend), "--plan",
                 work.write("l.toml", "[fifo]\nlatency = 1\n")});
            CHECK(run.status == 0);
            CHECK_MESSAGE(contains(run.err, "l.toml: line 2: a frame takes "), run.err);
        }
    }

    TEST_CASE("a form that is too large is said to be that") {
        const Workplace work;
        OnnxBuilder model(13);
        model.add_opset("qonnx.custom_op.general", 1).add_input("x", {1, 64});
        model.add_scalar("s", 1).add_scalar("z", 0).add_scalar("b", 8);
        model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        model.add_init("w", {64, 2}, std::vector<double>(128, 7));
        model.add_node("MatMul", {"q", "w"}, {"c"}).name("fc");
        model.add_node("Quant", {"c", "s", "z", "b"}, {"y"})
            .domain("qonnx.custom_op.general")
            .name("act");
        model.add_output("y");
        model.save(work.path("wide.onnx"));
        const CommandRun run = millrace_command(
            {"compile", work.path("wide.onnx"), "-o", work.path("p"), "--plan",
             work.write("t.toml", "[actor.act]\nform = \"table\"\n[fifo]\nnone = 3\n")});
        CHECK(run.status == 1);
        CHECK_MESSAGE(contains(run.err, "line 2: form 'table' would have 16321 entries a channel, "
                                        "more than 4096"),
                      run.err);
        CHECK(contains(run.err, "line 4: the design has no FIFO"));
    }

    TEST_CASE("targets that are no number of cycles") {
        const Workplace work;
        for (const char* cycles : {"abc", "0", "-3", "1.5", "99999999999999999999", "1e3", "nan"}) {
            CAPTURE(cycles);
            const CommandRun run =
                millrace_command({"compile", work.model, "-o", work.path("p"), "--cycles", cycles});
            CHECK(run.status == 2);
            CHECK_MESSAGE(contains(run.err, "is not a whole number from 1 to"), run.err);
        }
    }

    TEST_CASE("a FINN folding") {
        const Workplace work;
        const CommandRun run = millrace_command(
            {"compile", work.model, "-o", work.path("p"), "--json", "--folding",
             work.write("f.json", R"({"Defaults": {}, "MVAU_hls_0": {"PE": 3, "SIMD": 2},
                                      "MVAU_hls_1": {"PE": 1, "SIMD": 3}})")});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        const json document = json::parse(run.out);
        for (const json& layer : document.at("layers")) {
            if (layer.at("name") == "fc1") {
                CHECK(layer.at("pe") == 3);
                CHECK(layer.at("simd") == 2);
                CHECK(layer.at("cycles") == 4);
            }
        }
        const CommandRun wrong =
            millrace_command({"compile", work.model, "-o", work.path("q"), "--folding",
                              work.write("g.json", R"({"MVAU_hls_5": {"PE": 3}})"), "--json"});
        CHECK(wrong.status == 1);
        CHECK(contains(wrong.err, "did you mean 'MVAU_hls_"));
        CHECK(json::parse(wrong.out).at("diagnostics").at(0).at("code") == "MR302");
        CHECK_FALSE(fs::exists(work.path("q")));
    }

    TEST_CASE("an unreachable target is refused with the best there is") {
        const Workplace work;
        // Top-k of nothing else: the matrix layers reach one cycle, the movers do not count.
        const CommandRun run = millrace_command(
            {"compile", work.model, "-o", work.path("p"), "--fps", "1e9", "--clock", "100"});
        CHECK(run.status == 2); // less than a cycle
        CHECK_FALSE(fs::exists(work.path("p")));
    }

    TEST_CASE("declared input types") {
        const Workplace work;
        const CommandRun run =
            millrace_command({"compile", work.model, "-o", work.path("p"), "--input-type",
                              "x=uint8:scale=1/64:zero_point=128"});
        CHECK_MESSAGE(run.status == 0, run.err);
        CHECK(contains(file_text(work.path("p") + "/model/network.mir"), "uint8"));
        const CommandRun unknown = millrace_command(
            {"compile", work.model, "-o", work.path("q"), "--input-type", "z=uint8"});
        CHECK(unknown.status == 1);
        CHECK(contains(unknown.err, "MR209"));
        for (const char* wrong : {"x", "x=float32", "x=uint8:scale=a", "x=uint8:scale=1/0",
                                  "x=uint8:size=3", "=uint8", "x=uint8:scale=1e99999999999"}) {
            CAPTURE(wrong);
            CHECK(millrace_command(
                      {"compile", work.model, "-o", work.path("q"), "--input-type", wrong})
                      .status == 2);
        }
        CHECK_FALSE(fs::exists(work.path("q")));
    }

    TEST_CASE("looking inside: --stop-after, --dump-ir, -v") {
        const Workplace work;
        const CommandRun stopped =
            millrace_command({"compile", work.model, "--stop-after", "lower_to_integer", "-v",
                              "--dump-ir", work.path("ir")});
        CHECK(stopped.status == 0);
        CHECK(contains(stopped.out, "integer_matmul"));
        CHECK(contains(stopped.err, "declare_inputs (unchanged)"));
        CHECK(contains(stopped.err, " ms  lower_to_integer"));
        CHECK_FALSE(contains(stopped.err, "lower_to_dataflow"));
        CHECK(fs::exists(fs::path(work.path("ir")) / "00-import-network.mir"));
        CHECK(contains(
            millrace_command({"compile", work.model, "--stop-after", "lower_to_dataflow"}).out,
            "matrix_vector"));
        const CommandRun as_json =
            millrace_command({"compile", work.model, "--stop-after", "remove_dead", "--json"});
        CHECK(contains(json::parse(as_json.out).at("graphs").get<std::string>(), "matmul"));
        const CommandRun unknown =
            millrace_command({"compile", work.model, "--stop-after", "lower_to_integr"});
        CHECK(unknown.status == 2);
        CHECK(contains(unknown.err, "did you mean 'lower_to_integer'?"));
        CHECK(
            millrace_command({"compile", work.model, "-o", work.path("p"), "--dump-ir", work.model})
                .status == 1);
        CHECK_FALSE(fs::exists(work.path("p")));
    }

    TEST_CASE("wrong use is told apart from wrong models") {
        const Workplace work;
        const auto status = [&](const std::vector<std::string>& arguments) {
            return millrace_command(arguments).status;
        };
        CHECK(status({}) == 2);
        CHECK(status({"compile"}) == 2);
        CHECK(status({"compile", work.model}) == 2);
        CHECK(status({"compiel", work.model}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--cycles", "10",
                      "--fastest"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--cycles", "0"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--effort", "0"}) == 2);
        for (const std::string option : {"--plan", "--folding", "--dump-ir"}) {
            CHECK(status({"compile", work.model, "-o", work.path("p"), option, ""}) == 2);
        }
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--effort", "2", "--plan",
                      work.path("plan.toml")}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--cycles", "x"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--clock", "nan"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--fps", "inf"}) == 2);
        CHECK(contains(millrace_command({"compiel", work.model}).err, "did you mean 'compile'?"));
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--backend", "vhdl"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--part", "a;b"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--part", "nonsense"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--part", "xczzzzzz"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--board", ""}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--board", "u250", "--part",
                      "xc7z020clg400-1"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--fps", "0x10"}) == 2);
        CHECK(status({"compile", work.model, "-o", work.path("p"), "--nonsense"}) == 2);
        CHECK(status({"--help"}) == 0);
        CHECK(status({"compile", "--help"}) == 0);
        CHECK_FALSE(fs::exists(work.path("p")));
        const CommandRun version = millrace_command({"--version"});
        CHECK(version.status == 0);
        CHECK(version.out.starts_with("millrace "));
    }

    TEST_CASE("results that cannot be written are an error") {
        if (!fs::exists("/dev/full")) {
            MESSAGE("SKIPPED: no /dev/full");
            return;
        }
        const CommandRun run =
            run_program("sh", {"-c", "exec \"$0\" --help >/dev/full", MILLRACE_BINARY});
        CHECK(run.status == 1);
        CHECK(contains(run.err, "cannot be written"));
    }

    TEST_CASE("outputs have the model's names in the manifest, also inner values") {
        const Workplace work;
        OnnxBuilder model(13);
        model.add_input("x", {1, 4});
        model.add_scalar("s", 0.25).add_scalar("z", 0).add_scalar("b", 4);
        model.add_node("Quant", {"x", "s", "z", "b"}, {"inner"}).domain("qonnx.custom_op.general");
        model.add_node("Relu", {"inner"}, {"last"});
        model.add_output("last");
        model.add_output("inner");
        model.save(work.path("two.onnx"));
        const CommandRun run =
            millrace_command({"compile", work.path("two.onnx"), "-o", work.path("p")});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        const json outputs = json::parse(file_text(fs::path(work.path("p")) / "millrace.json"))
                                 .at("interface")
                                 .at("outputs");
        CHECK(outputs.at(0).at("name") == "last");
        CHECK(outputs.at(1).at("name") == "inner");
    }

    TEST_CASE("the values of a top-k without its indices are the host's") {
        const Workplace work;
        OnnxBuilder model(13);
        model.add_input("x", {1, 6});
        model.add_scalar("s", 0.25).add_scalar("z", 0).add_scalar("b", 4);
        model.add_ints("k", {2});
        model.add_node("Quant", {"x", "s", "z", "b"}, {"q"}).domain("qonnx.custom_op.general");
        model.add_node("TopK", {"q", "k"}, {"values", "indices"}).attr("axis", 1);
        model.add_output("values");
        model.save(work.path("topk.onnx"));
        const CommandRun run =
            millrace_command({"verify", work.path("topk.onnx"), "--samples", "16"});
        CHECK_MESSAGE(run.status == 0, run.out, run.err);
    }

    TEST_CASE("every command's help has an example") {
        for (const char* command : {"inspect", "compile", "simulate", "verify", "report"}) {
            CAPTURE(command);
            const CommandRun run = millrace_command({command, "--help"});
            CHECK(run.status == 0);
            CHECK(contains(run.out, "Example:\n  millrace " + std::string(command) + " "));
            CHECK(contains(run.out, "--json"));
        }
    }

    TEST_CASE("an output directory that is in use is refused before the work") {
        const Workplace work;
        fs::create_directory(work.path("full"));
        const std::string mine = work.write("full/mine", "mine");
        // The model does not even exist: the directory is looked at first.
        const CommandRun full =
            millrace_command({"compile", work.path("none.onnx"), "-o", work.path("full")});
        CHECK(full.status == 1);
        CHECK(contains(full.err, "error[MR401]"));
        CHECK_FALSE(contains(full.err, "MR101"));
        CHECK(file_text(mine) == "mine");
        CHECK(millrace_command({"compile", work.model, "-o", work.model}).status == 1);
        CHECK(millrace_command({"compile", work.model, "-o", work.model + "/p"}).status == 1);
        CHECK(millrace_command({"compile", work.model, "-o", work.path(std::string(300, 'n'))})
                  .status == 1);
        CHECK(folder_contents(work.path("full")).size() == 1);
    }
}
