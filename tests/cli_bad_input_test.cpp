// SPDX-License-Identifier: Apache-2.0
//
// Models that nobody can compile: each is refused with a diagnostic and exit code 1, by every
// command that reads models, and nothing is left behind.
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;

/// Compiles, inspects and verifies a file; the diagnostics of compile as text.
std::string refused(const fs::path& model) {
    const TemporaryFolder output;
    const CommandRun run =
        millrace_command({"compile", model.string(), "-o", (output.path() / "p").string()});
    CHECK(run.status == 1);
    CHECK(run.out == "");
    CHECK(run.err.find("error[MR") != std::string::npos);
    CHECK(folder_contents(output.path()).empty());
    const CommandRun inspect = millrace_command({"inspect", model.string(), "--json"});
    CHECK(inspect.status == 1);
    const nlohmann::json document = nlohmann::json::parse(inspect.out);
    CHECK(document.at("ok") == false);
    CHECK_FALSE(document.at("diagnostics").empty());
    for (const nlohmann::json& diagnostic : document.at("diagnostics")) {
        for (const char* key : {"code", "severity", "node", "op", "message", "help"}) {
            CAPTURE(key);
            CHECK(diagnostic.contains(key));
        }
    }
    CHECK(millrace_command({"verify", model.string()}).status == 1);
    return run.err;
}

std::string refused(const OnnxBuilder& model) {
    const TemporaryFolder folder;
    model.save(folder.path() / "m.onnx");
    return refused(folder.path() / "m.onnx");
}

std::string refused_bytes(const std::string& bytes) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "m.onnx", std::ios::binary) << bytes;
    return refused(folder.path() / "m.onnx");
}

bool contains(const std::string& text, const std::string& part) {
    CAPTURE(text);
    const bool found = text.find(part) != std::string::npos;
    CHECK_MESSAGE(found, "expected: ", part);
    return found;
}

} // namespace

TEST_SUITE("cli bad input") {
    TEST_CASE("no file, a folder, not ONNX, nothing, cut off") {
        const TemporaryFolder folder;
        contains(refused(folder.path() / "none.onnx"), "MR101");
        contains(refused(folder.path()), "MR101");
        contains(refused_bytes("this is a text\n"), "MR102");
        contains(refused_bytes(""), "MR102");
        const std::string whole = small_mlp().bytes();
        contains(refused_bytes(whole.substr(0, whole.size() / 2)), "error[MR");
        contains(refused_bytes(whole.substr(0, whole.size() - 1)), "error[MR");
    }

    TEST_CASE("a cycle, a value that nobody defines") {
        OnnxBuilder cycle(13);
        cycle.add_input("x", {1, 4});
        cycle.add_node("Add", {"x", "b"}, {"a"}).name("first");
        cycle.add_node("Relu", {"a"}, {"b"}).name("second");
        cycle.add_output("b");
        contains(refused(cycle), "MR105");
        OnnxBuilder missing(13);
        missing.add_input("x", {1, 4});
        missing.add_node("MatMul", {"x", "w"}, {"y"}).name("fc");
        missing.add_output("y");
        contains(refused(missing), "MR106");
    }

    TEST_CASE("shapes that do not fit, an operator that is not supported") {
        OnnxBuilder shapes(13);
        shapes.add_input("x", {1, 4});
        shapes.add_init("w", {5, 2}, std::vector<double>(10, 1));
        shapes.add_node("MatMul", {"x", "w"}, {"y"}).name("fc");
        shapes.add_output("y");
        const std::string text = refused(shapes);
        contains(text, "MR114");
        contains(text, "node 'fc' (MatMul)");
        OnnxBuilder unsupported(13);
        unsupported.add_input("x", {1, 4});
        unsupported.add_node("LSTM", {"x"}, {"a"}).name("one");
        unsupported.add_node("Erf", {"a"}, {"b"}).name("two");
        unsupported.add_output("b");
        const std::string both = refused(unsupported); // collected, not one at a time
        contains(both, "'one'");
        contains(both, "'two'");
        contains(both, "MR115");
    }

    TEST_CASE("a network without quantizers") { contains(refused(float_mlp()), "error[MR2"); }

    TEST_CASE("external data outside of the model's folder") {
        const TemporaryFolder folder;
        fs::create_directories(folder.path() / "a/b");
        std::ofstream(folder.path() / "x") << std::string(96, '\0');
        for (const char* location : {"../../x", "/etc/passwd", "a/../../../x"}) {
            CAPTURE(location);
            OnnxBuilder model = float_mlp();
            model.add_external("w9", {4, 6}, DataType::float32, location);
            model.add_node("MatMul", {"x", "w9"}, {"z"}).name("external");
            model.add_output("z");
            model.save(folder.path() / "a/b/m.onnx");
            contains(refused(folder.path() / "a/b/m.onnx"), "MR108");
        }
    }

    TEST_CASE("a tensor that claims 2^60 elements") {
        OnnxBuilder model = float_mlp();
        model.add_bytes("huge", {std::int64_t{1} << 30, std::int64_t{1} << 30}, 1, "abcd");
        model.add_node("Add", {"y", "huge"}, {"z"}).name("add");
        model.add_output("z");
        contains(refused(model), "error[MR");
        OnnxBuilder input(13);
        input.add_input("x", {std::int64_t{1} << 30, std::int64_t{1} << 30});
        input.add_node("Relu", {"x"}, {"y"});
        input.add_output("y");
        contains(refused(input), "error[MR");
    }

    TEST_CASE("names with quotes, newlines and metacharacters stay names") {
        const std::string hostile = "a\"b'c\n]; exec rm -rf $HOME {} // */ #pragma \\ <script>";
        const TemporaryFolder folder;
        const std::string model = (folder.path() / "m.onnx").string();
        small_mlp(hostile).save(model);
        const std::string project = (folder.path() / "p").string();
        const CommandRun run = millrace_command({"compile", model, "-o", project});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        for (const auto& [name, text] : folder_contents(project)) {
            // The text form quotes names; nothing else may hold them.
            if (!name.starts_with("model/") && name != "millrace.json") {
                CAPTURE(name);
                CHECK(text.find("exec rm") == std::string::npos);
                CHECK(text.find("<script>") == std::string::npos);
            }
        }
        CHECK(nlohmann::json::parse(file_text(fs::path(project) / "millrace.json")).is_object());
        REQUIRE(millrace_command({"report", project}).status == 0);
        CHECK(file_text(fs::path(project) / "report.html").find("<script>") == std::string::npos);
        // In messages, too: one line each, whatever the name.
        OnnxBuilder unsupported(13);
        unsupported.add_input("x", {1, 4});
        unsupported.add_node("LSTM", {"x"}, {"a"}).name(hostile);
        unsupported.add_output("a");
        contains(refused(unsupported), "c\\n]; exec");
    }

    TEST_CASE("what others could not compile either") {
        const auto shared = shared_dir();
        if (!shared) {
            return;
        }
        contains(refused(*shared / "models/negative/toycar_mlonmcu_badtypes.onnx"), "error[MR");
        contains(refused(*shared / "models/float_mlp/three_layer_keras.onnx"), "error[MR");
    }
}
