// SPDX-License-Identifier: Apache-2.0
//
// Every operation of the host program, in both arithmetics, against the compiler's evaluation of
// the same op: through the manifest's text, on floats and on numbers that doubles do not hold.
#include "backends/manifest.hpp"
#include "runtime/error.hpp"
#include "runtime/host/host_graph.hpp"
#include "tests/support/tensors.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::tests;
namespace host = runtime::host;

host::ExactReal exact_of(const Real& value) {
    const std::string json = R"({"exact": ")" + value.to_string() + R"(", "value": 0})";
    const runtime::JsonValue parsed = runtime::parse_json(json, "n");
    return host::number_of({parsed, "n"});
}

host::Tensor<host::ExactReal> exact_tensor(const Tensor& tensor) {
    host::Tensor<host::ExactReal> result(tensor.shape());
    for (std::size_t i = 0; i < result.size(); ++i) {
        result.values[i] = exact_of(tensor.at(static_cast<std::int64_t>(i)));
    }
    return result;
}

host::Tensor<host::BoundedReal> bounded_tensor(const Tensor& tensor) {
    host::Tensor<host::BoundedReal> result(tensor.shape());
    for (std::size_t i = 0; i < result.size(); ++i) {
        result.values[i] = bounded(exact_of(tensor.at(static_cast<std::int64_t>(i))));
    }
    return result;
}

struct Tally {
    int decided = 0;   ///< by bounded arithmetic
    int undecided = 0; ///< left to exact arithmetic
    std::set<std::string> ops;
};

Tally& tally() {
    static Tally result;
    return result;
}

template <class A>
void check_equal(const A& a, const host::Results<A>& got, const std::vector<Tensor>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t o = 0; o < got.size(); ++o) {
        REQUIRE(got[o].shape == expected[o].shape());
        for (std::size_t i = 0; i < got[o].size(); ++i) {
            const Real real = expected[o].at(static_cast<std::int64_t>(i));
            CAPTURE(real.to_string());
            const std::uint32_t bits = std::bit_cast<std::uint32_t>(a.to_float(got[o].values[i]));
            CHECK(bits == std::bit_cast<std::uint32_t>(real.to_float()));
        }
    }
}

/// The op on inputs of which those from `constants` on are constants of the graph.
void check_op(const Op& op, const std::vector<Tensor>& inputs, std::size_t constants = 99) {
    Graph graph;
    std::vector<ValueId> ids;
    std::vector<Tensor> variables;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (i < constants) {
            ids.push_back(graph.add_value("x", RealType{inputs[i].shape()}));
            graph.inputs.push_back(ids.back());
            variables.push_back(inputs[i]);
        } else {
            ids.push_back(graph.add_constant("c", inputs[i]));
        }
    }
    const std::size_t outputs = std::holds_alternative<ops::TopK>(op) ? 2 : 1;
    graph.outputs = graph.add_node(op, ids, "n", "N", std::vector<std::string>(outputs, "y"));
    const std::string text = backends::host_graph_json(graph).dump();
    const runtime::JsonValue json = runtime::parse_json(text, "graph");
    const host::HostGraph runner{runtime::JsonField(json, "graph")};
    const auto plan = runner.plan(std::vector<bool>(outputs, true));
    const std::vector<Tensor> expected = evaluate_network(graph, variables);
    const std::string name(op_name(op));
    CAPTURE(name);
    tally().ops.insert(name);

    host::Results<host::QuickArithmetic> quick;
    host::Results<host::ExactArithmetic> exact;
    for (const Tensor& tensor : variables) {
        quick.push_back(bounded_tensor(tensor));
        exact.push_back(exact_tensor(tensor));
    }
    try {
        check_equal(host::QuickArithmetic(),
                    runner.evaluate(host::QuickArithmetic(), plan, std::move(quick)), expected);
        ++tally().decided;
    } catch (const host::Undecided&) {
        ++tally().undecided;
    }
    const host::ExactArithmetic a(256);
    check_equal(a, runner.evaluate(a, plan, std::move(exact)), expected);
}

/// On tensors of floats and of thirds.
template <class Make> void check_with(Make&& make, int rounds = 4) {
    TensorSource source(3);
    for (int round = 0; round < rounds; ++round) {
        for (const Storage storage : {Storage::floats, Storage::reals}) {
            make([&](const Shape& shape) { return source.next(shape, storage); });
        }
    }
}

Tensor nonzero(const Tensor& tensor) {
    std::vector<Real> values = tensor.to_reals();
    for (Real& value : values) {
        value = value.sign() == 0 ? Real(7) : value;
    }
    return {tensor.shape(), std::move(values)};
}

ops::Window window(std::vector<std::int64_t> kernel, std::vector<std::int64_t> strides,
                   std::vector<std::int64_t> dilations, std::vector<std::int64_t> begin,
                   std::vector<std::int64_t> end) {
    return {std::move(kernel), std::move(strides), std::move(dilations), std::move(begin),
            std::move(end)};
}

} // namespace

TEST_SUITE("runtime host operations") {
    TEST_CASE("arithmetic") {
        check_with([](auto&& next) {
            for (const auto& [a, b] : {std::pair<Shape, Shape>{{2, 3}, {2, 3}},
                                       {{2, 3}, {3}},
                                       {{2, 1}, {1, 4}},
                                       {{}, {2}},
                                       {{2, 3, 2}, {3, 1}}}) {
                check_op(ops::Add{}, {next(a), next(b)});
                check_op(ops::Sub{}, {next(a), next(b)});
                check_op(ops::Mul{}, {next(a), next(b)}, 1);
                check_op(ops::Div{}, {next(a), nonzero(next(b))}, 1);
                check_op(ops::Div{true}, {next(a), nonzero(next(b))});
            }
            const Tensor powers({4}, std::vector<Real>{Real(0), Real(3), Real(-2), Real(1)});
            check_op(ops::Pow{}, {nonzero(next({2, 4})), powers}, 1);
            std::vector<Real> squares;
            for (const Real& value : nonzero(next({3})).to_reals()) {
                squares.push_back(value * value + Real(1));
            }
            const Tensor halves(
                {3}, std::vector<Real>{Real::ratio(1, 2), Real::ratio(-3, 2), Real::ratio(5, 2)});
            check_op(ops::Pow{}, {Tensor({3}, squares), halves}, 1);
        });
    }

    TEST_CASE("activations") {
        check_with([](auto&& next) {
            const Shape shape{2, 3, 2};
            check_op(ops::Relu{}, {next(shape)});
            check_op(ops::LeakyRelu{Real::ratio(1, 3)}, {next(shape)});
            check_op(ops::PRelu{}, {next(shape), next({3, 1})});
            check_op(ops::Clip{Real(-1), Real::ratio(4, 3)}, {next(shape)});
            check_op(ops::Clip{std::nullopt, Real(1)}, {next(shape)});
            check_op(ops::Clip{Real(2), Real(1)}, {next(shape)});
            check_op(ops::Sigmoid{}, {next(shape)});
            check_op(ops::Tanh{}, {next(shape)});
            check_op(ops::HardSigmoid{Real::ratio(1, 5), Real::ratio(1, 2)}, {next(shape)});
            check_op(ops::Sign{}, {next(shape)});
            check_op(ops::Neg{}, {next(shape)});
            check_op(ops::Cast{DataType::float16}, {next(shape)});
            check_op(ops::Cast{DataType::int8}, {next(shape)});
            check_op(ops::Cast{DataType::boolean}, {next(shape)});
        });
        check_op(ops::Cast{DataType::uint64},
                 {Tensor({2}, std::vector<Real>{Real::dyadic(1, 63), Real(3)})});
        // Far from where anything happens.
        const Tensor far({4}, std::vector<float>{-500.0F, 500.0F, 1e-30F, -1e-30F});
        check_op(ops::Sigmoid{}, {far});
        check_op(ops::Tanh{}, {far});
    }

    TEST_CASE("quantizers") {
        check_with(
            [](auto&& next) {
                for (const Rounding mode :
                     {Rounding::half_even, Rounding::half_up, Rounding::half_down, Rounding::floor,
                      Rounding::ceil, Rounding::up, Rounding::down}) {
                    for (const bool last : {false, true}) {
                        for (const Real& scale :
                             {Real(1), Real::ratio(1, 4), Real::ratio(2, 3), Real::ratio(-1, 2)}) {
                            ops::Quantize op;
                            op.scale = shared_scalar(scale);
                            op.zero_point = shared_scalar(Real(1));
                            op.bits = shared_scalar(Real(4));
                            op.rounding = mode;
                            op.zero_point_last = last;
                            op.narrow = last;
                            check_op(op, {next({2, 3})});
                            op.bits = shared_scalar(Real::ratio(5, 2));
                            op.is_signed = false;
                            check_op(op, {next({2, 3})});
                            op.bits = nullptr;
                            check_op(op, {next({2, 3})});
                        }
                    }
                }
                ops::Quantize channels;
                channels.scale = shared(Tensor(
                    {3, 1}, std::vector<Real>{Real(1), Real::ratio(1, 3), Real::ratio(1, 8)}));
                channels.zero_point =
                    shared(Tensor({3, 1}, std::vector<Real>{Real(0), Real(2), Real::ratio(1, 2)}));
                channels.bits = shared(Tensor({2}, std::vector<Real>{Real(3), Real(1)}));
                check_op(channels, {next({2, 3, 2})});
                ops::MultiThreshold thresholds;
                thresholds.thresholds = shared(
                    Tensor({3, 2}, std::vector<Real>{Real(-1), Real(1), Real(0), Real::ratio(2, 3),
                                                     Real::ratio(1, 8), Real::ratio(1, 8)}));
                thresholds.out_scale = Real::ratio(1, 3);
                thresholds.out_bias = Real(-1);
                check_op(thresholds, {next({2, 3, 2})});
            },
            2);
    }

    TEST_CASE("layout") {
        check_with([](auto&& next) {
            check_op(ops::Reshape{{3, 2, 2}}, {next({2, 3, 2})});
            check_op(ops::Transpose{{2, 0, 1}}, {next({2, 3, 4})});
            check_op(ops::Concat{1}, {next({2, 3, 2}), next({2, 1, 2}), next({2, 2, 2})});
            check_op(ops::Gather{1},
                     {next({2, 3, 2}),
                      Tensor({2, 2}, std::vector<Real>{Real(2), Real(0), Real(-1), Real(1)})},
                     1);
            check_op(ops::Slice{{1, 3}, {4, 0}, {2, -2}}, {next({5, 4})});
            check_op(ops::Slice{{0, 2}, {0, 4}, {1, 1}}, {next({5, 4})});
            check_op(ops::Pad{{1, 0}, {0, 2}, Real::ratio(1, 3)}, {next({2, 3})});
        });
    }

    TEST_CASE("products") {
        check_with([](auto&& next) {
            for (const auto& [a, b] : {std::pair<Shape, Shape>{{2, 3}, {3, 4}},
                                       {{3}, {3, 2}},
                                       {{2, 3}, {3}},
                                       {{3}, {3}},
                                       {{2, 1, 2, 3}, {4, 3, 2}}}) {
                check_op(ops::MatMul{}, {next(a), next(b)}, 1);
            }
            check_op(ops::Conv{window({2, 3}, {1, 2}, {1, 1}, {1, 0}, {0, 1}), 1},
                     {next({1, 2, 4, 5}), next({3, 2, 2, 3})}, 1);
            check_op(ops::Conv{window({2}, {1}, {2}, {0}, {0}), 2},
                     {next({2, 4, 5}), next({4, 2, 2})}, 1);
        });
    }

    TEST_CASE("pools and means") {
        check_with([](auto&& next) {
            check_op(ops::MaxPool{window({2, 2}, {2, 1}, {1, 1}, {0, 1}, {1, 0})},
                     {next({1, 2, 4, 4})});
            check_op(ops::MaxPool{window({2}, {1}, {2}, {0}, {0})}, {next({2, 2, 5})});
            for (const bool include : {false, true}) {
                check_op(ops::AveragePool{window({3, 2}, {2, 2}, {1, 1}, {1, 1}, {1, 1}),
                                          {0, 1},
                                          include},
                         {next({1, 2, 4, 4})});
            }
            check_op(ops::ReduceMean{{0, 2}}, {next({2, 3, 3})});
        });
    }

    TEST_CASE("selections, ties included") {
        check_with([](auto&& next) {
            check_op(ops::Softmax{1}, {next({2, 3, 2})});
            for (const bool largest : {true, false}) {
                for (const bool last : {true, false}) {
                    check_op(ops::ArgMax{1, last, last, largest}, {next({2, 5, 2})});
                }
                check_op(ops::TopK{3, 1, largest}, {next({2, 5})});
                check_op(ops::TopK{1, 0, largest}, {next({4, 2})});
            }
        });
    }

    TEST_CASE("all operations were checked, and both arithmetics decided") {
        // The cases above run before this one.
        const Tally& all = tally();
        if (all.ops.empty()) {
            return; // they were filtered out
        }
        const auto covered = [&]<class... Ops>(const OpList<Ops...>*) {
            for (const std::string_view name : {Ops::name...}) {
                CAPTURE(std::string(name));
                CHECK(all.ops.contains(std::string(name)));
            }
        };
        covered(static_cast<const NetworkOps*>(nullptr));
        CHECK(all.decided > 5 * all.undecided);
        CHECK(all.undecided > 5);
    }

    TEST_CASE("an unknown step is an error where it is needed, and names itself") {
        const std::string text = R"({"inputs": [{"value": 0, "name": "x"}], "constants": [],
            "steps": [{"op": "neg", "inputs": [0], "outputs": [1], "fields": {}},
                      {"op": "fft", "inputs": [0], "outputs": [2], "fields": {}}],
            "outputs": [1, 2]})";
        const runtime::JsonValue json = runtime::parse_json(text, "g");
        const host::HostGraph graph{runtime::JsonField(json, "g")};
        CHECK(graph.plan({true, false}).steps.size() == 1);
        CHECK_THROWS_WITH(static_cast<void>(graph.plan({true, true})),
                          "g.steps[1].op: this runtime has no host step 'fft'");
    }

    TEST_CASE("graphs that contradict themselves are refused") {
        const auto error = [](const std::string& steps, const std::string& outputs) {
            const std::string text =
                R"({"inputs": [{"value": 0, "name": "x"}], "constants": [], "steps": [)" + steps +
                R"(], "outputs": [)" + outputs + "]}";
            const runtime::JsonValue json = runtime::parse_json(text, "g");
            try {
                const host::HostGraph graph{runtime::JsonField(json, "g")};
            } catch (const runtime::Error& caught) {
                return std::string(caught.what());
            }
            return std::string("no error");
        };
        CHECK(error("", "3") == "g.outputs[0]: value 3 is used before it is computed");
        CHECK(error(R"({"op": "neg", "inputs": [0, 0], "outputs": [1], "fields": {}})", "1") ==
              "g.steps[0].inputs: the host step 'neg' does not take 2 inputs");
        CHECK(error(R"({"op": "neg", "inputs": [0], "outputs": [0], "fields": {}})", "0") ==
              "g.steps[0].outputs[0]: value 0 is defined twice");
        CHECK(error(R"({"op": "argmax", "inputs": [0], "outputs": [1], "fields": {}})", "1") ==
              "g.steps[0].fields: the key \"axis\" is missing");
        CHECK(error(R"({"op": "cast", "inputs": [0], "outputs": [1],
                        "fields": {"to": "int7"}})",
                    "1") == "g.steps[0].fields.to: no element type is called \"int7\"");
    }
}
