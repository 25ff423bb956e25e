// SPDX-License-Identifier: Apache-2.0
//
// The heap of bits with which mr_dot_product and mr_bit_heap sum the products of one cycle, level
// by level: what the modules' generate loops build, as numbers.
#pragma once

#include "ir/type.hpp"

#include <cstdint>
#include <vector>

namespace millrace::cost {

/// `simd` products of numbers of two formats in LUTs, summed modulo 2^sum_bits.
struct DotProduct {
    std::int64_t simd = 1;
    ElementFormat a;
    ElementFormat w;
    bool ternary = false;
    int sum_bits = 1; ///< of the accumulator's result

    [[nodiscard]] bool signs() const;           ///< both bipolar
    [[nodiscard]] bool sign_and_number() const; ///< one of them
    /// Bits of the sum of one cycle's products, which are counted from zero up.
    [[nodiscard]] int part_bits() const;
    /// Of one product in a column: bits of two operand bits, and bits that are already reduced.
    [[nodiscard]] std::int64_t pairs(int column) const;
    [[nodiscard]] std::int64_t singles(int column) const;

  private:
    [[nodiscard]] const ElementFormat& number() const;
};

/// What a sum of products takes, without its accumulator.
struct HeapCost {
    double lut = 0;
    double ff = 0;
    std::int64_t levels = 0; ///< registers in a row, the one of the products included
    double shared_lut = 0;   ///< the part that is the same for all lanes of an input word
    double shared_ff = 0;
};
HeapCost heap_cost(const DotProduct& product);

} // namespace millrace::cost
