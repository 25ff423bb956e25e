// SPDX-License-Identifier: Apache-2.0
//
// Counted as the modules build it. A compressor of three or six bits is a LUT for each bit of its
// result that stays below the heap's last column, and a register for it. The last rows are added
// on carry chains: a LUT for each column in which both operands have a bit, for elsewhere a bit
// goes into the chain as it is.
#include "ir/cost/dot_product.hpp"

#include <algorithm>
#include <bit>

namespace millrace::cost {

namespace {

bool is_bipolar(const ElementFormat& format) { return format.encoding == Encoding::bipolar; }
bool is_signed(const ElementFormat& format) { return format.encoding == Encoding::signed_integer; }

/// A signed bit counts as two.
int effective_bits(const ElementFormat& format) {
    return is_signed(format) && format.bits == 1 ? 2 : format.bits;
}

using Heights = std::vector<std::int64_t>;

std::int64_t sums(std::int64_t height) {
    const std::int64_t rest = height % 6;
    return height / 6 + (rest == 2 || rest == 4 ? 2 : rest == 0 ? 0 : 1);
}
std::int64_t twos(std::int64_t height) { return height / 6 + (height % 6 >= 3 ? 1 : 0); }
std::int64_t fours(std::int64_t height) { return height / 6 + (height % 6 == 5 ? 1 : 0); }
/// Bits of a column that only wait.
std::int64_t waiting(std::int64_t height) {
    const std::int64_t rest = height % 6;
    return rest == 5 || rest == 3 ? 0 : rest == 4 ? 1 : rest;
}

std::int64_t tallest(const Heights& heights) {
    return *std::max_element(heights.begin(), heights.end());
}

/// The adders of the rows that are left, a register behind each.
void add_rows(const Heights& heights, HeapCost& cost) {
    const auto columns = static_cast<std::int64_t>(heights.size());
    const std::int64_t rows = tallest(heights);
    const auto count = [&](std::int64_t more_than) {
        return static_cast<double>(
            std::count_if(heights.begin(), heights.end(),
                          [&](std::int64_t height) { return height > more_than; }));
    };
    // Columns of a sum: from the first in which there are so many, where it may have carries, to
    // one behind the last.
    const auto columns_of_sum = [&](std::int64_t more_than) {
        std::int64_t first = columns;
        std::int64_t last = -1;
        for (std::int64_t c = 0; c < columns; ++c) {
            if (heights[static_cast<std::size_t>(c)] > more_than) {
                first = std::min(first, c);
                last = c;
            }
        }
        return static_cast<double>(
            std::max<std::int64_t>(std::min(last + 1, columns - 1) - first + 1, 0));
    };
    if (rows == 1) {
        return;
    }
    cost.lut += count(1);
    cost.ff += columns_of_sum(0);
    ++cost.levels;
    if (rows > 2) {
        ++cost.levels;
        // The other rows: a sum, or one that waits.
        cost.lut += rows == 4 ? count(3) : 0;
        cost.ff += rows == 4 ? columns_of_sum(2) : count(2);
        cost.lut += rows == 4 ? columns_of_sum(2) : count(2);
        cost.ff += static_cast<double>(columns);
    }
}

} // namespace

bool DotProduct::signs() const { return is_bipolar(a) && is_bipolar(w); }
bool DotProduct::sign_and_number() const { return is_bipolar(a) != is_bipolar(w); }
const ElementFormat& DotProduct::number() const { return is_bipolar(w) ? a : w; }

int DotProduct::part_bits() const {
    __extension__ typedef unsigned __int128 Wide;
    const int most = signs() ? std::max(sum_bits - 1, 1) : sum_bits;
    const int n = effective_bits(number());
    const int both = effective_bits(a) + effective_bits(w);
    const auto ones = [](int bits) { return (Wide{1} << bits) - 1; };
    Wide largest = 0;
    if (signs()) {
        largest = 1;
    } else if (sign_and_number()) {
        largest = is_signed(number()) ? Wide{1} << n : ones(n + 1);
    } else if (ternary) {
        largest = 3;
    } else if (is_signed(a) && is_signed(w)) {
        largest = Wide{3} << (both - 2);
    } else {
        largest = ones(effective_bits(w)) * ones(effective_bits(a));
    }
    largest *= static_cast<Wide>(simd);
    int bits = 0;
    for (; largest != 0; largest >>= 1) {
        ++bits;
    }
    return std::min(bits, most);
}

std::int64_t DotProduct::pairs(int column) const {
    if (signs() || (!sign_and_number() && ternary)) {
        return column == 0 ? 1 : 0;
    }
    if (sign_and_number()) {
        return (column == 1 ? 1 : 0) + (column >= 1 && column < effective_bits(number()) ? 1 : 0);
    }
    const int low = std::max(0, column - effective_bits(a) + 1);
    const int high = std::min(column, effective_bits(w) - 1);
    return std::max(0, high - low + 1);
}

std::int64_t DotProduct::singles(int column) const {
    if (sign_and_number()) {
        return (column == 0 ? 1 : 0) +
               (!is_signed(number()) && column == effective_bits(number()) ? 1 : 0);
    }
    return !signs() && ternary && column == 1 ? 1 : 0;
}

HeapCost heap_cost(const DotProduct& product) {
    HeapCost cost;
    const auto columns = static_cast<std::size_t>(product.part_bits());
    Heights heights(columns);
    for (std::size_t c = 0; c < columns; ++c) {
        const int column = static_cast<int>(c);
        const std::int64_t pairs = product.simd * product.pairs(column);
        const std::int64_t singles = product.simd * product.singles(column);
        const bool last = c + 1 == columns;
        heights[c] += (pairs + 2) / 3 + singles;
        if (!last) {
            heights[c + 1] += (pairs + 1) / 3;
        }
        const std::int64_t luts = (pairs + 2) / 3 + (last ? 0 : (pairs + 1) / 3);
        cost.lut += static_cast<double>(luts);
        // A sign that stands alone is a wire; whether a ternary product is negative is a LUT.
        cost.lut += product.sign_and_number() ? 0 : static_cast<double>(singles);
        if (product.sign_and_number() && column == 0 && is_bipolar(product.w)) {
            cost.shared_ff += static_cast<double>(singles);
        }
    }
    cost.levels = 1;
    const auto registers = [&] {
        for (const std::int64_t height : heights) {
            cost.ff += static_cast<double>(height);
        }
    };
    registers();
    constexpr std::int64_t rows_left = 4;
    bool first_column_shared = cost.shared_ff > 0;
    while (tallest(heights) > rows_left) {
        Heights next(columns);
        for (std::size_t c = 0; c < columns; ++c) {
            const std::int64_t height = heights[c];
            next[c] += sums(height);
            double luts = static_cast<double>(sums(height) - waiting(height));
            if (c + 1 < columns) {
                next[c + 1] += twos(height);
                luts += static_cast<double>(twos(height));
            }
            if (c + 2 < columns) {
                next[c + 2] += fours(height);
                luts += static_cast<double>(fours(height));
            }
            cost.lut += luts;
            if (c == 0 && first_column_shared) {
                cost.shared_lut += luts;
                cost.shared_ff += static_cast<double>(sums(height) + twos(height) + fours(height));
            }
        }
        heights = std::move(next);
        ++cost.levels;
        registers();
    }
    add_rows(heights, cost);
    return cost;
}

} // namespace millrace::cost
