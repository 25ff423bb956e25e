// SPDX-License-Identifier: Apache-2.0
//
// The text form: what it looks like, that every field of every op of every level survives it (on
// hand-written text, and on random graphs whose fields are drawn through the ops' own visitors, so
// that a new op is covered without a line here), and that no text, however broken, does more than
// raise TextError.
#include "ir/text.hpp"
#include "tests/support/random_graph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <string>

using namespace millrace;
using tests::equal;

namespace {

void check_round_trip(const Graph& graph) {
    const std::string text = print(graph);
    Graph parsed;
    REQUIRE_NOTHROW_MESSAGE(parsed = parse_graph(text), text);
    CHECK(print(parsed) == text);
    CHECK_MESSAGE(equal(graph, parsed), text);
}

/// The text is what print() itself would write.
void check_canonical(std::string_view text) {
    const Graph graph = parse_graph(text);
    CHECK(print(graph) == text);
    check_round_trip(graph);
}

std::string error_of(std::string_view text) {
    try {
        parse_graph(text);
    } catch (const TextError& error) {
        return error.what();
    }
    return "no error";
}

/// A graph of one statement, on the second line.
std::string error_in(std::string_view statement) {
    return error_of("network \"n\" {\n" + std::string(statement) + "\n}");
}

constexpr std::string_view network_text = R"(network "tfc" {
  input %x : real float32 [1,2]
  const %w : real float32 [2,2] = floats [1,-0,3.5e-10,0.1]
  const %s : real int8 [2] = scaled [-128,127] scale [1/8]
  const %c : real float64 [2,2] = scaled [1,2,3,4] scale [1,1/3] axis 1
  const %r : real float64 [] = reals [1/2+3/4*sqrt(5)]
  %y : real float32 [1,2] = matmul(%x, %w) from "MatMul" "node name"
  %z : real float32 [1,2] = leaky_relu(%y) {alpha = 1/8}
  %q : real float32 [1,2] = quantize(%z) from "Quant" "" {scale = [1] floats [0.1], zero_point = [] reals [0], bits = null, signed = true, narrow = false, rounding = half_up, zero_point_last = false}
  %k : real float32 [1,2] = clip(%q) {low = none, high = 5*2^-20}
  %v : real float32 [1,1], %i : real int64 [1,1] = topk(%k) {k = 1, axis = 1, largest = true}
  output %i
  output %v
  output %i
}
)";

constexpr std::string_view integer_text = R"(integer "body" {
  input %x : integer [1,3] lo [0] hi [255] grid scale [1/255] zero_point [0]
  %a : integer [1,2] lo [-255,-9] hi [510,9] grid scale [1,2/3] zero_point [0] = integer_matmul(%x) {weights = [3,2] scaled [1,-1,0,1,1,0] scale [1], weight_scale = [1,2/3], groups = 1}
  %b : integer [1,2] lo [-1] hi [1] bipolar grid scale [1] zero_point [0] = integer_function(%a) {function = channels 2 [affine {scale = [1,2], offset = [0]}, sigmoid, quantize {scale = [1], zero_point = [0], lo = [], hi = [], rounding = half_even, zero_point_last = false, binary = true}], grid = scale [1] zero_point [0]}
  output %b
}
)";

constexpr std::string_view dataflow_text = R"(dataflow "body" {
  input %x : integer [1,4] lo [0] hi [15] grid scale [1] zero_point [0]
  %s : stream [1,4] u4 x2 = memory_to_stream(%x) {lanes = 2, memory_bits = 64, memory_cycles = 9}
  %a : stream [1,2] s6 x1 = matrix_vector(%s) {weights = [4,2] scaled [1,-1,1,1,-1,-1,1,-1] scale [1], groups = 1, weight_format = b1, accumulator = s6, pe = 1, simd = 2, memory = bram, multiplier = dsp}
  %f : stream [1,2] u1 x1 = function_unit(%a) {form = thresholds {base = [0], step = [1], thresholds = [[0],[-3]]}, output = u1, memory = automatic}
  %y : integer [1,2] lo [0] hi [1] grid scale [1] zero_point [0] = stream_to_memory(%f) {type = integer [1,2] lo [0] hi [1] grid scale [1] zero_point [0], memory_bits = 128, memory_cycles = 0}
  output %y
}
)";

} // namespace

TEST_SUITE("ir text") {
    TEST_CASE("each level prints as documented") {
        check_canonical(network_text);
        check_canonical(integer_text);
        check_canonical(dataflow_text);
    }

    TEST_CASE("the parsed graph has what the text says") {
        const Graph graph = parse_graph(network_text);
        CHECK(graph.level == Level::network);
        CHECK(graph.name == "tfc");
        REQUIRE(graph.nodes.size() == 5);
        CHECK(graph.nodes[0].onnx_op == "MatMul");
        CHECK(graph.nodes[0].name == "node name");
        CHECK(std::get<ops::LeakyRelu>(graph.nodes[1].op).alpha == Real::ratio(1, 8));
        const auto& quantize = std::get<ops::Quantize>(graph.nodes[2].op);
        CHECK(quantize.bits == nullptr);
        CHECK(quantize.scale->floats()->front() == 0.1F);
        CHECK(quantize.rounding == Rounding::half_up);
        CHECK(graph.outputs.size() == 3);
        const Tensor& w = *graph.value(graph.nodes[0].inputs[1]).constant;
        CHECK(std::signbit((*w.floats())[1]));
        CHECK((*w.floats())[2] == 3.5e-10F);
    }

    TEST_CASE("one op") {
        CHECK(print(Op{ops::LeakyRelu{Real::ratio(1, 8)}}) == "leaky_relu {alpha = 1/8}");
        CHECK(print(Op{ops::Relu{}}) == "relu");
    }

    TEST_CASE("space and the order of fields do not matter") {
        const Graph graph = parse_graph("network\t\"\"{input%x:real float32[ ]\r\n"
                                        "%y:real float32[]=topk ( %x ){largest=false,k=3,axis=0}}");
        const auto& topk = std::get<ops::TopK>(graph.nodes.at(0).op);
        CHECK(topk.k == 3);
        CHECK_FALSE(topk.largest);
    }

    TEST_CASE("names of any bytes") {
        std::string all;
        for (int byte = 255; byte >= 0; --byte) {
            all += static_cast<char>(byte);
        }
        Graph graph;
        graph.name = all;
        for (const std::string& name : {all, std::string("a b"), std::string("\"}\n\\"),
                                        std::string("%"), std::string("plain.Name_1")}) {
            graph.inputs.push_back(graph.add_value(name, RealType{}));
        }
        graph.add_node(ops::Relu{}, {0}, all, all, {"out"});
        check_round_trip(graph);
        CHECK(print(graph).find("input %plain.Name_1 :") != std::string::npos);
        CHECK(print(graph).find(R"(input %"\"}\n\\" :)") != std::string::npos);
    }

    TEST_CASE("constants keep their storage and every bit") {
        Graph graph;
        std::mt19937 random(7);
        std::vector<float> floats{0.0F, -0.0F, 1e-45F, 3.4028235e38F, 16777216.0F, 0.1F};
        while (floats.size() < 2000) {
            const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
            if (std::isfinite(value)) {
                floats.push_back(value);
            }
        }
        graph.add_constant("floats", Tensor({40, 50}, floats));
        graph.add_constant("integers",
                           Tensor({3}, ScaledIntegers{{std::numeric_limits<std::int32_t>::min(), 0,
                                                       std::numeric_limits<std::int32_t>::max()},
                                                      {Real::ratio(1, 3)}}));
        graph.add_constant("empty", Tensor({0, 3}, std::vector<float>{}));
        graph.add_constant("reals",
                           Tensor({2}, std::vector<Real>{sqrt(Real(2)), Real::dyadic(3, -900)}));
        check_round_trip(graph);
        const Graph parsed = parse_graph(print(graph));
        const auto& read = *parsed.values[0].constant->floats();
        REQUIRE(read.size() == floats.size());
        for (std::size_t i = 0; i < floats.size(); ++i) {
            CHECK(std::bit_cast<std::uint32_t>(read[i]) == std::bit_cast<std::uint32_t>(floats[i]));
        }
    }

    TEST_CASE("random graphs of every op survive") {
        std::mt19937 random(1);
        for (int i = 0; i < 60; ++i) {
            check_round_trip(tests::random_graph(random));
        }
    }

    TEST_CASE("equality of graphs sees every difference") {
        const Graph graph = parse_graph(network_text);
        Graph other = graph;
        CHECK(equal(graph, other));
        std::get<ops::LeakyRelu>(other.nodes[1].op).alpha = Real(1);
        CHECK_FALSE(equal(graph, other));
        other = graph;
        std::swap(other.nodes[0].inputs[0], other.nodes[0].inputs[1]);
        CHECK_FALSE(equal(graph, other));
        other = graph;
        other.values[1].constant = std::make_shared<Tensor>(Shape{2, 2}, std::vector<float>(4));
        CHECK_FALSE(equal(graph, other));
    }

    TEST_CASE("errors name the line and what is wrong") {
        CHECK(error_of("") == "line 1: the graph's level is expected");
        CHECK(error_of("gates \"\" {}") == "line 1: unknown level 'gates'");
        CHECK(error_of("network \"\" {\n\n") ==
              "line 3: input, const, output, a node or '}' is expected");
        CHECK(error_of("network \"\" {\n}\nx") == "line 3: text after the end of the graph");
        CHECK(error_in("wire %x") == "line 2: unknown statement 'wire'");
        CHECK(error_in("output %x") == "line 2: value 'x' is used before it is defined");
        CHECK(error_in("input %x : real float32 []\ninput %x : real float32 []") ==
              "line 3: value 'x' is defined twice");
        CHECK(error_in("%x : real float32 [] = relu(%x)") ==
              "line 2: value 'x' is used before it is defined");
        CHECK(error_in("input %x : real float33 []") == "line 2: unknown element type 'float33'");
        CHECK(error_in("input %x : imaginary []") == "line 2: unknown type 'imaginary'");
        CHECK(error_in("input %x : stream [] t4 x1") ==
              "line 2: an element format like u8, s8 or b1 is expected");
        CHECK(error_in("input %x : integer [] lo [] [] hi") == "line 2: 'hi' is expected");
        CHECK(error_in("input %\"a : real float32 []") == "line 2: the string does not end");
        CHECK(error_in("input %\"\\q\" : real float32 []") == "line 2: unknown escape in a string");
        CHECK(error_in("= \n frobnicate()") == "line 3: unknown op 'frobnicate'");
        CHECK(error_in("= leaky_relu()") == "line 2: leaky_relu lacks its field 'alpha'");
        CHECK(error_in("= clip() {low = none}") == "line 2: clip lacks its field 'high'");
        CHECK(error_in("= leaky_relu() {beta = 1}") ==
              "line 2: unknown or repeated field 'beta' of leaky_relu");
        CHECK(error_in("= leaky_relu() {alpha = 1, alpha = 1}") ==
              "line 2: unknown or repeated field 'alpha' of leaky_relu");
        CHECK(error_in("= leaky_relu() {alpha = ~0.5}") == "line 2: '~0.5' is not an exact number");
        CHECK(error_in("= topk() {k = 99999999999999999999}") ==
              "line 2: the number is out of range");
        CHECK(error_in("= topk() {k = 1, axis = 0, largest = yes}") ==
              "line 2: 'yes' is neither true nor false");
        CHECK(error_in("= integer_function() {function = channels 1 [exp]") ==
              "line 2: unknown step or form 'exp'");
        CHECK(error_in("= integer_function() {function = channels 1 [clip {low = 1}]") ==
              "line 2: clip lacks its field 'high'");
        CHECK(error_in("= function_unit() {memory = rom") == "line 2: unknown memory style 'rom'");
        CHECK(error_in("= matrix_vector() {multiplier = x") ==
              "line 2: unknown multiplier style 'x'");
        CHECK(error_in("const %x : real float32 [2] = floats [1]") ==
              "line 2: 1 elements for shape [2]");
        CHECK(error_in("const %x : real float32 [1] = floats [inf]") ==
              "line 2: the number is not finite");
        CHECK(error_in("const %x : real float32 [1] = halves [1]") ==
              "line 2: unknown storage 'halves'");
        CHECK(error_in("const %x : real float32 [2] = scaled [1,2] scale [1,1,1] axis 0") ==
              "line 2: the number of scales is neither one nor the size of their axis");
        CHECK(error_in("const %x : real float32 [2] = scaled [1,2] scale []") ==
              "line 2: the number of scales is neither one nor the size of their axis");
        CHECK(error_in("const %x : real float32 [2] = scaled [1,2] scale [1,1] axis 7") ==
              "line 2: the number of scales is neither one nor the size of their axis");
        CHECK(error_in("const %x : real float32 [4611686018427387904,4] = floats []")
                  .starts_with("line 2: shape [4611686018427387904,4]"));
    }

    TEST_CASE("truncated and mutated text only raises TextError") {
        std::mt19937 random(3);
        const auto below = [&random](std::size_t bound) {
            return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
        };
        const auto survive = [](const std::string& text) {
            try {
                const std::string printed = print(parse_graph(text));
                CHECK(print(parse_graph(printed)) == printed);
                return true;
            } catch (const TextError&) {
                return false;
            }
        };
        std::vector<std::string> texts{std::string(network_text), std::string(integer_text),
                                       std::string(dataflow_text)};
        texts.push_back(print(tests::random_graph(random)));
        std::size_t parsed = 0;
        for (const std::string& text : texts) {
            const std::size_t stride = text.size() / 500 + 1;
            for (std::size_t length = 0; length + 2 < text.size(); length += stride) {
                CHECK_FALSE(survive(text.substr(0, length)));
            }
            for (int i = 0; i < 1500; ++i) {
                std::string mutant = text;
                for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
                    const std::size_t at = below(mutant.size());
                    const std::size_t from = below(mutant.size());
                    const std::size_t length = std::min(below(12), mutant.size() - from);
                    switch (below(4)) {
                    case 0:
                        mutant[at] = static_cast<char>(below(256));
                        break;
                    case 1:
                        mutant.erase(at, 1 + below(8));
                        break;
                    case 2:
                        mutant.insert(at, mutant.substr(from, length));
                        break;
                    default:
                        mutant.insert(at, 1, "0123456789-[],{}%\" =*^/"[below(23)]);
                    }
                }
                parsed += static_cast<std::size_t>(survive(mutant));
            }
        }
        CHECK(parsed > 0); // the mutants are not all trivially broken
    }
}
