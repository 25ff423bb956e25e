// SPDX-License-Identifier: Apache-2.0
//
// Finds the integers behind quantized weights.
#pragma once

#include "ir/type.hpp"

#include <optional>
#include <vector>

namespace millrace::passes {

/// weights[k, n] = integers[k, n] * scale[n]; one scale serves all columns when the widest integer
/// does not suffer from it.
struct WeightGrid {
    Tensor integers; ///< [K, N], scaled integers of scale 1
    std::vector<Real> scale;
};

/// The coarsest grid on which all elements of each column of a [K, N] tensor lie: the greatest
/// common divisor of their mantissas at a common exponent. It does not matter how the weights came
/// about (a quantizer folded into constants, a plain float tensor, a transposition). std::nullopt
/// when the integers need more than 16 bits (-32768..32767 or 0..65535) or an element is not
/// dyadic.
std::optional<WeightGrid> find_weight_grid(const Tensor& weights);

/// weights[k, n] * grid.scale[i], i = g(n) * K + k the input that meets them, g(n) the group of
/// column n: a grid that varies along the sum moves into the weights, and offsets[n] = -sum over k
/// of that times grid.zero_point[i] is what remains to be added.
Tensor scale_inputs(const Tensor& weights, const Grid& grid, std::int64_t groups,
                    std::vector<Real>& offsets);

} // namespace millrace::passes
