// SPDX-License-Identifier: Apache-2.0
//
// Products of two streams: only nodes of graphs have them.
#pragma once

#include "ir/cost.hpp"

namespace millrace {

/// ops::DynamicMatrix: [rows, inner] times [inner, columns].
struct DynamicMatrixCircuit {
    std::int64_t rows = 1;
    std::int64_t inner = 1;
    std::int64_t columns = 1;
    std::int64_t pe = 1;
    ElementFormat a;
    ElementFormat b;
    std::int64_t zero_a = 0;
    std::int64_t zero_b = 0;
    int accumulator_bits = 1;
};
Cost dynamic_matrix_cost(const DynamicMatrixCircuit& circuit, Family family);

} // namespace millrace
