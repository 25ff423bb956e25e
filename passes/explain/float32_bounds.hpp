// SPDX-License-Identifier: Apache-2.0
//
// How far a float32 executor's numbers may be from the exact ones, element by element.
#pragma once

#include "passes/explain/network_map.hpp"

#include <vector>

namespace millrace::passes::explain {

/// The elements of each value as doubles; constants are empty here, see NetworkMap::constant().
using Values = std::vector<std::vector<double>>;

/// A bound for each element of each value (constants' are empty), given the decisions that
/// `values` show: what a quantizer gives carries the rounding of its own result only, since both
/// executors take the same decision there. With u = 2^-24:
///
///  - an elementwise operation adds u for each operand and for the result;
///  - an element of a product over K adds (K + 5) u times the sum of its own |x * w|: K - 1
///    additions in whatever order, the product, the weight's own rounding, and an executor may have
///    multiplied and rounded the weights before (folded normalisations);
///  - means like products; pools and all that moves elements hand on their elements' bounds;
///  - what is exact in float32 adds nothing: a sum of multiples of 2^e whose magnitudes add up to
///    at most 2^22 units, in any order, where no factor that is not a power of two can have been
///    folded into the weights; products, sums and levels of exact numbers that are floats;
///  - integers are exact, and so are the sums of QLinearConv and its like: their executors add
///    integers and round when they multiply by the scales, 4 u of the result.
std::vector<std::vector<double>> float32_bounds(const NetworkMap& network, const Values& values);

/// Per element of a constant: what float32 cannot hold is rounded once.
double constant_bound(double value);

} // namespace millrace::passes::explain
