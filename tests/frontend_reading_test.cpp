// SPDX-License-Identifier: Apache-2.0
//
// Reading a model file: what is no ONNX model, versions, names, the order of nodes, inputs, and
// data beside the file. Each wrong model gives its diagnostic and no other.
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace millrace;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;

/// A folder that is removed again.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "millrace_test_XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder");
        }
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    fs::path operator/(const std::string& name) const { return path_ / name; }

  private:
    fs::path path_;
};

void write(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

/// y = relu(x).
OnnxBuilder relu_model(std::int64_t opset = 13, std::int64_t ir_version = 8) {
    OnnxBuilder model(opset, ir_version);
    model.add_input("x", {1, 2});
    model.add_node("Relu", {"x"}, {"y"}).name("relu");
    model.add_output("y");
    return model;
}

std::string four_floats() {
    return std::string("\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40", 16);
}

} // namespace

TEST_SUITE_BEGIN("frontend reading");

TEST_CASE("a file that cannot be read") {
    const TemporaryFolder folder;
    CHECK(findings_of_file(folder / "absent.onnx") ==
          id(Code::cannot_read_file) + ": the file does not exist");
    CHECK(findings_of_file(folder / "") ==
          id(Code::cannot_read_file) + ": the path is a directory");
}

TEST_CASE("a file that is no ONNX model") {
    const std::string good = relu_model().bytes();
    const std::string damaged =
        id(Code::not_onnx) + ": the bytes are not a protobuf message of an ONNX model";
    const std::string other = id(Code::not_onnx) + ": the file has no ONNX graph";
    CHECK(findings_of_bytes("") == other);
    CHECK(findings_of_bytes("hello, this is text") == damaged);
    CHECK(findings_of_bytes(std::string(100, '\0')) == damaged);
    CHECK(findings_of_bytes(good.substr(0, good.size() - 5)) == damaged);
    CHECK(findings_of_bytes(good).empty());
    // Every shorter beginning of a model is refused, one way or another.
    for (std::size_t length = 0; length < good.size(); ++length) {
        CAPTURE(length);
        CHECK(!findings_of_bytes(good.substr(0, length)).empty());
    }
    const TemporaryFolder folder;
    write(folder / "cut.onnx", good.substr(0, good.size() / 2));
    CHECK(findings_of_file(folder / "cut.onnx").starts_with(id(Code::not_onnx)));
    write(folder / "good.onnx", good);
    CHECK(findings_of_file(folder / "good.onnx").empty());
}

TEST_CASE("deep nesting is refused and does not exhaust the stack") {
    // A graph attribute in a node in a graph, 1,000 times over.
    std::string inner;
    const auto wrap = [](char tag, const std::string& content) {
        std::string text(1, tag);
        std::size_t length = content.size();
        for (; length >= 0x80; length >>= 7) {
            text += static_cast<char>((length & 0x7f) | 0x80);
        }
        text += static_cast<char>(length);
        return text + content;
    };
    for (int i = 0; i < 1000; ++i) {
        inner = wrap(0x0a, wrap(0x2a, wrap(0x32, inner))); // node, attribute, g
    }
    CHECK(findings_of_bytes("\x08\x08" + wrap(0x3a, inner)).starts_with(id(Code::not_onnx)));
}

TEST_CASE("versions of the format and the operator set") {
    for (std::int64_t opset = 7; opset <= 24; ++opset) {
        CHECK(findings(relu_model(opset)).empty());
    }
    for (const std::int64_t ir_version : {3, 4, 8, 13, 99}) {
        CHECK(findings(relu_model(13, ir_version)).empty());
    }
    CHECK(findings(relu_model(6)) ==
          id(Code::unsupported_opset) + ": the model uses operator set 6");
    CHECK(findings(relu_model(25)) ==
          id(Code::unsupported_opset) + ": the model uses operator set 25");
    CHECK(findings(relu_model(13, 2)) ==
          id(Code::unsupported_opset) + ": the file has IR version 2, older than 3");
    CHECK(findings(relu_model().clear_opsets()) ==
          id(Code::unsupported_opset) +
              ": the model does not say which operator set its operators belong to");
    CHECK(findings(relu_model().add_opset("ai.onnx", 12)) ==
          id(Code::unsupported_opset) + ": domain '' is imported in versions 13 and 12");
    CHECK(findings(relu_model().clear_opsets().add_opset("ai.onnx", 13)).empty());
}

TEST_CASE("the default domain may be spelled out") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2});
    model.add_node("Relu", {"x"}, {"y"}).domain("ai.onnx");
    model.add_output("y");
    CHECK(import_ok(model).operators == std::map<std::string, int>{{"Relu", 1}});
}

TEST_CASE("facts about the file") {
    OnnxBuilder model(13, 7);
    model.producer("exporter", "2.1").add_opset("qonnx.custom_op.general", 1);
    model.add_input("x", {"N", 2}).add_scalar("one", 1).add_scalar("zero", 0).add_scalar("bits", 4);
    model.add_node("Quant", {"x", "one", "zero", "bits"}, {"q"}).domain("qonnx.custom_op.general");
    model.add_node("Relu", {"q"}, {"r"});
    model.add_node("Relu", {"r"}, {"y"});
    model.add_output("y");
    const frontend::ImportedModel imported = import_ok(model);
    CHECK(imported.ir_version == 7);
    CHECK(imported.producer == "exporter 2.1");
    CHECK(imported.opsets == std::vector<std::pair<std::string, std::int64_t>>{
                                 {"", 13}, {"qonnx.custom_op.general", 1}});
    CHECK(imported.operators ==
          std::map<std::string, int>{{"Relu", 2}, {"qonnx.custom_op.general::Quant", 1}});
    CHECK(imported.symbolic_batch);
    CHECK(!import_ok(relu_model()).symbolic_batch);
}

TEST_CASE("graphs without outputs or inputs") {
    OnnxBuilder no_outputs(13);
    no_outputs.add_input("x", {1, 2});
    no_outputs.add_node("Relu", {"x"}, {"y"});
    CHECK(findings(no_outputs) == id(Code::no_outputs) + ": the graph has no outputs");

    OnnxBuilder no_inputs(13);
    no_inputs.add_init("c", {2}, {1, 2});
    no_inputs.add_node("Relu", {"c"}, {"y"});
    no_inputs.add_output("y");
    CHECK(findings(no_inputs) ==
          id(Code::no_outputs) + ": the graph has no inputs: its outputs are constants");
}

TEST_CASE("a cycle names the nodes on it and not those behind it") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2});
    model.add_node("Add", {"x", "c"}, {"a"}).name("first");
    model.add_node("Relu", {"a"}, {"b"}).name("second");
    model.add_node("Relu", {"b"}, {"c"}).name("third");
    model.add_node("Relu", {"c"}, {"y"}).name("behind");
    model.add_output("y");
    CHECK(findings(model) == id(Code::cyclic_graph) +
                                 " first (Add): these nodes depend on each other: 'first', "
                                 "'second', 'third'");
    OnnxBuilder itself(13);
    itself.add_input("x", {1, 2});
    itself.add_node("Add", {"x", "y"}, {"y"});
    itself.add_output("y");
    CHECK(findings(itself) ==
          id(Code::cyclic_graph) + " y (Add): these nodes depend on each other: 'y'");
}

TEST_CASE("nodes may stand in any order") {
    OnnxBuilder model(13);
    model.add_input("x", {2});
    model.add_node("Mul", {"b", "two"}, {"y"});
    model.add_node("Add", {"a", "two"}, {"b"});
    model.add_node("Neg", {"x"}, {"a"});
    model.add_scalar("two", 2).add_output("y");
    CHECK(run(model, {{1, 5}}) == std::vector<double>{2, -6});
}

TEST_CASE("names that are not defined, or twice") {
    OnnxBuilder undefined(13);
    undefined.add_input("x", {1, 2});
    undefined.add_node("Add", {"x", "weights"}, {"a"}).name("add");
    undefined.add_node("Relu", {"a"}, {"y"});
    undefined.add_output("y").add_output("z");
    CHECK(findings(undefined) == id(Code::undefined_value) +
                                     " add (Add): input 'weights' is defined nowhere\n" +
                                     id(Code::undefined_value) + ": output 'z' is defined nowhere");

    OnnxBuilder twice(13);
    twice.add_input("x", {1, 2}).add_input("x", {1, 2});
    twice.add_init("w", {2}, {1, 2}).add_init("w", {2}, {1, 2});
    twice.add_node("Add", {"x", "w"}, {"y"}).name("a");
    twice.add_node("Relu", {"x"}, {"y"}).name("b");
    twice.add_output("y").add_output("y");
    const std::string code = id(Code::duplicate_value);
    CHECK(findings(twice) == code + ": initializer 'w' is defined a second time\n" + code +
                                 ": input 'x' is defined a second time\n" + code +
                                 " b (Relu): value 'y' is defined a second time\n" + code +
                                 ": output 'y' is listed twice");
}

TEST_CASE("initializers that are also listed as inputs are constants") {
    OnnxBuilder model(7, 3);
    model.add_input("x", {2}).add_input("w", {2}).add_init("w", {2}, {10, 20});
    model.add_node("Add", {"x", "w"}, {"y"});
    model.add_output("y");
    CHECK(import_ok(model).graph.inputs.size() == 1);
    CHECK(run(model, {{1, 2}}) == std::vector<double>{11, 22});
}

TEST_CASE("symbolic dimensions") {
    const auto with_shape = [](const std::vector<OnnxDim>& shape) {
        OnnxBuilder model(13);
        model.add_input("x", shape);
        model.add_node("Relu", {"x"}, {"y"});
        model.add_output("y");
        return model;
    };
    CHECK(outputs_text(with_shape({"N", 4})) == "y : real float32 [1,4]");
    CHECK(outputs_text(with_shape({"", 4})) == "y : real float32 [1,4]");
    CHECK(outputs_text(with_shape({-1, 4})) == "y : real float32 [1,4]");
    CHECK(outputs_text(with_shape({7, 4})) == "y : real float32 [7,4]");
    CHECK(outputs_text(with_shape({})) == "y : real float32 []");
    CHECK(findings(with_shape({"N", "features", 3, ""})) ==
          id(Code::dynamic_shape) + ": dimension 1 of input 'x' is symbolic ('features')\n" +
              id(Code::dynamic_shape) + ": dimension 3 of input 'x' is unknown");
    // A size of 0 is known: there is nothing to compute.
    CHECK(findings(with_shape({1, 0, 3})) ==
          id(Code::dynamic_shape) + ": dimension 1 of input 'x' is 0");
    CHECK(outputs_text(with_shape({0, 4})) == "y : real float32 [1,4]"); // the batch

    OnnxBuilder no_shape(13);
    no_shape.add_input_of_type("x", 1, false);
    no_shape.add_node("Relu", {"x"}, {"y"});
    no_shape.add_output("y");
    CHECK(findings(no_shape) == id(Code::dynamic_shape) + ": input 'x' has no shape");

    OnnxBuilder unused = relu_model();
    unused.add_input("mask", {"N", "length"});
    CHECK(findings(unused) == "note " + id(Code::dynamic_shape) +
                                  ": input 'mask' is not used; its dimension 1, which is symbolic "
                                  "('length'), is taken as 1");
}

TEST_CASE("inputs of types and sizes that are not possible") {
    const auto with_type = [](int type) {
        OnnxBuilder model(13);
        model.add_input_of_type("x", type);
        model.add_node("Identity", {"x"}, {"y"});
        model.add_output("y");
        return model;
    };
    CHECK(findings(with_type(8)) ==
          id(Code::unsupported_data_type) + ": input 'x' has elements of type string");
    CHECK(findings(with_type(17)) ==
          id(Code::unsupported_data_type) + ": input 'x' has elements of type float8e4m3fn");
    CHECK(findings(with_type(1234)) ==
          id(Code::unsupported_data_type) +
              ": input 'x' has elements of type 1234, which ONNX does not define");
    OnnxBuilder giant(13);
    giant.add_input("x", {1, std::int64_t{1} << 31, std::int64_t{1} << 31});
    giant.add_node("Relu", {"x"}, {"y"});
    giant.add_output("y");
    CHECK(findings(giant).starts_with(id(Code::shape_mismatch)));
}

TEST_CASE("outputs that are inputs, constants or each other") {
    OnnxBuilder model(13);
    model.add_input("x", {2}, DataType::int8).add_init("c", {2}, {3, 4}, DataType::float16);
    model.add_node("Identity", {"x"}, {"a"});
    model.add_node("Identity", {"a"}, {"b"});
    model.add_node("Identity", {"c"}, {"d"});
    model.add_node("Neg", {"c"}, {"e"});
    model.add_node("Identity", {"e"}, {"f"});
    for (const char* name : {"x", "a", "b", "c", "d", "e", "f"}) {
        model.add_output(name);
    }
    CHECK(outputs_text(model) ==
          "x : real int8 [2], a : real int8 [2], b : real int8 [2], c : real float16 [2], "
          "d : real float16 [2], e : real float16 [2], f : real float16 [2]");
    OnnxBuilder alias(13);
    alias.add_input("x", {2});
    alias.add_node("Relu", {"x"}, {"inner"});
    alias.add_node("Identity", {"inner"}, {"middle"});
    alias.add_node("Dropout", {"middle"}, {"out", "mask"});
    alias.add_output("out");
    const frontend::ImportedModel imported = import_ok(alias);
    CHECK(imported.graph.nodes.size() == 1);
    CHECK(imported.graph.value(imported.graph.outputs.front()).name == "out");
}

TEST_CASE("names are any bytes and stay apart from made-up ones") {
    const std::string name = "a\"b\n$[exit]; \xff{}\\";
    OnnxBuilder model(13);
    model.add_input(name, {1, 2}).add_init("w", {2, 2}, {1, 2, 3, 4}).add_init("b", {2}, {5, 6});
    // These are the names that the importer would use for its intermediate values.
    model.add_node("Gemm", {name, "w", "b"}, {"y"}).name(name);
    model.add_node("Relu", {"y"}, {"y.Gemm"});
    model.add_node("Relu", {"y.Gemm"}, {"y.Gemm_1"});
    model.add_output("y.Gemm").add_output("y.Gemm_1");
    const frontend::ImportedModel imported = import_ok(model);
    CHECK(imported.graph.value(imported.graph.inputs[0]).name == name);
    CHECK(imported.graph.nodes[0].name == name);
    CHECK(imported.graph.value(imported.graph.outputs[0]).name == "y.Gemm");
    CHECK(imported.graph.value(imported.graph.outputs[1]).name == "y.Gemm_1");
}

TEST_CASE("after an unsupported node, later errors are found and none invented") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2}).add_init("w", {3, 3}, std::vector<double>(9, 1));
    model.add_node("LSTM", {"x"}, {"a"}).name("recurrent");
    model.add_node("MatMul", {"a", "w"}, {"b"}).name("fine");
    model.add_node("Relu", {"b", "b"}, {"c"}).name("arity");
    model.add_node("Softmax", {"c"}, {"d"}).name("type").attr("axis", 1.5F);
    model.add_node("FooBar", {"d"}, {"e"}).name("foo");
    model.add_node("MatMul", {"x", "w"}, {"f"}).name("shapes");
    model.add_node("If", {"f"}, {"g"}).name("branch").attr_graph("then_branch");
    model.add_node("Mine", {"g"}, {"h"}).name("call").domain("my.own");
    model.add_function("my.own", "Mine");
    model.add_output("e").add_output("h");
    const std::string text = findings(model);
    CAPTURE(text);
    CHECK(text.find("MR115 recurrent (LSTM): operator LSTM is not supported") == 0);
    CHECK(text.find("\nMR113 arity (Relu): 2 inputs are given, the operator takes 1") !=
          std::string::npos);
    CHECK(text.find("\nMR112 type (Softmax): attribute 'axis' must be an integer") !=
          std::string::npos);
    CHECK(text.find("\nMR115 foo (FooBar)") != std::string::npos);
    CHECK(text.find("\nMR114 shapes (MatMul)") != std::string::npos);
    CHECK(text.find("\nMR115 branch (If)") != std::string::npos);
    CHECK(text.find("\nMR115 call (my.own::Mine)") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 6);
}

TEST_CASE("unsupported operators say what to do") {
    const auto help = [](const std::string& op, const std::string& domain) {
        OnnxBuilder model(13);
        model.add_input("x", {1, 2});
        model.add_node(op, {"x"}, {"y"}).domain(domain);
        model.add_function("my.own", "Mine");
        model.add_output("y");
        Diagnostics diagnostics;
        const auto result =
            frontend::import_onnx_bytes(model.bytes(), "model.onnx", {}, diagnostics);
        CHECK(!result);
        REQUIRE(diagnostics.all().size() == 1);
        CHECK(diagnostics.all()[0].code == Code::unsupported_operator);
        return diagnostics.all()[0].help;
    };
    CHECK(help("DeformConv", "").find("use Conv") != std::string::npos);
    CHECK(help("QLinearWhere", "com.microsoft").find("QDQ") != std::string::npos);
    CHECK(help("FusedConv", "com.microsoft").find("before it is optimised") != std::string::npos);
    CHECK(help("MVAU", "finn.custom_op.fpgadataflow.hls").find("QONNX") != std::string::npos);
    CHECK(help("LRN", "").find("BatchNormalization") != std::string::npos);
    CHECK(help("FloatQuant", "onnx.brevitas").find("minifloat") != std::string::npos);
    CHECK(help("DynamicQuantizeLinear", "").find("static quantization") != std::string::npos);
    CHECK(help("Mine", "my.own").find("inline") != std::string::npos);
    CHECK(help("Gelu", "com.microsoft").find("Relu") != std::string::npos);
    CHECK(help("Unheard", "com.microsoft").find("'com.microsoft'") != std::string::npos);
}

TEST_CASE("nodes that no output depends on are left out") {
    OnnxBuilder model = relu_model();
    model.add_node("FooBar", {"x"}, {"nobody"});
    CHECK(findings(model).empty());
    CHECK(import_ok(model).graph.nodes.size() == 1);
}

TEST_CASE("the checker's opinion is a note") {
    frontend::ImportOptions options;
    options.run_checker = true;
    OnnxBuilder model(13);
    model.add_input("x", {1, 2}).add_scalar("s", 1);
    model.add_node("BipolarQuant", {"x", "s"}, {"y"}).domain("onnx.brevitas");
    model.add_output("y");
    CHECK(findings(model).empty());
    const std::string text = findings(model, options);
    CAPTURE(text);
    CHECK(text.starts_with("note " + id(Code::checker_advice)));
    CHECK(findings(relu_model(24), options).empty()); // newer than the checker
}

TEST_CASE("external data inside the model's folder") {
    const TemporaryFolder folder;
    write(folder / "weights.bin", "skip" + four_floats() + "rest");
    const auto findings_for = [&](const std::string& location, const std::string& offset,
                                  const std::string& length, DataType type = DataType::float32) {
        OnnxBuilder model(13);
        model.add_input("x", {4}, type);
        model.add_external("w", {4}, type, location, offset, length);
        model.add_node("Add", {"x", "w"}, {"y"}).name("add");
        model.add_output("y");
        model.save(folder / "model.onnx");
        return findings_of_file(folder / "model.onnx");
    };
    CHECK(findings_for("weights.bin", "4", "16").empty());
    CHECK(findings_for("./sub/../weights.bin", "4", "16").empty());
    CHECK(findings_for("weights.bin", "8", "").empty()); // to the end
    CHECK(findings_for("weights.bin", "4", "16", DataType::int32).empty());

    const auto code_of = [](const std::string& text) {
        return text.substr(0, 5) + (text.find('\n') == std::string::npos ? "" : " and more");
    };
    const std::string outside = id(Code::external_data_outside);
    CHECK(code_of(findings_for("../../x", "", "")) == outside);
    CHECK(code_of(findings_for("sub/../../x", "", "")) == outside);
    CHECK(code_of(findings_for("/etc/passwd", "", "")) == outside);
    CHECK(code_of(findings_for(std::string("a\0b", 3), "", "")) == outside);
    CHECK(code_of(findings_for("..", "", "")) == outside);
    CHECK(code_of(findings_for(".", "", "")) == outside);
    fs::create_symlink("/etc/hostname", folder / "link.bin");
    fs::create_directory_symlink("/etc", folder / "linked");
    CHECK(code_of(findings_for("link.bin", "", "")) == outside);
    CHECK(code_of(findings_for("linked/hostname", "", "")) == outside);

    const std::string unreadable = id(Code::external_data_unreadable);
    CHECK(code_of(findings_for("absent.bin", "", "")) == unreadable);
    CHECK(code_of(findings_for("", "", "")) == unreadable);
    fs::create_directory(folder / "directory");
    CHECK(code_of(findings_for("directory", "", "")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "25", "")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "20", "16")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "18446744073709551615", "16")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "-4", "16")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "four", "16")) == unreadable);
    CHECK(code_of(findings_for("weights.bin", "4", "12")) == id(Code::tensor_size_mismatch));
}

TEST_CASE("a model in memory has no external data unless a folder is named") {
    OnnxBuilder model(13);
    model.add_input("x", {4}).add_external("w", {4}, DataType::float32, "weights.bin");
    model.add_node("Add", {"x", "w"}, {"y"});
    model.add_output("y");
    CHECK(findings(model).starts_with(id(Code::external_data_outside)));
    const TemporaryFolder folder;
    write(folder / "weights.bin", four_floats());
    Diagnostics diagnostics;
    CHECK(frontend::import_onnx_bytes(model.bytes(), "model", folder / "", diagnostics));
}

TEST_SUITE_END();
