// SPDX-License-Identifier: Apache-2.0
//
// The verifier accepts well-formed graphs of every level and names each rule that is broken, one by
// one.
#include "ir/diagnostics.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <string>

using namespace millrace;

namespace {

constexpr std::string_view network_text = R"(network "n" {
  input %x : real float32 [1,2]
  const %w : real float32 [2,2] = floats [1,2,3,4]
  %y : real float32 [1,2] = matmul(%x, %w) from "MatMul" "the\nnode"
  %z : real float32 [1,2] = relu(%y)
  output %z
  output %y
})";

constexpr std::string_view integer_text = R"(integer "n" {
  input %x : integer [1,2] lo [0,1] hi [3] grid scale [1/2] zero_point [0]
  %y : integer [1,1] lo [-6] hi [1] grid scale [1/2] zero_point [0] = integer_matmul(%x) {weights = [2,1] scaled [1,-2] scale [1], weight_scale = [1], groups = 1}
  output %y
})";

constexpr std::string_view dataflow_text = R"(dataflow "n" {
  input %x : integer [1,4] lo [-1] hi [1] bipolar grid scale [1] zero_point [0]
  %s : stream [1,4] b1 x2 = memory_to_stream(%x) {lanes = 2, memory_bits = 64, memory_cycles = 0}
  %a : stream [1,4] b1 x2, %b : stream [1,4] b1 x2 = fork(%s) {ways = 2}
  %y : integer [1,4] lo [-1] hi [1] bipolar grid scale [1] zero_point [0] = stream_to_memory(%a) {type = integer [1,4] lo [-1] hi [1] bipolar grid scale [1] zero_point [0], memory_bits = 64, memory_cycles = 0}
  output %y
  output %b
})";

Value& value(Graph& graph, std::string_view name) {
    return *std::find_if(graph.values.begin(), graph.values.end(),
                         [&](const Value& candidate) { return candidate.name == name; });
}
ValueId id(Graph& graph, std::string_view name) {
    return static_cast<ValueId>(&value(graph, name) - graph.values.data());
}
IntegerType& integer(Graph& graph, std::string_view name) {
    return std::get<IntegerType>(value(graph, name).type);
}
StreamType& stream(Graph& graph, std::string_view name) {
    return std::get<StreamType>(value(graph, name).type);
}

/// What the verifier says about the graph after `breaks`.
std::string verdict(std::string_view text, const std::function<void(Graph&)>& breaks) {
    Graph graph = parse_graph(text);
    breaks(graph);
    try {
        verify(graph, "pass");
    } catch (const Defect& defect) {
        return defect.what();
    }
    return "well-formed";
}

} // namespace

TEST_SUITE("ir verify") {
    TEST_CASE("well-formed graphs") {
        const auto nothing = [](Graph&) {};
        CHECK(verdict(network_text, nothing) == "well-formed");
        CHECK(verdict(integer_text, nothing) == "well-formed");
        CHECK(verdict(dataflow_text, nothing) == "well-formed");
        CHECK_NOTHROW(verify(Graph{}, "empty"));
    }

    TEST_CASE("ids") {
        CHECK(verdict(network_text, [](Graph& g) { g.nodes[0].inputs[0] = 99; }) ==
              "pass: node 'the\\nnode' (matmul): a value id is out of range");
        CHECK(verdict(network_text, [](Graph& g) { g.nodes[1].outputs[0] = 4; }) ==
              "pass: node '' (relu): a value id is out of range");
        CHECK(verdict(network_text, [](Graph& g) { g.outputs[0] = 4; }) ==
              "pass: an id of the graph's inputs or outputs is out of range");
        CHECK(verdict(network_text, [](Graph& g) { g.inputs[0] = 4; }) ==
              "pass: an id of the graph's inputs or outputs is out of range");
    }

    TEST_CASE("names") {
        CHECK(verdict(network_text, [](Graph& g) { value(g, "y").name = value(g, "x").name; }) ==
              "pass: value 'x': the name is not unique");
    }

    TEST_CASE("definitions before uses, once each") {
        CHECK(verdict(network_text, [](Graph& g) { g.inputs.push_back(g.inputs[0]); }) ==
              "pass: value 'x': the value is defined more than once");
        CHECK(verdict(network_text, [](Graph& g) { g.inputs.push_back(id(g, "w")); }) ==
              "pass: value 'w': the value is defined more than once");
        CHECK(verdict(network_text, [](Graph& g) { g.nodes[1].outputs = {id(g, "y")}; }) ==
              "pass: value 'y': the value is defined more than once");
        CHECK(verdict(network_text, [](Graph& g) { g.inputs.clear(); }) ==
              "pass: node 'the\\nnode' (matmul): the input 'x' is used before it is produced");
        CHECK(verdict(network_text, [](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }) ==
              "pass: node '' (relu): the input 'y' is used before it is produced");
        CHECK(verdict(network_text, [](Graph& g) { g.nodes.pop_back(); }) ==
              "pass: value 'z': no node produces the value");
    }

    TEST_CASE("ops of the graph's level, with inferred types") {
        CHECK(verdict(network_text, [](Graph& g) { g.nodes[1].op = ops::Fifo{}; }) ==
              "pass: node '' (fifo): the op does not belong to the network level");
        CHECK(verdict(network_text, [](Graph& g) {
                  value(g, "z").type = RealType{{1, 2}, DataType::float64};
              }) == "pass: node '' (relu): the type of 'z' is not the inferred one");
        CHECK(verdict(network_text, [](Graph& g) {
                  g.nodes[1].op = ops::Reshape{{3}};
              }).starts_with("pass: node '' (reshape): "));
        CHECK(verdict(network_text, [](Graph& g) {
                  g.nodes[1].inputs.clear();
              }).starts_with("pass: node '' (relu): "));
        CHECK(verdict(network_text, [](Graph& g) {
                  g.nodes[1].op = ops::TopK{1, 1, true};
              }) == "pass: node '' (topk): the op has 2 results, the node 1");
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "y").hi = {5}; }) ==
              "pass: node '' (integer_matmul): the type of 'y' is not the inferred one");
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "y").grid.scale = {Real(1)}; }) ==
              "pass: node '' (integer_matmul): the type of 'y' is not the inferred one");
    }

    TEST_CASE("values of the graph's level") {
        CHECK(verdict(network_text, [](Graph& g) { value(g, "x").type = IntegerType{}; }) ==
              "pass: value 'x': an integer type does not stand at the network level");
        CHECK(verdict(integer_text, [](Graph& g) { value(g, "x").type = RealType{}; }) ==
              "pass: value 'x': a real tensor stands only at the network level");
        CHECK(verdict(integer_text, [](Graph& g) { value(g, "x").type = StreamType{}; }) ==
              "pass: value 'x': a stream stands only at the dataflow level");
    }

    TEST_CASE("shapes and constants") {
        CHECK(verdict(network_text, [](Graph& g) {
                  value(g, "w").type = RealType{{4}, DataType::float32};
              }) == "pass: value 'w': the constant has another shape than its type");
        CHECK(verdict(network_text, [](Graph& g) {
                  value(g, "x").type = RealType{{-1}, DataType::float32};
              }).starts_with("pass: value 'x': negative dimension"));
        CHECK(verdict(integer_text, [](Graph& g) {
                  integer(g, "x").shape = {2, 0};
              }) == "pass: value 'x': the tensor has no elements");
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").shape = {0}; }) ==
              "pass: value 's': the tensor has no elements");
        CHECK(verdict(dataflow_text, [](Graph& g) {
                  value(g, "s").constant =
                      std::make_shared<Tensor>(Shape{1, 4}, std::vector<float>(4));
              }) == "pass: value 's': a constant cannot be a stream");
    }

    TEST_CASE("ranges and grids") {
        const std::string lists =
            "pass: value 'x': a list has neither one entry nor one per channel";
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").lo = {}; }) == lists);
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").hi = {1, 2, 3}; }) == lists);
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").grid.scale = {}; }) == lists);
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").grid.zero_point.resize(3); }) ==
              lists);
        CHECK(verdict(integer_text, [](Graph& g) {
                  integer(g, "x").lo = {0, 4};
              }) == "pass: value 'x': the range [4, 3] is empty");
        CHECK(verdict(integer_text, [](Graph& g) {
                  integer(g, "x").hi = {(std::int64_t{1} << 62) + 1};
              }) == "pass: value 'x': the range [0, 4611686018427387905] exceeds 62 bits");
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").bipolar = true; }) ==
              "pass: value 'x': the range [0, 3] is not bipolar");
        CHECK(verdict(integer_text, [](Graph& g) { integer(g, "x").grid.scale = {Real(0)}; }) ==
              "pass: value 'x': the grid has scale 0");
    }

    TEST_CASE("streams") {
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").element.bits = 2; }) ==
              "pass: value 's': an element cannot have the format b2");
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").element.bits = 0; }) ==
              "pass: value 's': an element cannot have the format b0");
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").lanes = 0; }) ==
              "pass: value 's': 0 lanes do not divide shape [1,4]");
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").lanes = 3; }) ==
              "pass: value 's': 3 lanes do not divide shape [1,4]");
        CHECK(verdict(dataflow_text, [](Graph& g) {
                  stream(g, "s") = {{8192}, {1, Encoding::bipolar}, 8192};
              }) == "pass: value 's': a word of 8192 lanes of 1 bits exceeds 4096 bits");
        CHECK(verdict(dataflow_text, [](Graph& g) { stream(g, "s").lanes = 4; }) ==
              "pass: node '' (memory_to_stream): the type of 's' is not the inferred one");
    }

    TEST_CASE("one reader for each stream") {
        CHECK(verdict(dataflow_text, [](Graph& g) { g.outputs.pop_back(); }) ==
              "pass: value 'b': the stream has 0 readers, not one");
        CHECK(verdict(dataflow_text, [](Graph& g) { g.outputs.push_back(id(g, "b")); }) ==
              "pass: value 'b': the stream has 2 readers, not one");
        // Values of other levels may have any number.
        CHECK(verdict(dataflow_text, [](Graph& g) { g.outputs.push_back(id(g, "y")); }) ==
              "well-formed");
    }

    TEST_CASE("each op belongs to one level") {
        const auto levels = [](const Op& op) {
            std::string result;
            for (const Level level : {Level::network, Level::integer, Level::dataflow}) {
                if (belongs_to(op, level)) {
                    result += to_string(level);
                }
            }
            return result;
        };
        CHECK(levels(ops::MatMul{}) == "network");
        CHECK(levels(ops::Quantize{}) == "network");
        CHECK(levels(ops::IntegerMatMul{}) == "integer");
        CHECK(levels(ops::IntegerReshape{}) == "integer");
        CHECK(levels(ops::MemoryToStream{}) == "dataflow");
        CHECK(levels(ops::StreamReshape{}) == "dataflow");
    }
}
