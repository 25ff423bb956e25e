// SPDX-License-Identifier: Apache-2.0
//
// Random quantized multilayer perceptrons at the network level: every combination of widths, signs,
// scales per tensor and per channel, zero points, biases, normalisations, activations, rounding
// modes and tails that the compiler takes, and (but for an accumulator or an activation that comes
// out too wide) no other: scales that vary along a layer's sum are powers of two apart, since they
// become part of the weights.
#pragma once

#include "ir/engine.hpp"
#include "ir/graph.hpp"

#include <cstdint>
#include <random>

namespace millrace::tests {

class RandomMlp {
  public:
    explicit RandomMlp(std::uint32_t seed) : random_(seed) {}

    struct Limits {
        int layers = 3;
        int widest = 12; ///< elements of a vector
        int weight_bits = 16;
        int activation_bits = 16;
    };
    Graph network(const Limits& limits);
    /// Samples over (and beyond) the range of the first quantizer, with exact multiples of small
    /// powers of two among them: ties.
    HostArray samples(const Graph& network, std::int64_t count);

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(int percent) { return pick(1, 100) <= percent; }
    Real positive_scale();
    /// One, or one per channel, whatever they are: of weights and of results.
    Tensor scales(std::int64_t channels);
    /// The same for the input of a layer whose weights have `spread` bits to spare.
    Tensor layer_scales(std::int64_t channels, int spread);
    ValueId quantize(Graph& graph, ValueId x, int bits, Tensor scales);
    ValueId layer(Graph& graph, ValueId x, std::int64_t inputs, std::int64_t outputs, int bits);
    ValueId elementwise(Graph& graph, ValueId x, std::int64_t channels);
    ValueId tail(Graph& graph, ValueId x, std::int64_t channels);

    std::mt19937 random_;
};

} // namespace millrace::tests
