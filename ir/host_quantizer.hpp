// SPDX-License-Identifier: Apache-2.0
//
// Host-side quantization of float inputs, exact and fast. The way from a model input to an integer
// input of the hardware is nearly always one elementwise function, the same for all elements and
// monotone (scale, shift, quantize). Over the floats such a function is a list of thresholds: the
// smallest float at which each level begins, found once with exact arithmetic; quantizing is
// comparing.
#pragma once

#include "ir/function/function_evaluator.hpp"
#include "ir/graph.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace millrace {

/// The elementwise chain behind an output of a head graph.
struct HostChain {
    std::size_t input;                             ///< index among the graph's inputs
    std::shared_ptr<const ExactFunction> function; ///< of the flat element modulo its channels
    /// The elements are transposed on the way: the value is those of the input, seen as a tensor of
    /// shape `factors`, transposed by `perm` (both empty: in their order).
    Shape factors;
    std::vector<std::int64_t> perm;
};

/// The chain that leads from one graph input to the value, through elementwise ops, reshapes and at
/// most one transposition (with one function for all elements) only; std::nullopt where there is
/// more to it.
std::optional<HostChain> host_chain(const Graph& head, ValueId output);

/// Levels of a monotone function over the float32 numbers.
struct FloatThresholds {
    std::int64_t base = 0;     ///< the level of the lowest float
    std::int64_t step = 1;     ///< +1 or -1
    std::vector<float> starts; ///< ascending: the level changes by `step` at each
};

/// The thresholds of a chain; std::nullopt when it varies by channel, is not monotone, has more
/// than 4,096 levels, or its decisions cannot be made.
std::optional<FloatThresholds> float_thresholds(const ExactFunction& function);

/// Applies a host chain to whole tensors.
class HostQuantizer {
  public:
    explicit HostQuantizer(std::shared_ptr<const ExactFunction> function);

    /// Integers of finite floats. Returns false when one is not finite.
    bool operator()(std::span<const float> x, std::span<std::int64_t> q) const;
    /// Integers of one number of a flat index, for any other input type.
    [[nodiscard]] std::int64_t at(std::size_t index, double x) const;

  private:
    std::shared_ptr<const ExactFunction> function_;
    std::vector<FunctionEvaluator> channels_;
    std::optional<FloatThresholds> thresholds_;
};

} // namespace millrace
