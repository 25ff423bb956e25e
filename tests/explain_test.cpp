// SPDX-License-Identifier: Apache-2.0
//
// The error analysis beside the exact evaluation: which decisions float32 may miss and which not,
// with the bounds of passes/explain/float32_bounds.hpp checked on both sides, u being 2^-24; and
// what verify makes of it, against a float32 executor written out here.
#include "cli/comparison.hpp"
#include "ir/evaluate.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "passes/explain.hpp"
#include "passes/explain/float32_bounds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using passes::CloseDecision;

constexpr float u = 0x1p-24F;

Graph parse(const std::string& text) {
    Graph graph = parse_graph(text);
    verify(graph, "test");
    return graph;
}

std::string quantizer(const std::string& scale, int bits, const std::string& rounding,
                      const std::string& zero_point = "0") {
    return " {scale = [] reals [" + scale + "], zero_point = [] reals [" + zero_point +
           "], bits = [] reals [" + std::to_string(bits) +
           "], signed = true, narrow = false, rounding = " + rounding +
           ", zero_point_last = false}";
}

/// y = quantize(x0 + x1 + x2): a product of depth 3 with weights 1.
Graph sum_quantized(const std::string& attributes = quantizer("1", 4, "half_even")) {
    return parse("network \"sum\" {\n  input %x : real float32 [1,3]\n"
                 "  const %w : real float32 [3,1] = floats [1,1,1]\n"
                 "  %a : real float32 [1,1] = matmul(%x, %w) from \"MatMul\" \"layer\"\n"
                 "  %y : real float32 [1,1] = quantize(%a) from \"Quant\" \"decision\"" +
                 attributes + "\n  output %y\n}\n");
}

std::vector<CloseDecision> decisions(const Graph& network, Shape shape, std::vector<float> x,
                                     std::size_t output = 0) {
    const auto all =
        passes::Explainer(network).close_decisions({Tensor(std::move(shape), std::move(x))});
    REQUIRE(all.size() == network.outputs.size());
    return all.at(output);
}

/// With a third summand that does nothing but keep the sum from being exact in float32.
std::size_t close(const Graph& network, float a, float b) {
    return decisions(network, {1, 3}, {a, b, 0x1p-60F}).size();
}
std::size_t close_pair(const Graph& network, float a, float b) {
    return decisions(network, {1, 2}, {a, b}).size();
}

} // namespace

TEST_SUITE("explain") {
    TEST_CASE("a product's rounding reaches as far as its bound and no farther") {
        // At 1/2: (K + 5) u of the sum of magnitudes, K = 3, and 2 u of the quotient: 5 u.
        const Graph network = sum_quantized();
        const auto found = decisions(network, {1, 3}, {0.5F, 2 * u, 0x1p-60F});
        REQUIRE(found.size() == 1);
        CHECK(found[0].node == "decision");
        CHECK(found[0].element == 0);
        CHECK(std::abs(found[0].distance - 2 * u) < u / 100);
        CHECK(found[0].rounding > 5 * u);
        CHECK(found[0].rounding < 5.1F * u);
        CHECK(close(network, 0.5F, 0) == 1);
        CHECK(close(network, 0.5F, -2 * u) == 1);
        CHECK(close(network, 0.5F, 6 * u) == 0);
        CHECK(close(network, 0.5F, -6 * u) == 0);
        CHECK(close(network, 0.75F, 0) == 0);
        CHECK(close(network, 1, 0) == 0);
        // Numbers that cancel leave the rounding of their magnitudes: 8 u * 8191.5, and no more.
        CHECK(close(network, 4096, -4095.5F + 0x1p-11F) == 1);
        CHECK(close(network, 4096, -4095.5F + 0x1p-7F) == 0);
    }

    TEST_CASE("distances are in levels of the quantizer") {
        const Graph coarse = sum_quantized(quantizer("4", 4, "half_even"));
        CHECK(close(coarse, 2, 0) == 1); // 1/2 of a level
        CHECK(close(coarse, 0.5F, 0) == 0);
        CHECK(close(coarse, 2, 8 * u) == 1); // 2 u levels
        CHECK(close(coarse, 2, 24 * u) == 0);
        const Graph shifted = sum_quantized(quantizer("1", 4, "half_even", "1/4"));
        CHECK(close(shifted, 0.25F, 0) == 1);
        CHECK(close(shifted, 0.5F, 0) == 0);
    }

    TEST_CASE("each rounding mode decides where its result changes") {
        for (const char* mode : {"half_even", "half_up", "half_down"}) {
            CAPTURE(mode);
            const Graph network = sum_quantized(quantizer("1", 4, mode));
            CHECK(close(network, 2.5F, 0) == 1);
            CHECK(close(network, -2.5F, 0) == 1);
            CHECK(close(network, 2, 0) == 0);
        }
        for (const char* mode : {"floor", "ceil", "up", "down"}) {
            CAPTURE(mode);
            const Graph network = sum_quantized(quantizer("1", 4, mode));
            CHECK(close(network, 2, 0) == 1);
            CHECK(close(network, -3, 0) == 1);
            CHECK(close(network, 2.5F, 0) == 0);
        }
        const Graph binary = sum_quantized(quantizer("1", 1, "half_even"));
        CHECK(close(binary, 1, -1) == 1);
        CHECK(close(binary, 0.5F, 0) == 0);
    }

    TEST_CASE("beyond the clamp nothing is decided") {
        const Graph network = sum_quantized();
        CHECK(close(network, 6.5F, 0) == 1);
        CHECK(close(network, -7.5F, 0) == 1);
        CHECK(close(network, 9.5F, 0) == 0);
        CHECK(close(network, -10.5F, 0) == 0);
        CHECK(close(network, 1000.5F, 0) == 0);
    }

    TEST_CASE("an output is explained by what is upstream of it alone") {
        const Graph network =
            parse("network \"two\" {\n  input %x : real float32 [1,2]\n"
                  "  const %w : real float32 [2,1] = floats [1,1]\n"
                  "  const %v : real float32 [2,1] = floats [1,2]\n"
                  "  %a : real float32 [1,1] = matmul(%x, %w) from \"MatMul\" \"m\"\n"
                  "  %b : real float32 [1,1] = matmul(%x, %v) from \"MatMul\" \"n\"\n"
                  "  %p : real float32 [1,1] = quantize(%a) from \"Quant\" \"left\"" +
                  quantizer("1", 4, "half_even") +
                  "\n"
                  "  %q : real float32 [1,1] = quantize(%b) from \"Quant\" \"right\"" +
                  quantizer("1", 4, "half_even") +
                  "\n"
                  "  %s : real float32 [1,1] = add(%p, %q) from \"Add\" \"sum\"\n"
                  "  output %p\n  output %q\n  output %s\n  output %x\n}\n");
        // 0.25 + 0.25 is nearly a tie, 0.25 + 0.5 is none.
        const std::vector<float> x{0.25F, 0.25F + u};
        REQUIRE(decisions(network, {1, 2}, x, 0).size() == 1);
        CHECK(decisions(network, {1, 2}, x, 0)[0].node == "left");
        CHECK(decisions(network, {1, 2}, x, 1).empty());
        REQUIRE(decisions(network, {1, 2}, x, 2).size() == 1);
        CHECK(decisions(network, {1, 2}, x, 2)[0].node == "left");
        CHECK(decisions(network, {1, 2}, x, 3).empty());
    }

    TEST_CASE("a decision that is not close leaves no error to those behind it") {
        // The first sum is large and rounds far, but no first decision is close: the second
        // quantizer sees integers exactly, 3 u from its tie and undisturbed.
        const std::string first = quantizer("3", 16, "half_even");
        const std::string second = quantizer("1", 4, "half_even");
        const auto network = [&](const std::string& between) {
            return parse("network \"chain\" {\n  input %x : real float32 [1,1]\n"
                         "  const %k : real float32 [1] = floats [" +
                         between +
                         "]\n  const %c : real float32 [1] = floats [0.5000002384185791015625]\n"
                         "  %q : real float32 [1,1] = quantize(%x) from \"Quant\" \"first\"" +
                         first +
                         "\n  %m : real float32 [1,1] = mul(%q, %k) from \"Mul\" \"m\"\n"
                         "  %a : real float32 [1,1] = add(%m, %c) from \"Add\" \"a\"\n"
                         "  %y : real float32 [1,1] = quantize(%a) from \"Quant\" \"second\"" +
                         second + "\n  output %y\n}\n");
        };
        CHECK(decisions(network("0"), {1, 1}, {3000.75F}).empty());
        // Behind a close decision nothing more is needed.
        const auto found = decisions(network("0"), {1, 1}, {3001.5F});
        REQUIRE(found.size() == 1);
        CHECK(found[0].node == "first");
    }

    TEST_CASE("signs, thresholds and selections are decisions, too") {
        const std::string head = "network \"n\" {\n  input %x : real float32 [1,2]\n"
                                 "  const %c : real float32 [1,2] = floats [0.25,0.5]\n"
                                 "  %a : real float32 [1,2] = sub(%x, %c) from "
                                 "\"BatchNormalization\" \"s\"\n";
        const Graph sign = parse(head + "  %y : real float32 [1,2] = sign(%a) from \"Sign\" "
                                        "\"sign\"\n  output %y\n}\n");
        CHECK(close_pair(sign, 0.25F, 1) == 2); // 0 may be -1 or 1
        CHECK(close_pair(sign, 0.25F, 0.5F) == 4);
        CHECK(close_pair(sign, 0.2501F, 0.4999F) == 0);
        const Graph best =
            parse(head + "  %y : real int64 [1,1] = argmax(%a) from \"ArgMax\" \"best\" "
                         "{axis = 1, keep_dims = true, last_index = false, largest = true}\n"
                         "  output %y\n}\n");
        CHECK(close_pair(best, 0.75F, 1) == 1);
        CHECK(close_pair(best, 0.75F, 1.001F) == 0);
        const Graph steps =
            parse(head + "  %y : real float32 [1,2] = multi_threshold(%a) from \"MultiThreshold\" "
                         "\"steps\" {thresholds = [1,2] reals [-1,1/8], out_scale = 1, "
                         "out_bias = 0, channel_axis = 1}\n  output %y\n}\n");
        CHECK(close_pair(steps, 0.375F, 0) == 1);
        CHECK(close_pair(steps, -0.75F, -0.5F) == 2);
        CHECK(close_pair(steps, 0.25F, 0.5F) == 0);
    }

    TEST_CASE("a float32 executor's differences are explained, invented ones are not") {
        const Graph network = sum_quantized();
        constexpr std::int64_t count = 4;
        // 1/2 and a little: float32 loses the little in its sum and rounds the tie to 0 in the
        // first two samples; in the third it keeps it. The last is far from any decision.
        const std::vector<float> tail{u / 4, u / 2, 8 * u, 0.25F};
        HostArray x(DataType::float32, {count, 1, 3});
        HostArray exact(DataType::float32, {count, 1, 1});
        HostArray float32(DataType::float32, {count, 1, 1});
        for (std::size_t i = 0; i < tail.size(); ++i) {
            const std::vector<float> summands{0.5F, tail[i], 0x1p-60F};
            std::copy(summands.begin(), summands.end(),
                      x.as<float>().begin() + static_cast<std::ptrdiff_t>(3 * i));
            const Tensor sample({1, 3}, summands);
            exact.set(static_cast<std::int64_t>(i), evaluate_network(network, {sample})[0].at(0));
            const volatile float sum = 0.5F + tail[i];
            float32.as<float>()[i] = std::nearbyintf(sum);
        }
        CHECK(exact.as<float>()[0] == 1);
        CHECK(float32.as<float>()[0] == 0);
        const cli::ExpectResult honest =
            cli::compare_expected(network, {x}, {exact}, {float32}, count);
        CHECK(honest.equal == 2);
        CHECK(honest.explained == 2);
        CHECK(honest.unexplained == 0);
        HostArray wrong = float32;
        wrong.as<float>()[2] = 0;
        wrong.as<float>()[3] = 2;
        const cli::ExpectResult invented =
            cli::compare_expected(network, {x}, {exact}, {wrong}, count);
        CHECK(invented.equal == 0);
        CHECK(invented.explained == 2);
        CHECK(invented.explained_samples == 2);
        CHECK(invented.decisions == 2);
        CHECK(invented.unexplained == 2);
        REQUIRE(invented.first_decisions.size() == 2);
        CHECK(invented.first_decisions[1].sample == 1);
        CHECK(invented.first_decisions[1].decision.node == "decision");
        CHECK(std::abs(invented.first_decisions[1].decision.distance - u / 2) < u / 100);
        REQUIRE(invented.examples.size() == 2);
        CHECK(invented.examples[0].sample == 2);
        CHECK(invented.examples[1].sample == 3);
        REQUIRE(invented.failures.size() == 2);
        CHECK(invented.failures[0].search.candidates == 0);
    }

    TEST_CASE("the bound of an element is that of its own sum, and holds in any order") {
        // 64 products in float32, added up in random orders.
        std::mt19937 random(5);
        std::normal_distribution<float> normal;
        constexpr std::size_t depth = 64;
        std::string numbers;
        std::vector<float> weights;
        for (std::size_t i = 0; i < depth; ++i) {
            weights.push_back(std::nearbyint(normal(random) * 4096) / 4096);
            numbers += (i == 0 ? "" : ",") +
                       Real::from_double(static_cast<double>(weights.back())).to_string();
        }
        const Graph network =
            parse("network \"n\" {\n  input %x : real float32 [2,64]\n"
                  "  const %w : real float32 [64,1] = reals [" +
                  numbers +
                  "]\n  %y : real float32 [2,1] = matmul(%x, %w) from \"MatMul\" \"m\"\n"
                  "  output %y\n}\n");
        std::vector<float> x;
        for (std::size_t i = 0; i < 2 * depth; ++i) {
            x.push_back(normal(random) * (i < depth ? 1000.0F : 1.0F));
        }
        const passes::explain::NetworkMap map(network);
        passes::explain::Values values(network.values.size());
        values[network.inputs[0]].assign(x.begin(), x.end());
        evaluate_network(network, {Tensor({2, 64}, x)}, [&](ValueId id, const Tensor& tensor) {
            values[id] = passes::explain::to_doubles(tensor);
        });
        const auto bounds = passes::explain::float32_bounds(map, values);
        const std::vector<double>& bound = bounds[network.outputs[0]];
        CHECK(bound[0] > 100 * bound[1]);
        std::vector<std::size_t> order(depth);
        std::iota(order.begin(), order.end(), std::size_t{0});
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 500; ++trial) {
            std::shuffle(order.begin(), order.end(), random);
            for (std::size_t row = 0; row < 2; ++row) {
                volatile float sum = 0;
                for (const std::size_t i : order) {
                    const volatile float product = x[row * depth + i] * weights[i];
                    sum = sum + product;
                }
                worst[row] = std::max(worst[row], std::abs(static_cast<double>(sum) -
                                                           values[network.outputs[0]][row]));
            }
        }
        for (std::size_t row = 0; row < 2; ++row) {
            CHECK(worst[row] <= bound[row]);
            CHECK(worst[row] > bound[row] / 1000);
        }
    }

    TEST_CASE("what float32 computes exactly is not decided otherwise") {
        // 1/4 + 1/4: a tie, but every executor has it. Not so with a factor that is no power of
        // two behind the sum, or with summands too far apart.
        const auto network = [](const std::string& factor, const std::string& scale) {
            return parse("network \"n\" {\n  input %x : real float32 [1,2]\n"
                         "  const %w : real float32 [2,1] = floats [1,1]\n"
                         "  const %k : real float32 [1] = floats [" +
                         factor +
                         "]\n  %a : real float32 [1,1] = matmul(%x, %w) from \"MatMul\" \"m\"\n"
                         "  %b : real float32 [1,1] = mul(%a, %k) from \"Mul\" \"k\"\n"
                         "  %y : real float32 [1,1] = quantize(%b) from \"Quant\" \"q\"" +
                         quantizer(scale, 4, "half_even") + "\n  output %y\n}\n");
        };
        CHECK(close_pair(network("2", "1"), 0.125F, 0.125F) == 0);
        CHECK(close_pair(network("2", "1"), 0.125F, 0.125F + u / 4) == 1);
        CHECK(close_pair(network("3", "1"), 0.25F, 0.25F) == 1);
        CHECK(close_pair(network("2", "3"), 0.25F, 0.5F) == 1);
        CHECK(close_pair(network("2", "2"), 0.25F, 0.25F) == 0);
    }

    TEST_CASE("sums of integers are exact, their scaling is not") {
        const std::string graph_of = "network \"n\" {\n  input %x : real float32 [1,2]\n"
                                     "  const %w : real float32 [2,1] = floats [1,1]\n"
                                     "  %a : real float32 [1,1] = matmul(%x, %w) from \"";
        const std::string rest = "\" \"layer\"\n  %y : real float32 [1,1] = quantize(%a) from "
                                 "\"QLinearMatMul\" \"decision\"" +
                                 quantizer("1", 16, "half_even") + "\n  output %y\n}\n";
        // 8191 of magnitude cancel: 7 u * 8191.5 as a float product, 4 u * 0.5 as integers.
        const std::vector<float> x{4096, -4095.5F + 0x1p-12F};
        CHECK(decisions(parse(graph_of + "MatMul" + rest), {1, 2}, x).size() == 1);
        CHECK(decisions(parse(graph_of + "QLinearMatMul" + rest), {1, 2}, x).empty());
    }
}
