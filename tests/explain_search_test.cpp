// SPDX-License-Identifier: Apache-2.0
//
// Explanations as constructions: exactly the decisions that make the exact network give the
// expected outputs; and nothing for outputs that no such decisions give. The search's own
// arithmetic (passes/explain/sparse_state.hpp) is compared with exact evaluation on random
// networks of every kind.
#include "cli/comparison.hpp"
#include "ir/evaluate.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "passes/explain.hpp"
#include "passes/explain/certificate.hpp"
#include "tests/support/onnx_import.hpp"
#include "tests/support/random_cnn.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::passes::explain;
using passes::ExpectedOutput;
using passes::Explainer;
using passes::Explanation;

Graph parse(const std::string& text) {
    Graph graph = parse_graph(text);
    verify(graph, "test");
    return graph;
}

std::string quantizer(const std::string& from, const std::string& to, const std::string& name,
                      const std::string& shape) {
    return "  " + to + " : real float32 " + shape + " = quantize(" + from + ") from \"Quant\" \"" +
           name +
           "\" {scale = [] reals [3], zero_point = [] reals [0], bits = [] reals [8], signed = "
           "true, narrow = false, rounding = half_even, zero_point_last = false}\n";
}

/// Four quantizers side by side. Their step is 3: what is divided by a power of two stays exact,
/// and its ties are no close decisions.
Graph four() {
    return parse("network \"four\" {\n  input %x : real float32 [1,4]\n" +
                 quantizer("%x", "%y", "decision", "[1,4]") + "  output %y\n}\n");
}

/// y = quantize(quantize(x) / 2).
Graph chain() {
    return parse("network \"chain\" {\n  input %x : real float32 [1,1]\n"
                 "  const %k : real float32 [1] = floats [0.5]\n" +
                 quantizer("%x", "%q", "first", "[1,1]") +
                 "  %m : real float32 [1,1] = mul(%q, %k) from \"Mul\" \"half\"\n" +
                 quantizer("%m", "%y", "second", "[1,1]") + "  output %y\n}\n");
}

/// For numbers in steps.
Explanation explained(const Graph& network, std::vector<float> x, std::vector<long double> expected,
                      float step = 3) {
    std::for_each(x.begin(), x.end(), [&](float& number) { number *= step; });
    std::for_each(expected.begin(), expected.end(), [&](long double& y) { y *= step; });
    const auto count = static_cast<std::int64_t>(x.size());
    return Explainer(network).explain({Tensor({1, count}, x)}, {ExpectedOutput{expected, 0}});
}

/// What exact arithmetic gives for one sample, as expected outputs.
std::vector<ExpectedOutput> exact_outputs(const Graph& network, const std::vector<Tensor>& inputs) {
    std::vector<ExpectedOutput> result;
    for (const Tensor& output : evaluate_network(network, inputs)) {
        ExpectedOutput& one = result.emplace_back();
        for (const double value : to_doubles(output)) {
            one.values.push_back(value);
        }
    }
    return result;
}

std::vector<Tensor> sample_of(const Graph& network, const std::vector<HostArray>& arrays,
                              std::int64_t sample) {
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        const Shape& shape = shape_of(network.value(network.inputs[i]).type);
        result.push_back(arrays[i].tensor(sample * element_count(shape), shape));
    }
    return result;
}

} // namespace

TEST_SUITE("explain search") {
    TEST_CASE("one decision, and only on its own side") {
        const Graph network = four();
        const std::vector<float> x{0.25F, 1.5F, 2, 3.25F}; // exactly 0, 2, 2, 3
        const Explanation found = explained(network, x, {0, 1, 2, 3});
        REQUIRE(found.found);
        REQUIRE(found.decisions.size() == 1);
        CHECK(found.decisions[0].node == "decision");
        CHECK(found.decisions[0].element == 1);
        CHECK(found.decisions[0].distance == 0);
        CHECK(found.decisions[0].rounding > 0);
        CHECK(found.candidates == 1);
        CHECK_FALSE(explained(network, x, {0, 3, 2, 3}).found); // the other side
        CHECK_FALSE(explained(network, x, {0, 0, 2, 3}).found); // two levels
        CHECK_FALSE(explained(network, x, {0, 1, 2, 4}).found); // and something else as well
        const Explanation elsewhere = explained(network, x, {1, 2, 2, 3});
        CHECK_FALSE(elsewhere.found);
        CHECK(elsewhere.candidates == 0);
        CHECK(elsewhere.nearest == 1);
        CHECK_FALSE(elsewhere.gave_up);
    }

    TEST_CASE("several decisions") {
        const Explanation found =
            explained(four(), {0.5F, 1.5F, 2.5F, 3.25F}, {1, 1, 2, 3}); // exactly 0, 2, 2, 3
        REQUIRE(found.found);
        REQUIRE(found.decisions.size() == 2);
        CHECK(found.decisions[0].element == 0);
        CHECK(found.decisions[1].element == 1);
        CHECK(found.candidates == 2);
    }

    TEST_CASE("a decision that is close only behind another one") {
        // Half a step becomes 0, a half of it 0. As 1, a half of it is a tie again.
        const Explanation found = explained(chain(), {0.5F}, {1});
        REQUIRE(found.found);
        REQUIRE(found.decisions.size() == 2);
        CHECK(found.decisions[0].node == "first");
        CHECK(found.decisions[1].node == "second");
        CHECK_FALSE(explained(chain(), {0.5F}, {2}).found);
        CHECK_FALSE(explained(chain(), {0.75F}, {2}).found);
        CHECK(explained(chain(), {0.75F}, {1}).decisions.size() == 1);
    }

    TEST_CASE("neighbours in an order") {
        const Graph network =
            parse("network \"n\" {\n  input %x : real float32 [1,4]\n"
                  "  const %c : real float32 [1] = reals [1/3]\n"
                  "  %a : real float32 [1,4] = mul(%x, %c) from \"Mul\" \"m\"\n"
                  "  %v : real float32 [1,2], %i : real int64 [1,2] = topk(%a) from \"TopK\" "
                  "\"top\" {k = 2, axis = 1, largest = true}\n  output %i\n}\n");
        const std::vector<float> x{2, 5, 5, 1}; // 1, 2
        CHECK(explained(network, x, {2, 1}, 1).decisions.size() == 1);
        CHECK_FALSE(explained(network, x, {1, 0}, 1).found);
        CHECK_FALSE(explained(network, x, {3, 1}, 1).found);
        const Explanation third = explained(network, {5, 1, 2, 2}, {0, 3}, 1); // 0, 2
        REQUIRE(third.decisions.size() == 1);
        CHECK(third.decisions[0].node == "top");
    }

    TEST_CASE("limits end the search, and it says so") {
        const Graph network = four();
        const std::vector<Tensor> x{Tensor({1, 4}, std::vector<float>{1.5F, 4.5F, 7.5F, 10.5F})};
        const std::vector<ExpectedOutput> expected{{{3, 3, 9, 9}, 0}}; // exactly 0, 6, 6, 12
        CHECK(Explainer(network).explain(x, expected).decisions.size() == 4);
        const Explanation few = Explainer(network, {.decisions = 3}).explain(x, expected);
        CHECK_FALSE(few.found);
        CHECK(few.gave_up);
        CHECK(few.nearest == 1);
        const Explanation soon = Explainer(network, {.evaluations = 5}).explain(x, expected);
        CHECK_FALSE(soon.found);
        CHECK(soon.gave_up);
        CHECK(soon.evaluations == 5);
        CHECK(soon.candidates == 4);
    }

    TEST_CASE("the search computes what exact arithmetic does behind a decision") {
        // Random networks: decisions are taken otherwise, whether they are close or not, and the
        // search's outputs are compared with those of the exact network.
        int decided = 0;
        int changed = 0;
        for (std::uint32_t seed = 1; seed <= 60; ++seed) {
            CAPTURE(seed);
            const tests::RandomCnn random = tests::random_cnn(seed);
            const Graph network = tests::import_ok(random.model).graph;
            const auto arrays = tests::random_samples(network, 2, seed);
            const NetworkMap map(network);
            std::vector<std::optional<DecisionTable>> decisions;
            for (const Node& node : network.nodes) {
                decisions.push_back(DecisionTable::of(network, node));
            }
            const std::vector<Tensor> inputs = sample_of(network, arrays, 1);
            Values values(network.values.size());
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                values[network.inputs[i]] = to_doubles(inputs[i]);
            }
            evaluate_network(network, inputs, [&](ValueId id, const Tensor& tensor) {
                values[id] = to_doubles(tensor);
            });
            SparseState state(map, decisions, values);
            for (std::size_t n = 0; n < network.nodes.size(); ++n) {
                const ValueId output = network.nodes[n].outputs[0];
                const ValueId input = network.nodes[n].inputs[0];
                if (!decisions[n] || map.is_quantizers_integer(output) || map.is_constant(input)) {
                    continue;
                }
                int tried = 0;
                for (std::size_t e = 0; e < map.size(output) && tried < 6; e += 1 + e / 3) {
                    const double x = values[input][e];
                    for (const Alternative& other : decisions[n]->alternatives(
                             e, x, 1 + 0.5 * std::abs(x), values[output][e])) {
                        CAPTURE(network.nodes[n].name);
                        CAPTURE(e);
                        ++tried;
                        ++decided;
                        const Flip flip{n, e, 0, other.result, other.distance, other.rounding};
                        const auto mark = state.mark();
                        state.apply(flip);
                        const auto exact = outputs_with(map, decisions, inputs, {flip});
                        REQUIRE(exact);
                        for (std::size_t o = 0; o < exact->size(); ++o) {
                            const std::vector<double>& mine = state.values()[network.outputs[o]];
                            const std::vector<double> theirs = to_doubles((*exact)[o]);
                            double worst = 0;
                            double largest = 0;
                            for (std::size_t i = 0; i < mine.size(); ++i) {
                                worst = std::max(worst, std::abs(mine[i] - theirs[i]));
                                largest = std::max(largest, std::abs(theirs[i]));
                            }
                            CHECK(worst <= 1e-9 * largest);
                            changed += mine != values[network.outputs[o]] ? 1 : 0;
                        }
                        state.undo(mark);
                        CHECK(state.values() == values);
                    }
                }
            }
        }
        CHECK(decided > 300);
        CHECK(changed > 100);
    }

    TEST_CASE("outputs that are not the network's are not explained") {
        std::mt19937 random(3);
        int networks = 0;
        for (std::uint32_t seed = 100; seed < 130; ++seed) {
            CAPTURE(seed);
            const tests::RandomCnn made = tests::random_cnn(seed);
            const Graph network = tests::import_ok(made.model).graph;
            const auto arrays = tests::random_samples(network, 1, seed);
            const std::vector<Tensor> inputs = sample_of(network, arrays, 0);
            const std::vector<ExpectedOutput> exact = exact_outputs(network, inputs);
            if (exact[0].values.size() < 16) {
                continue;
            }
            const auto [low, high] =
                std::minmax_element(exact[0].values.begin(), exact[0].values.end());
            const long double span = *high - *low;
            if (span == 0) {
                continue;
            }
            ++networks;
            const Explainer explainer(network, {.work = 20'000'000});
            const auto refused = [&](const std::function<void(std::vector<long double>&)>& alter) {
                std::vector<ExpectedOutput> expected = exact;
                expected[0].allowed = static_cast<double>(span) * 1e-6;
                alter(expected[0].values);
                return !explainer.explain(inputs, expected).found;
            };
            CHECK(refused([&](auto& y) { std::fill(y.begin(), y.end(), *high + span); }));
            CHECK(refused([&](auto& y) {
                for (long double& value : y) {
                    value = *low + *high - value + span / 16;
                }
            }));
            CHECK(refused([&](auto& y) { y[random() % y.size()] += 3 * span; }));
        }
        CHECK(networks > 5);
    }

    TEST_CASE("a convolution on integers: nothing invented is explained") {
        tests::OnnxBuilder model(13);
        model.add_input("x", {1, 2, 6, 6}, DataType::uint8);
        std::vector<double> weights;
        for (int i = 0; i < 4 * 2 * 9; ++i) {
            weights.push_back((i * 37 + 11) % 255 - 127);
        }
        model.add_init("w", {4, 2, 3, 3}, weights, DataType::int8);
        model.add_scalar("xs", static_cast<double>(0.013F)).add_scalar("xz", 120, DataType::uint8);
        model.add_scalar("ws", static_cast<double>(0.007F)).add_scalar("wz", 0, DataType::int8);
        model.add_scalar("ys", static_cast<double>(0.031F)).add_scalar("yz", 130, DataType::uint8);
        model.add_node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz"}, {"y"});
        model.add_output("y");
        const Graph network = tests::import_ok(model).graph;
        HostArray x(DataType::uint8, {3, 1, 2, 6, 6});
        for (std::int64_t i = 0; i < element_count(x.shape); ++i) {
            x.set(i, Real((i * 73 + 5) % 256));
        }
        HostArray exact(DataType::uint8, {3, 1, 4, 4, 4});
        for (std::int64_t sample = 0; sample < 3; ++sample) {
            const Tensor y = evaluate_network(network, sample_of(network, {x}, sample))[0];
            for (std::int64_t i = 0; i < y.size(); ++i) {
                exact.set(sample * y.size() + i, y.at(i));
            }
        }
        const std::int64_t count = element_count(exact.shape);
        const auto check = [&](const std::function<int(std::int64_t, int)>& alter) {
            HostArray spoilt = exact;
            std::int64_t different = 0;
            for (std::int64_t i = 0; i < count; ++i) {
                const int now = exact.as<std::uint8_t>()[static_cast<std::size_t>(i)];
                const int then = std::clamp(alter(i, now), 0, 255);
                spoilt.set(i, Real(then));
                different += then != now ? 1 : 0;
            }
            CHECK(different > 0);
            const cli::ExpectResult result =
                cli::compare_expected(network, {x}, {exact}, {spoilt}, 3);
            CHECK(result.equal == count - different);
            CHECK(result.explained == 0);
            CHECK(result.unexplained == different);
        };
        check([](std::int64_t /*i*/, int /*y*/) { return 0; });
        check([](std::int64_t /*i*/, int y) { return 255 - y; });
        check([&](std::int64_t i, int /*y*/) {
            const std::int64_t other = (i * 5 + 3) % count;
            return int{exact.as<std::uint8_t>()[static_cast<std::size_t>(other)]};
        });
        check([](std::int64_t i, int y) { return i % 9 == 4 ? y + 1 : y; });
        check([](std::int64_t i, int y) { return i == 77 ? y + (y > 128 ? -50 : 50) : y; });
    }
}
