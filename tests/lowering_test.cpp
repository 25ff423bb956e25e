// SPDX-License-Identifier: Apache-2.0
//
// The whole chain of levels on random networks, and the decisions of lowering on small ones.
#include "ir/cycle_prediction.hpp"
#include "ir/names.hpp"
#include "ir/schedule.hpp"
#include "ir/text.hpp"
#include "ir/token_simulation.hpp"
#include "ir/verify.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "passes/pipeline.hpp"
#include "passes/weight_grid.hpp"
#include "planner/folding.hpp"
#include "tests/support/random_mlp.hpp"
#include "tests/support/solved.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>

using namespace millrace;

namespace {

struct Compiled {
    passes::Compilation compilation;
    Diagnostics diagnostics;
    bool ok = false;
};

Compiled compile(Graph network, std::int64_t cycles) {
    Compiled result;
    result.compilation.network = std::move(network);
    result.compilation.make_plan = [cycles](const passes::PlanRequest& request, Diagnostics&) {
        return planner::fold_for_cycles(request.body, cycles);
    };
    result.ok = passes::run_passes(result.compilation, result.diagnostics);
    return result;
}

std::string reasons(const Diagnostics& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        text += format(diagnostic) + "\n";
    }
    return text;
}

Graph parse(std::string_view text) {
    Graph graph = parse_graph(text);
    verify(graph, "test");
    return graph;
}

/// The dataflow level gives what the network gives.
void check_outputs(const passes::Compilation& c, const HostArray& input) {
    const std::int64_t samples = input.shape.front();
    const auto expected = make_network_engine(c.network)->run({input}, samples, 1);
    const auto got = make_dataflow_engine(c.program, c.dataflow)->run({input}, samples, 1);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(expected[i].data == got[i].data);
    }
}

/// An actor reads and writes just the words that its streams have.
void check_words(const Graph& dataflow, const Node& node) {
    CAPTURE(print(node.op));
    const Schedule plan = schedule(dataflow, node);
    if (const auto* stream = std::get_if<StreamType>(&dataflow.value(node.inputs[0]).type)) {
        CHECK(plan.words_read() == stream->words());
    }
    if (const auto* stream = std::get_if<StreamType>(&dataflow.value(node.outputs[0]).type)) {
        CHECK(plan.words_written() == stream->words());
    }
}

template <class OpType> std::size_t count_ops(const Graph& graph) {
    return static_cast<std::size_t>(
        std::count_if(graph.nodes.begin(), graph.nodes.end(),
                      [](const Node& node) { return std::holds_alternative<OpType>(node.op); }));
}

} // namespace

TEST_SUITE("lowering") {

    TEST_CASE("random networks: network, integer and dataflow level agree, element for element") {
        std::set<std::string> forms;
        int compiled = 0;
        for (std::uint32_t seed = 0; seed < 80; ++seed) {
            CAPTURE(seed);
            tests::RandomMlp mlp(seed);
            Graph network = mlp.network({});
            const HostArray samples = mlp.samples(network, 12);
            Compiled result = compile(std::move(network), seed % 3 == 0 ? 1 : 40);
            if (!result.ok) {
                // The generator does not work out how wide accumulators and ranges become.
                CHECK(result.diagnostics.has_errors());
                for (const Diagnostic& diagnostic : result.diagnostics.all()) {
                    CAPTURE(format(diagnostic));
                    CHECK((diagnostic.code == Code::accumulator_too_wide ||
                           diagnostic.code == Code::activation_too_wide));
                }
                continue;
            }
            ++compiled;
            const passes::Compilation& c = result.compilation;
            for (const Node& node : c.dataflow.nodes) {
                if (const auto* unit = std::get_if<ops::FunctionUnit>(&node.op)) {
                    forms.insert(std::string(form_name(*unit->form)));
                }
            }
            const auto expected = make_network_engine(c.network)->run({samples}, 12, 1);
            const auto integer = make_reference_engine(c.program)->run({samples}, 12, 2);
            const auto dataflow =
                make_dataflow_engine(c.program, c.dataflow)->run({samples}, 12, 1);
            REQUIRE(expected.size() == integer.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                CHECK(expected[i].data == integer[i].data);
                CHECK(expected[i].data == dataflow[i].data);
            }
            // Every actor's schedule reads and writes the words of its streams.
            for (const Node& node : c.dataflow.nodes) {
                check_words(c.dataflow, node);
            }
            // The printed graphs are the graphs.
            for (const Graph* graph :
                 {&c.program.head, &c.program.body, &c.program.tail, &c.dataflow}) {
                CHECK(print(parse_graph(print(*graph))) == print(*graph));
            }
        }
        CHECK(compiled >= 72); // of 80
        CHECK(forms.count("thresholds") == 1);
        CHECK(forms.count("multiply_add_shift") == 1);
        CHECK(forms.size() >= 4);
    }

    TEST_CASE("weights find their coarsest grid") {
        const auto grid = [](const Tensor& weights) { return passes::find_weight_grid(weights); };
        // Float weights -1.5, 3 and 0 are -1, 2, 0 times 1.5.
        auto found = grid(Tensor({3, 1}, std::vector<float>{-1.5F, 3.0F, 0.0F}));
        REQUIRE(found.has_value());
        CHECK(found->scale == std::vector<Real>{Real::ratio(3, 2)});
        CHECK(found->integers == Tensor({3, 1}, std::vector<float>{-1, 2, 0}));
        // Columns of very different scales need a scale each.
        found = grid(Tensor({2, 2}, std::vector<float>{1.0F, 1e-9F, -3.0F, 2e-9F}));
        REQUIRE(found.has_value());
        CHECK(found->scale.size() == 2);
        for (std::int64_t i = 0; i < 4; ++i) {
            CHECK(found->integers.at(i) * found->scale[static_cast<std::size_t>(i % 2)] ==
                  Tensor({2, 2}, std::vector<float>{1.0F, 1e-9F, -3.0F, 2e-9F}).at(i));
        }
        // Trained float weights are on no grid.
        CHECK(!grid(Tensor({2, 1}, std::vector<float>{0.123456F, 0.7654321F})).has_value());
        // 16 bits are the limit.
        CHECK(grid(Tensor({2, 1}, std::vector<float>{65535.0F, 1.0F})).has_value());
        CHECK(!grid(Tensor({2, 1}, std::vector<float>{65536.0F, 1.0F})).has_value());
        CHECK(grid(Tensor({2, 1}, std::vector<float>{-32768.0F, 1.0F})).has_value());
        CHECK(!grid(Tensor({2, 1}, std::vector<float>{-32768.0F, 32769.0F})).has_value());
        CHECK(grid(Tensor({1, 1}, std::vector<float>{0.0F})).has_value());
    }

    /// Rounding of quarters by the words of the QONNX documentation, in integers only.
    std::int64_t round_quarters(std::int64_t quarters, std::string_view mode) {
        const std::int64_t down = quarters >= 0 ? quarters / 4 : -((-quarters + 3) / 4);
        const std::int64_t rest = quarters - 4 * down; // 0 to 3
        const bool negative = quarters < 0;
        if (rest == 0) {
            return down;
        }
        if (mode == "floor") {
            return down;
        }
        if (mode == "ceil") {
            return down + 1;
        }
        if (mode == "up") {
            return negative ? down : down + 1;
        }
        if (mode == "down") {
            return negative ? down + 1 : down;
        }
        if (rest != 2) {
            return rest < 2 ? down : down + 1;
        }
        if (mode == "half_even") {
            return down % 2 == 0 ? down : down + 1;
        }
        const bool away = mode == "half_up";
        return away == negative ? down : down + 1;
    }

    TEST_CASE("a model whose layer hits every half-way point, for every rounding mode") {
        for (const std::string_view mode :
             {"half_even", "half_up", "half_down", "floor", "ceil", "up", "down"}) {
            CAPTURE(mode);
            std::string text = R"(network "ties" {
  input %x : real float32 [1,1]
  const %w : real float32 [1,1] = floats [1]
  %q : real float32 [1,1] = quantize(%x) from "Quant" "in" {scale = [] reals [1/4], zero_point = [] reals [0], bits = [] reals [8], signed = true, narrow = false, rounding = half_even, zero_point_last = false}
  %a : real float32 [1,1] = matmul(%q, %w) from "MatMul" "layer"
  %y : real float32 [1,1] = quantize(%a) from "Quant" "out" {scale = [] reals [1], zero_point = [] reals [0], bits = [] reals [8], signed = true, narrow = false, rounding = )";
            text += std::string(mode) + R"(, zero_point_last = false}
  output %y
}
)";
            Compiled result = compile(parse(text), 10);
            REQUIRE(result.ok);
            const passes::Compilation& c = result.compilation;
            HostArray x(DataType::float32, {256, 1, 1});
            for (std::int64_t i = 0; i < 256; ++i) {
                x.as<float>()[static_cast<std::size_t>(i)] = static_cast<float>(i - 128) / 4;
            }
            const auto network = make_network_engine(c.network)->run({x}, 256, 1);
            const auto reference = make_reference_engine(c.program)->run({x}, 256, 1);
            const auto dataflow = make_dataflow_engine(c.program, c.dataflow)->run({x}, 256, 1);
            for (std::int64_t i = 0; i < 256; ++i) {
                CAPTURE(i - 128);
                const auto at = static_cast<std::size_t>(i);
                const auto expected = static_cast<float>(round_quarters(i - 128, mode));
                CHECK(network[0].as<float>()[at] == expected);
                CHECK(reference[0].as<float>()[at] == expected);
                CHECK(dataflow[0].as<float>()[at] == expected);
            }
        }
    }

    constexpr std::string_view two_layers = R"(network "two" {
  input %x : real float32 [1,4]
  const %w1 : real float32 [4,3] = floats [1,2,3,-1,-2,-3,0,1,0,1,0,1]
  const %w2 : real float32 [3,2] = floats [1,-1,2,-2,3,-3]
  %q : real float32 [1,4] = quantize(%x) from "Quant" "q" {scale = [] reals [1/4], zero_point = [] reals [0], bits = [] reals [4], signed = true, narrow = false, rounding = half_even, zero_point_last = false}
  %a : real float32 [1,3] = matmul(%q, %w1) from "MatMul" "first"
)";

    TEST_CASE("what is told when a layer cannot be integers") {
        const auto codes = [](const std::string& rest) {
            std::string text(two_layers);
            Compiled result = compile(parse(text + rest + "}\n"), 10);
            CHECK(!result.ok);
            CAPTURE(reasons(result.diagnostics));
            std::set<std::string_view> ids;
            for (const Diagnostic& diagnostic : result.diagnostics.all()) {
                ids.insert(info(diagnostic.code).id);
                CHECK(!diagnostic.node.empty());
                CHECK(!diagnostic.help.empty());
            }
            return ids;
        };
        CHECK(codes(R"(  %s : real float32 [1,3] = sigmoid(%a) from "Sigmoid" "s"
  %y : real float32 [1,2] = matmul(%s, %w2) from "MatMul" "second"
  output %y
)") == std::set<std::string_view>{"MR203"});
        CHECK(codes(R"(  %s : real float32 [1,3] = softmax(%a) from "Softmax" "s" {axis = 1}
  %y : real float32 [1,2] = matmul(%s, %w2) from "MatMul" "second"
  output %y
)") == std::set<std::string_view>{"MR207"});
        CHECK(codes(R"(  const %v : real float32 [3,1] = floats [0.1,0.2345678,0.7]
  %y : real float32 [1,1] = matmul(%a, %v) from "MatMul" "second"
  output %y
)") == std::set<std::string_view>{"MR202"});
    }

    TEST_CASE("a float network is refused at its first layer, a float first layer is told of") {
        const std::string first = R"(network "float" {
  input %x : real float32 [1,2]
  const %w : real float32 [2,2] = floats [1,2,3,4]
  %a : real float32 [1,2] = matmul(%x, %w) from "MatMul" "first"
)";
        Compiled none = compile(parse(first + "  output %a\n}\n"), 10);
        CHECK(!none.ok);
        REQUIRE(none.diagnostics.contains(Code::no_quantizer));
        CHECK(none.diagnostics.all().front().node == "first");
        Compiled some = compile(
            parse(
                first +
                R"(  %q : real float32 [1,2] = quantize(%a) from "Quant" "q" {scale = [] reals [1], zero_point = [] reals [0], bits = [] reals [4], signed = true, narrow = false, rounding = half_even, zero_point_last = false}
  %y : real float32 [1,2] = matmul(%q, %w) from "MatMul" "second"
  output %y
}
)"),
            10);
        CHECK(some.ok);
        CHECK(!some.diagnostics.has_errors());
        CHECK(some.diagnostics.contains(Code::layer_on_host));
    }

    TEST_CASE("a rounding that cannot be decided is refused, not guessed") {
        // floor(sigmoid(a) - softmax(1, 0)[0] - c): for a = 1 and c = 0 the argument is 0, by an
        // identity that no rule here knows.
        const auto compiled = [](const Real& c) {
            Graph graph = parse(R"(network "undecided" {
  input %x : real float32 [1,1]
  const %w : real float32 [1,2] = floats [1,1]
  %q : real float32 [1,1] = quantize(%x) from "Quant" "in" {scale = [] reals [1], zero_point = [] reals [0], bits = [] reals [2], signed = true, narrow = false, rounding = half_even, zero_point_last = false}
  %a : real float32 [1,2] = matmul(%q, %w) from "MatMul" "layer"
  output %a
}
)");
            const auto add = [&graph](Op op, std::vector<ValueId> inputs) {
                return graph.add_node(std::move(op), std::move(inputs), "n", "N", {}).front();
            };
            const ValueId logits =
                graph.add_constant("logits", Tensor({2}, std::vector<float>{1, 0}));
            const ValueId offset = graph.add_constant("c", Tensor::scalar(c));
            ValueId y = add(ops::Sigmoid{}, {graph.outputs[0]});
            y = add(ops::Sub{}, {y, add(ops::Softmax{0}, {logits})});
            y = add(ops::Sub{}, {y, offset});
            ops::Quantize op;
            op.scale = std::make_shared<Tensor>(Tensor::scalar(Real(1)));
            op.zero_point = std::make_shared<Tensor>(Tensor::scalar(Real(0)));
            op.bits = std::make_shared<Tensor>(Tensor::scalar(Real(4)));
            op.rounding = Rounding::floor;
            graph.outputs = {add(op, {y})};
            graph.remove_dead();
            return compile(std::move(graph), 10);
        };
        const Compiled refused = compiled(Real(0));
        CHECK(!refused.ok);
        REQUIRE(refused.diagnostics.all().size() == 1);
        CHECK(refused.diagnostics.all()[0].code == Code::undecided_tie);
        CHECK(!refused.diagnostics.all()[0].help.empty());
        const Compiled near = compiled(Real::dyadic(1, -100));
        CAPTURE(reasons(near.diagnostics));
        CHECK(near.ok);
    }

    TEST_CASE("a rectifier without a quantizer stays on the grid and in hardware") {
        std::string text(two_layers);
        text += R"(  %r : real float32 [1,3] = relu(%a) from "Relu" "r"
  %y : real float32 [1,2] = matmul(%r, %w2) from "MatMul" "second"
  output %y
}
)";
        Compiled result = compile(parse(text), 100);
        CAPTURE(reasons(result.diagnostics));
        REQUIRE(result.ok);
        CHECK(count_ops<ops::IntegerMatMul>(result.compilation.program.body) == 2);
        CHECK(count_ops<ops::MatMul>(result.compilation.program.tail) == 0);
    }

    TEST_CASE("a value with several readers is forked and all of them get it") {
        std::string text(two_layers);
        text += R"(  %b : real float32 [1,3] = matmul(%q, %w1) from "MatMul" "again"
  %p : real float32 [1,3] = mul(%a, %b) from "Mul" "product"
  output %p
  output %q
}
)";
        Compiled result = compile(parse(text), 100);
        CAPTURE(reasons(result.diagnostics));
        REQUIRE(result.ok);
        CHECK(count_ops<ops::Fork>(result.compilation.dataflow) == 1);
        CHECK(count_ops<ops::Mul>(result.compilation.program.tail) >= 1);
        HostArray x(DataType::float32, {3, 1, 4});
        std::mt19937 random(3);
        for (float& element : x.as<float>()) {
            element = std::normal_distribution<float>(0, 1)(random);
        }
        const passes::Compilation& c = result.compilation;
        check_outputs(c, x);
    }

    constexpr std::string_view quantizer_fields =
        "zero_point = [] reals [0], bits = [] reals [8], signed = true, narrow = false, "
        "rounding = half_even, zero_point_last = false";

    TEST_CASE("channels that need fewer bits than those left out leave in their own format") {
        for (const std::string_view parts : {"[0,0,0] to [1,1,1]", "[0,0,1] to [1,1,2]"}) {
            // The first column's range is [0, 4 * 3], the second's reaches below zero.
            std::string text = R"(network "parts" {
  input %x : real uint8 [1,1,3]
  const %w : real float32 [3,2] = floats [1,-7,1,1,2,1]
  %f : real float32 [1,1,3] = cast(%x) from "Cast" "f" {to = float32}
  %a : real float32 [1,1,2] = matmul(%f, %w) from "MatMul" "layer"
  %y : real float32 [1,1,1] = slice(%a) from "Slice" "part" {starts = )";
            text += std::string(parts.substr(0, 7)) + ", ends = " + std::string(parts.substr(11));
            text += ", steps = [1,1,1]}\n  output %y\n}\n";
            Compiled result = compile(parse(text), 10);
            CAPTURE(reasons(result.diagnostics));
            REQUIRE(result.ok);
            const passes::Compilation& c = result.compilation;
            HostArray x(DataType::uint8, {2, 1, 1, 3});
            x.as<std::uint8_t>()[0] = x.as<std::uint8_t>()[4] = 255;
            check_outputs(c, x);
        }
    }

    TEST_CASE("channels whose grids differ in the zero point alone may be put together") {
        // The zero points are those of the input times the sums of the columns.
        std::string text = R"(network "zeros" {
  input %x : real float32 [1,1,3]
  const %w : real float32 [3,4] = floats [1,-7,1,1,2,1,5,2,1,1,-3,4]
  %q : real float32 [1,1,3] = quantize(%x) from "Quant" "q" {scale = [] reals [1/4], )";
        text += quantizer_fields;
        text.replace(text.find("zero_point = [] reals [0]"), 25, "zero_point = [] reals [5]");
        text += R"(}
  %a : real float32 [1,1,4] = matmul(%q, %w) from "MatMul" "layer"
  %b : real float32 [1,2,2] = reshape(%a) from "Reshape" "pairs" {shape = [1,2,2]}
  %y : real float32 [1,2,1] = slice(%b) from "Slice" "half" {starts = [0,0,1], ends = [1,2,2], steps = [1,1,1]}
  output %y
}
)";
        Compiled result = compile(parse(text), 10);
        CAPTURE(reasons(result.diagnostics));
        REQUIRE(result.ok);
        const passes::Compilation& c = result.compilation;
        HostArray x(DataType::float32, {2, 1, 1, 3});
        x.as<float>()[0] = 1.25F;
        x.as<float>()[4] = -2.5F;
        check_outputs(c, x);
    }

    TEST_CASE("an input comes in the vectors in which it is read, not in its own") {
        // 4 vectors of 5 in front of a layer of 20: four elements a cycle do not divide five.
        std::string text = R"(network "flat" {
  input %x : real float32 [1,4,5]
  const %w : real float32 [20,1] = floats [1,2,3,-1,-2,-3,1,2,3,-1,-2,-3,1,2,3,-1,-2,-3,1,2]
  %q : real float32 [1,4,5] = quantize(%x) from "Quant" "q" {scale = [] reals [1/64], )";
        text += quantizer_fields;
        text += R"(}
  %f : real float32 [1,20] = reshape(%q) from "Reshape" "f" {shape = [1,20]}
  %a : real float32 [1,1] = matmul(%f, %w) from "MatMul" "layer"
  %y : real float32 [1,1] = quantize(%a) from "Quant" "r" {scale = [] reals [1/4], )";
        text += quantizer_fields;
        text += R"(}
  output %y
}
)";
        Compiled result = compile(parse(text), 5);
        CAPTURE(reasons(result.diagnostics));
        REQUIRE(result.ok);
        const passes::Compilation& c = result.compilation;
        REQUIRE(c.program.body.inputs.size() == 1);
        const Value& input = c.program.body.value(c.program.body.inputs[0]);
        CHECK(std::get<IntegerType>(input.type).shape == Shape{1, 20});
        CHECK(predict_cycles(c.dataflow).interval == 5);
        HostArray x(DataType::float32, {2, 1, 4, 5});
        for (std::size_t i = 0; i < 40; ++i) {
            x.as<float>()[i] = static_cast<float>(i % 7) / 16.0F - 0.25F;
        }
        check_outputs(c, x);
    }

    TEST_CASE("a function of too many levels is refused before anything is planned") {
        std::string wide(quantizer_fields);
        wide.replace(wide.find("reals [8]"), 9, "reals [16]");
        std::string text = R"(network "wide" {
  input %x : real float32 [1,1,4]
  const %v : real float32 [4,2] = floats [1,2,3,-1,-2,-3,1,2]
  const %w : real float32 [2,1] = floats [1,-1]
  %q : real float32 [1,1,4] = quantize(%x) from "Quant" "q" {scale = [] reals [1/4096], )";
        text += wide + R"(}
  %a : real float32 [1,1,2] = matmul(%q, %v) from "MatMul" "first"
  %s : real float32 [1,1,2] = sigmoid(%a) from "Sigmoid" "s"
  %r : real float32 [1,1,2] = quantize(%s) from "Quant" "r" {scale = [] reals [1/32768], )";
        text += wide + R"(}
  %y : real float32 [1,1,1] = matmul(%r, %w) from "MatMul" "last"
  output %y
}
)";
        Compiled result;
        result.compilation.network = parse(text);
        bool planned = false;
        result.compilation.make_plan = [&](const passes::PlanRequest& request, Diagnostics&) {
            planned = true;
            return planner::default_plan(request.body);
        };
        CHECK_FALSE(passes::run_passes(result.compilation, result.diagnostics));
        CHECK_FALSE(planned);
        const std::string said = reasons(result.diagnostics);
        CAPTURE(said);
        CHECK(said.find("MR207") != std::string::npos);
        CHECK(said.find("levels and is not affine") != std::string::npos);
    }

    TEST_CASE("FIFOs behind forks are deep enough for the order in which actors wait") {
        // Both operands of a computed product come from one stream, one of them transposed.
        std::string text = R"(network "fork" {
  input %x : real float32 [1,3,9]
  %q : real float32 [1,3,9] = quantize(%x) from "Quant" "q" {scale = [] reals [1/64], )";
        text += quantizer_fields;
        text += R"(}
  %c : real float32 [1,6,9] = concat(%q, %q) from "Concat" "c" {axis = 1}
  %t : real float32 [1,9,6] = transpose(%c) from "Transpose" "t" {perm = [0,2,1]}
  %s : real float32 [1,9,6] = sub(%t, %t) from "Sub" "s"
  %r : real float32 [1,9,6] = quantize(%s) from "Quant" "r" {scale = [] reals [1/32], )";
        text += quantizer_fields;
        text += R"(}
  %u : real float32 [1,6,9] = transpose(%r) from "Transpose" "u" {perm = [0,2,1]}
  %y : real float32 [1,6,6] = matmul(%u, %t) from "MatMul" "y"
  output %y
}
)";
        Compiled result = compile(parse(text), 1000);
        CAPTURE(reasons(result.diagnostics));
        REQUIRE(result.ok);
        CHECK(simulate_tokens(result.compilation.dataflow, 3).deadlocked.empty());
    }

    TEST_CASE("depths of a plan that slow the design down are said, with the interval they leave") {
        // A short way around a layer.
        std::string text = R"(network "residual" {
  input %x : real float32 [1,8,4]
  const %v : real float32 [4,4] = floats [1,2,3,-1,-2,-3,1,2,1,1,-1,2,3,1,-2,1]
  %q : real float32 [1,8,4] = quantize(%x) from "Quant" "q" {scale = [] reals [1/64], )";
        text += quantizer_fields;
        text += R"(}
  %t : real float32 [1,4,8] = transpose(%q) from "Transpose" "t" {perm = [0,2,1]}
  %u : real float32 [1,8,4] = transpose(%t) from "Transpose" "u" {perm = [0,2,1]}
  %a : real float32 [1,8,4] = matmul(%u, %v) from "MatMul" "a"
  %b : real float32 [1,8,4] = add(%a, %q) from "Add" "b"
  output %b
}
)";
        const auto lower = [&](const std::map<std::string, FifoPlan>& fifos) {
            Compiled result;
            result.compilation.network = parse(text);
            result.compilation.library = ActorLibrary::rtl;
            result.compilation.make_plan = [&](const passes::PlanRequest& request, Diagnostics&) {
                Plan plan = planner::fold_for_cycles(request.body, 1);
                plan.fifos = fifos;
                return plan;
            };
            result.ok = passes::run_passes(result.compilation, result.diagnostics);
            return result;
        };
        const Compiled chosen = lower({});
        CAPTURE(reasons(chosen.diagnostics));
        REQUIRE(chosen.ok);
        int slowed = 0;
        for (const Node& node : chosen.compilation.dataflow.nodes) {
            const auto* fifo = std::get_if<ops::Fifo>(&node.op);
            for (std::int64_t depth = 2; fifo != nullptr && depth < fifo->depth; depth += 3) {
                CAPTURE(node.name);
                CAPTURE(depth);
                const Compiled tried = lower({{node.name, {depth}}});
                const std::string said = reasons(tried.diagnostics);
                CAPTURE(said);
                if (!tried.ok) {
                    CHECK(said.find(node.name + " full") != std::string::npos);
                    continue;
                }
                const std::int64_t interval =
                    steady_interval(simulate_tokens(tried.compilation.dataflow, 8), 4);
                CHECK(tried.compilation.cycles->interval == interval);
                const bool slower = interval > chosen.compilation.cycles->interval;
                CHECK(slower == (said.find(node.name + " has no room") != std::string::npos));
                slowed += slower ? 1 : 0;
            }
        }
        CHECK(slowed > 0);
    }

    TEST_CASE("a chain that bends differently along another axis does not move behind a pool") {
        // As many columns as channels: nothing but the order tells them apart.
        for (const char* shape : {"[1,1,1,4]", "[1,4,1,1]"}) {
            CAPTURE(shape);
            std::string text = R"(network "pool" {
  input %x : real float32 [1,4,2,4]
  const %s : real float32 )";
            text += shape;
            text += R"( = floats [1,2,3,4]
  %q : real float32 [1,4,2,4] = quantize(%x) from "Quant" "q" {scale = [] reals [1/64], )";
            text += quantizer_fields;
            text += R"(}
  %m : real float32 [1,4,2,4] = mul(%q, %s) from "Mul" "m"
  %l : real float32 [1,4,2,4] = leaky_relu(%m) from "LeakyRelu" "l" {alpha = 1/8}
  %p : real float32 [1,4,1,2] = max_pool(%l) from "MaxPool" "p" {kernel = [2,2], strides = [2,2], dilations = [1,1], pads_begin = [0,0], pads_end = [0,0]}
  %z : real float32 [1,4,1,2] = quantize(%p) from "Quant" "z" {scale = [] reals [1/4], )";
            text += quantizer_fields;
            text += "}\n  output %z\n}\n";
            const Compiled result = compile(parse(text), 1000);
            if (result.ok) {
                HostArray x(DataType::float32, {3, 4, 2, 4});
                std::mt19937 random(3);
                std::generate(x.as<float>().begin(), x.as<float>().end(), [&] {
                    return std::uniform_real_distribution<float>(-0.2F, 0.2F)(random);
                });
                check_outputs(result.compilation, x);
            } else {
                CHECK(reasons(result.diagnostics).find("another axis than the channels") !=
                      std::string::npos);
            }
        }
    }

    TEST_CASE("declared inputs are the integers themselves") {
        std::string text(two_layers);
        text += "  output %a\n}\n";
        Compiled result;
        result.compilation.network = parse(text);
        result.compilation.inputs["x"] = {DataType::uint8, Real::ratio(1, 255), Real(0)};
        result.compilation.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
            return planner::fold_for_cycles(request.body, 10);
        };
        REQUIRE(passes::run_passes(result.compilation, result.diagnostics));
        const passes::Compilation& c = result.compilation;
        CHECK(std::get<RealType>(c.program.head.value(c.program.head.inputs[0]).type).element ==
              DataType::uint8);
        HostArray q(DataType::uint8, {1, 1, 4});
        const std::array<std::uint8_t, 4> values{0, 32, 96, 255}; // 32/255 * 4 is just above a tie
        std::copy(values.begin(), values.end(), q.as<std::uint8_t>().begin());
        const auto expected = make_network_engine(c.network)->run({q}, 1, 1);
        const auto got = make_reference_engine(c.program)->run({q}, 1, 1);
        CHECK(expected[0].data == got[0].data);
        // By hand: half-even of 0, 0.50196, 1.50588, 4 in quarters is 0, 1, 2, 4.
        CHECK(got[0].as<float>()[0] == doctest::Approx((0 * 1 + 1 * -1 + 2 * 0 + 4 * 1) / 4.0));

        Diagnostics diagnostics;
        Graph network = parse(text);
        passes::declare_inputs(network, {{"y", {}}}, "m.onnx", diagnostics);
        CHECK(diagnostics.contains(Code::bad_input_type));
    }

    TEST_CASE("plans that do not fit are refused by name") {
        std::string text(two_layers);
        Compiled result = compile(parse(text + "  output %a\n}\n"), 10);
        REQUIRE(result.ok);
        const Graph& body = result.compilation.program.body;
        Plan plan = result.compilation.plan;
        Diagnostics diagnostics;
        plan.fifos["no_such_fifo"].depth = 3;
        CHECK(!passes::lower_to_dataflow(body, plan, diagnostics).has_value());
        CHECK(diagnostics.contains(Code::bad_plan));
        Diagnostics missing;
        CHECK(!passes::lower_to_dataflow(body, Plan{}, missing).has_value());
        CHECK(missing.contains(Code::bad_plan));
    }

    TEST_CASE(
        "folding: the target is met with the fewest lanes, the cycles are those of the schedules") {
        std::string text(two_layers);
        for (const std::int64_t target : {1, 2, 3, 4, 6, 12, 100}) {
            CAPTURE(target);
            Compiled result = compile(parse(text + "  output %a\n}\n"), target);
            REQUIRE(result.ok);
            const ActorPlan& actor = *result.compilation.plan.find("first");
            const std::int64_t cycles = (3 / actor.pe) * (4 / actor.simd);
            CHECK(cycles <= target);
            for (const std::int64_t pe : {1, 3}) {
                for (const std::int64_t simd : {1, 2, 4}) {
                    if ((3 / pe) * (4 / simd) <= target) {
                        CHECK(actor.pe * actor.simd <= pe * simd);
                    }
                }
            }
            const CyclePrediction prediction = predict_cycles(result.compilation.dataflow);
            CHECK(prediction.interval >= cycles);
            CHECK(prediction.latency >= prediction.interval);
            for (const Node& node : result.compilation.dataflow.nodes) {
                check_words(result.compilation.dataflow, node);
            }
        }
        Diagnostics diagnostics;
        Compiled result = compile(parse(text + "  output %a\n}\n"), 1);
        CHECK(tests::solved(result.compilation.program.body, 1, diagnostics));
        CHECK(!tests::solved(result.compilation.program.body, 0, diagnostics));
        CHECK(diagnostics.contains(Code::target_unreachable));
    }

    TEST_CASE("actor names are identifiers, whatever the model calls its nodes") {
        UniqueNames names;
        CHECK(identifier_from("/layer1/MatMul_3", "n") == "layer1_matmul_3");
        CHECK(identifier_from("\"; rm -rf $[exec x]\n", "n") == "rm_rf_exec_x");
        CHECK(identifier_from("\xff\xfe", "n") == "n");
        CHECK(identifier_from("74", "matmul") == "matmul_74");
        CHECK(identifier_from(std::string(300, 'a'), "n").size() <= 48);
        CHECK(names.add("a") == "a");
        CHECK(names.add("a") == "a_1");
        CHECK(names.add("while") == "while_1");
        CHECK(names.add("in0") == "in0_1");
    }

} // TEST_SUITE
