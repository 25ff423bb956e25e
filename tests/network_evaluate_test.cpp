// SPDX-License-Identifier: Apache-2.0
//
// Graphs of the network level: building, constant folding, cleaning, and the interpreter.
#include "ir/diagnostics.hpp"
#include "tests/support/tensors.hpp"

#include <chrono>
#include <map>

namespace millrace::tests {

namespace {

std::vector<std::string> names(const Graph& graph) {
    std::vector<std::string> result;
    result.reserve(graph.values.size());
    for (const Value& value : graph.values) {
        result.push_back(value.name);
    }
    return result;
}

ValueId add_input(Graph& graph, const std::string& name, Shape shape) {
    const ValueId id = graph.add_value(name, RealType{std::move(shape)});
    graph.inputs.push_back(id);
    return id;
}

/// Adds a node with one result of the given name.
ValueId add(Graph& graph, Op op, std::vector<ValueId> inputs, const std::string& name) {
    return graph.add_node(std::move(op), std::move(inputs), name, "Test", {name}).front();
}

/// x [1,2] -> matmul -> add -> relu -> y [1,3], with a quantized constant weight.
struct SmallNetwork {
    Graph graph;
    ValueId x = 0;
    ValueId product = 0;
    ValueId sum = 0;
    ValueId y = 0;

    SmallNetwork() {
        x = add_input(graph, "x", {1, 2});
        const ValueId floats = graph.add_constant(
            "w", Tensor({2, 3}, std::vector<float>{0.9F, -2.2F, 3, 4.4F, 0.5F, -1}));
        const ops::Quantize quantize{shared_scalar(1), shared_scalar(0), shared_scalar(4)};
        const ValueId weights = add(graph, quantize, {floats}, "w_quant");
        const ValueId bias = graph.add_constant("b", Tensor({3}, std::vector<float>{0.5F, 1, -1}));
        product = add(graph, ops::MatMul{}, {x, weights}, "product");
        sum = add(graph, ops::Add{}, {product, bias}, "sum");
        y = add(graph, ops::Relu{}, {sum}, "y");
        graph.outputs = {y};
    }
};

} // namespace

TEST_SUITE("network evaluate") {
    TEST_CASE("names are unique") {
        Graph graph;
        graph.add_value("a", RealType{});
        graph.add_value("a", RealType{});
        graph.add_value("a_0", RealType{});
        graph.add_value("", RealType{});
        graph.add_value("value_3", RealType{});
        graph.add_value("", RealType{});
        std::map<std::string, int> counts;
        for (const std::string& name : names(graph)) {
            CHECK_FALSE(name.empty());
            CHECK(++counts[name] == 1);
        }
        CHECK(graph.values[0].name == "a");
        CHECK(graph.values[4].name == "value_3");
        CHECK(to_string(Level::network) == "network");
        CHECK(to_string(Level::integer) == "integer");
        CHECK(to_string(Level::dataflow) == "dataflow");
    }

    TEST_CASE("names stay unique when values were renamed, removed or added by hand") {
        Graph graph;
        const ValueId a = add_input(graph, "a", {1});
        const ValueId b = graph.add_value("b", RealType{{1}});
        // A name given up is free again, also for its old owner's copy.
        graph.values[a].name = "c";
        CHECK(graph.value(graph.add_value("a", RealType{})).name == "a");
        // Values appended by hand are seen.
        graph.values.push_back({"d", RealType{}, nullptr});
        CHECK(graph.value(graph.add_value("d", RealType{})).name != "d");
        // Names given to older values are seen by a copy...
        graph.values[b].name = "e";
        Graph copy = graph;
        CHECK(copy.value(copy.add_value("e", RealType{})).name != "e");
        // ... and after values were removed and renumbered.
        graph.values[a].name = "f";
        CHECK(graph.remove_dead());
        REQUIRE(names(graph) == std::vector<std::string>{"f"});
        CHECK(graph.value(graph.add_value("f", RealType{})).name != "f");
        CHECK(graph.value(graph.add_value("d", RealType{})).name == "d");
        Graph moved = std::move(graph);
        CHECK(moved.value(moved.add_value("d", RealType{})).name != "d");
    }

    TEST_CASE("a graph of very many values is built in time") {
        constexpr std::size_t count = 50000; // pairwise comparisons would take most of a minute
        Graph graph;
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < count; ++i) {
            graph.add_value("/some/long/path/of/a/model/value_" + std::to_string(i), RealType{});
        }
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
        CHECK(graph.values.back().name.ends_with("_49999"));
    }

    TEST_CASE("nodes of constants fold") {
        SmallNetwork network;
        const Graph& graph = network.graph;
        CHECK(graph.nodes.size() == 3);
        const auto weights = graph.nodes[0].inputs[1];
        REQUIRE(graph.value(weights).constant != nullptr);
        CHECK(graph.value(weights).name == "w_quant");
        CHECK(graph.value(weights).constant->to_int64() ==
              std::vector<std::int64_t>{1, -2, 3, 4, 0, -1});
        CHECK(graph.value(weights).constant->scaled() != nullptr);
        CHECK(graph.nodes[0].name == "product");
        CHECK(graph.nodes[0].onnx_op == "Test");
    }

    TEST_CASE("at other levels constants stay inputs of nodes") {
        Graph graph;
        graph.level = Level::dataflow;
        const ValueId stream =
            graph.add_value("s", StreamType{{4}, {4, Encoding::unsigned_integer}, 1},
                            shared(Tensor::integers({1})));
        graph.add_node(ops::Fifo{}, {stream}, "fifo", "", {"f"});
        CHECK(graph.nodes.size() == 1);
    }

    TEST_CASE("several results, fewer and too many names") {
        Graph graph;
        const ValueId x = add_input(graph, "x", {3});
        const auto results = graph.add_node(ops::TopK{2, 0}, {x}, "top", "TopK", {"values"});
        REQUIRE(results.size() == 2);
        CHECK(graph.value(results[0]).name == "values");
        CHECK_FALSE(graph.value(results[1]).name.empty());
        CHECK(std::get<RealType>(graph.value(results[1]).type).element == DataType::int64);
        CHECK_THROWS_WITH_AS(graph.add_node(ops::Relu{}, {x}, "r", "Relu", {"a", "b"}),
                             "relu has 1 result, 2 are named", TypeError);
        CHECK_THROWS_AS(graph.add_node(ops::MatMul{}, {x}, "m", "MatMul", {"m"}), TypeError);
        CHECK(graph.nodes.size() == 1);
    }

    TEST_CASE("folding: errors and limits") {
        Graph graph;
        const ValueId one = graph.add_constant("one", Tensor::scalar(1), DataType::int32);
        CHECK(std::get<RealType>(graph.value(one).type).element == DataType::int32);
        const ValueId zero = graph.add_constant("zero", Tensor::scalar(0));
        CHECK_THROWS_AS(add(graph, ops::Div{}, {one, zero}, "d"), std::domain_error);
        // The operands are small, their sum would not fit any memory.
        const ValueId column =
            graph.add_constant("column", Tensor({40000, 1}, std::vector<float>(40000)));
        const ValueId row =
            graph.add_constant("row", Tensor({1, 40000}, std::vector<float>(40000)));
        CHECK_THROWS_WITH_AS(add(graph, ops::Add{}, {column, row}, "a"),
                             "the constant result of shape [40000,40000] has 1600000000 elements, "
                             "more than 268435456",
                             TypeError);
        CHECK(graph.nodes.empty());
        CHECK(graph.values.size() == 4);
    }

    TEST_CASE("evaluating a network") {
        const SmallNetwork network;
        std::map<ValueId, Tensor> seen;
        const auto results =
            evaluate_network(network.graph, {Tensor({1, 2}, std::vector<float>{2, -0.5F})},
                             [&](ValueId id, const Tensor& tensor) { seen.emplace(id, tensor); });
        REQUIRE(results.size() == 1);
        CHECK(results[0] == Tensor({1, 3}, std::vector<float>{0.5F, 0, 5.5F}));
        REQUIRE(seen.size() == 3);
        CHECK(seen.at(network.product) == Tensor({1, 3}, std::vector<float>{0, -4, 6.5F}));
        CHECK(seen.at(network.sum) == Tensor({1, 3}, std::vector<float>{0.5F, -3, 5.5F}));
        CHECK(seen.at(network.y) == results[0]);
    }

    TEST_CASE("outputs may be inputs, constants, repeated and read again") {
        Graph graph;
        const ValueId x = add_input(graph, "x", {1});
        const ValueId c = graph.add_constant("c", Tensor({1}, std::vector<float>{4}));
        const ValueId twice = add(graph, ops::Add{}, {x, x}, "twice");
        const ValueId product = add(graph, ops::Mul{}, {twice, twice}, "product");
        graph.outputs = {x, c, twice, product, twice};
        const auto results = evaluate_network(graph, {Tensor({1}, std::vector<float>{3})});
        REQUIRE(results.size() == 5);
        CHECK(results[0].at(0) == Real(3));
        CHECK(results[1].at(0) == Real(4));
        CHECK(results[2].at(0) == Real(6));
        CHECK(results[3].at(0) == Real(36));
        CHECK(results[4].at(0) == Real(6));
        CHECK(graph.use_counts() == std::vector<std::size_t>{3, 1, 4, 1});
    }

    TEST_CASE("wrong inputs and graphs are refused") {
        SmallNetwork network;
        CHECK_THROWS_WITH_AS(evaluate_network(network.graph, {}),
                             "the network has 1 inputs, 0 are given", std::invalid_argument);
        CHECK_THROWS_WITH_AS(
            evaluate_network(network.graph, {Tensor({2}, std::vector<float>{1, 2})}),
            "input 'x' has shape [1,2], not [2]", std::invalid_argument);
        const Tensor x({1, 2}, std::vector<float>{1, 2});
        std::swap(network.graph.nodes[0], network.graph.nodes[1]);
        CHECK_THROWS_AS(evaluate_network(network.graph, {x}), Defect);
        network.graph.level = Level::integer;
        CHECK_THROWS_AS(evaluate_network(network.graph, {x}), Defect);
        CHECK_THROWS_AS(evaluate(Op(ops::IntegerReshape{}), {&x}), Defect);
        CHECK_THROWS_AS(evaluate(Op(ops::Fifo{}), {&x}), Defect);
    }

    TEST_CASE("dead nodes and constants go, inputs stay") {
        SmallNetwork network;
        Graph& graph = network.graph;
        const ValueId unused_input = add_input(graph, "unused", {1, 3});
        const auto dead = add(graph, ops::Sub{}, {network.sum, unused_input}, "dead");
        add(graph, ops::Tanh{}, {dead}, "deader");
        const Tensor x({1, 2}, std::vector<float>{2, -0.5F});
        const Tensor other({1, 3}, std::vector<float>(3));
        const auto before = evaluate_network(graph, {x, other});
        CHECK(graph.remove_dead());
        CHECK(names(graph) ==
              std::vector<std::string>{"x", "w_quant", "b", "product", "sum", "y", "unused"});
        CHECK(graph.nodes.size() == 3);
        CHECK(graph.value(graph.inputs[1]).name == "unused");
        CHECK(evaluate_network(graph, {x, other}) == before);
        CHECK_FALSE(graph.remove_dead());
    }

    TEST_CASE("all results of a live node stay") {
        Graph graph;
        const ValueId x = add_input(graph, "x", {3});
        graph.outputs = {graph.add_node(ops::TopK{1, 0}, {x}, "", "", {"v", "i"})[1]};
        CHECK_FALSE(graph.remove_dead());
        CHECK(graph.values.size() == 3);
    }

    TEST_CASE("a batch normalization with zero and negative scales folds to an affine map") {
        // (x - mean) / sqrt(variance + epsilon) * gamma + beta, as the frontend writes it.
        Graph graph;
        const ValueId x = add_input(graph, "x", {1, 3});
        const auto constant = [&](const char* name, std::vector<float> values) {
            return graph.add_constant(name, Tensor({3}, std::move(values)));
        };
        const ValueId variance = constant("variance", {2, 4, 9});
        const ValueId root =
            add(graph, ops::Pow{},
                {variance, graph.add_constant("half", Tensor::scalar(Real::ratio(1, 2)))}, "root");
        const ValueId factor =
            add(graph, ops::Div{}, {constant("gamma", {1, 0, -3}), root}, "factor");
        const ValueId moved =
            add(graph, ops::Mul{}, {constant("mean", {1, 1, 1}), factor}, "moved");
        const ValueId offset =
            add(graph, ops::Sub{}, {constant("beta", {0, 7, 1}), moved}, "offset");
        CHECK(graph.nodes.empty());
        const ValueId scaled_x = add(graph, ops::Mul{}, {x, factor}, "scaled");
        graph.outputs = {add(graph, ops::Add{}, {scaled_x, offset}, "y")};
        const auto y = evaluate_network(graph, {scaled({1, 3}, {6, 6, 6}, {Real::ratio(1, 2)})});
        CHECK(y[0].at(0) == sqrt(Real(2)));
        CHECK(y[0].at(1) == Real(7));
        CHECK(y[0].at(2) == Real(-1));
    }
}

} // namespace millrace::tests
