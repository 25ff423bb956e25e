// SPDX-License-Identifier: Apache-2.0
//
// An adder is a LUT for each bit on a carry chain, and so is an accumulator, whose choice between
// its sum and the first word's start goes into the same LUTs. Registers have a clock enable and a
// reset of their own and cost no LUT. Yosys takes registers and adders into the DSP blocks of the 7
// series; those of later families only multiply for it, with everything else around them.
#include "ir/cost/arithmetic.hpp"

#include "ir/cost/memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace::cost {

std::int64_t ceil_log2(std::int64_t number) {
    return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(number - 1)));
}

bool is_bipolar(const ElementFormat& format) { return format.encoding == Encoding::bipolar; }
bool is_signed(const ElementFormat& format) { return format.encoding == Encoding::signed_integer; }
int signed_width(const ElementFormat& format) {
    return is_signed(format) ? format.bits : format.bits + 1;
}

Cost logic(double lut, double ff) {
    Cost cost;
    cost.lut = lut;
    cost.ff = ff;
    return cost;
}

Cost counter(std::int64_t folds) {
    if (folds <= 1) {
        return {};
    }
    const auto bits = static_cast<double>(ceil_log2(folds));
    // Sums on a chain; at the end each bit is cleared.
    return logic(bits + std::ceil((bits - 1) / 5), bits);
}

Cost pipeline(std::int64_t stages) { return logic(1, static_cast<double>(stages)); }

Cost dot_accumulate(const DotProduct& product, std::int64_t folds, std::int64_t lanes,
                    bool shared_input) {
    const HeapCost heap = heap_cost(product);
    const auto count = static_cast<double>(lanes);
    const double again = shared_input ? count - 1 : 0; // what is there once, of all lanes
    const double bits = product.signs() ? std::max(product.sum_bits - 1, 1) : product.sum_bits;
    Cost cost =
        logic(count * heap.lut - again * heap.shared_lut, count * heap.ff - again * heap.shared_ff);
    // Sums; a single word is only moved by a constant.
    cost += logic(folds > 1 ? count * bits : 0, count * bits);
    // Valid and last through the levels, the enable of the sum, whether it is its first.
    cost += logic(1, 2 * static_cast<double>(heap.levels) + (folds > 1 ? 2 : 1));
    return cost;
}

Cost dot_dsp(const DspProduct& product, Family family) {
    const auto simd = static_cast<double>(product.simd);
    const auto lanes = static_cast<double>(product.lanes);
    const bool shared = product.lanes > 1;
    const int top = shared && is_signed(product.w) && !product.narrow ? 1 : 0; // mr_dot_dsp's TOP
    const std::int64_t factor =
        (product.lanes - 1) * product.spacing + signed_width(product.w) + top;
    const std::int64_t whole = factor + signed_width(product.a);
    const std::int64_t field = shared ? product.spacing : whole;
    const std::int64_t used = product.lanes * field;
    Cost cost;
    constexpr std::int64_t least_bits = 9; // of a product that Yosys gives a block
    if (used >= least_bits) {
        cost.dsp = simd;
    } else {
        cost += logic(simd * static_cast<double>(used * product.a.bits),
                      simd * static_cast<double>(used + factor));
    }
    // The lanes' common factor: signs borrow from the fields above them.
    cost += logic((lanes - 1) * simd * (product.w.bits + 1), 0);
    const bool bare = family == Family::xcup;
    if (bare) {
        cost += logic(0, simd * (lanes * product.w.bits + lanes - 1 + static_cast<double>(used) +
                                 (product.apart ? 0 : product.a.bits)));
    }
    if (product.apart) {
        cost += logic(0.5 * (lanes - 1) * simd * static_cast<double>(field),
                      lanes * simd * static_cast<double>(field));
    }
    if (product.simd == 1 && !product.apart) {
        // The sum is the block's; what clears it is not.
        const double clears = product.folds > 1 ? product.sum_bits : 0;
        return cost + logic(bare ? 2 * clears : clears, bare ? product.sum_bits : 0);
    }
    if (product.simd == 1) {
        cost += logic(0.65 * lanes * product.sum_bits, 0);
    }
    // A tree of adders and the sum, for each lane; blocks that hold nothing else add in pairs.
    const std::int64_t cut =
        std::min<std::int64_t>(field + ceil_log2(product.simd), product.sum_bits);
    std::int64_t left = product.simd;
    bool in_blocks = !product.apart && !bare; // the first pairs, with their registers
    for (std::int64_t width = std::min<std::int64_t>(field, cut); left > 1; in_blocks = false) {
        width = std::min(width + 1, cut);
        const std::int64_t next = (left + 1) / 2;
        const std::int64_t pairs = in_blocks ? 0 : left / 2;
        const std::int64_t registers = in_blocks ? left % 2 : next;
        cost += logic(lanes * static_cast<double>(pairs * width),
                      lanes * static_cast<double>(registers * width));
        left = next;
    }
    cost += logic(product.folds > 1 ? lanes * product.sum_bits : 0, lanes * product.sum_bits);
    return cost;
}

std::int64_t dsp_blocks(std::int64_t a_bits, std::int64_t b_bits, Family family) {
    const std::int64_t wide = family == Family::xc7 ? 25 : 27;
    const auto pieces = [](std::int64_t bits, std::int64_t port) {
        return std::max<std::int64_t>(1, ceil_div(bits - 1, port - 1));
    };
    return pieces(std::max(a_bits, b_bits), wide) * pieces(std::min(a_bits, b_bits), 18);
}

Cost multiply(const ElementFormat& a, const ElementFormat& b, bool dsp, int product_bits,
              Family family) {
    if (!dsp) {
        return dot_accumulate({1, a, b, false, product_bits}, 1, 1, false);
    }
    // Operands, product and result are registers of the block.
    Cost cost;
    cost.dsp = static_cast<double>(dsp_blocks(signed_width(a), signed_width(b), family));
    if (family == Family::xcup) {
        cost += logic(0, a.bits + b.bits + 2 * product_bits);
    } else if (cost.dsp > 1) {
        // Parts of a wide product are added outside of the blocks, which then have no registers.
        cost += logic(10 * (cost.dsp - 1), 1.5 * product_bits);
    }
    return cost;
}

Cost channel_constant(std::int64_t pe, std::int64_t folds, int bits, bool shared,
                      ops::MemoryStyle style, Family family) {
    if (shared || folds == 1) {
        return {};
    }
    return counter(folds) + table(pe * bits, folds, style, true, family);
}

Cost difference(std::int64_t lanes, const ElementFormat& from, const ElementFormat& to,
                bool plain) {
    const auto count = static_cast<double>(lanes);
    return plain ? logic(0, count * from.bits) : logic(count * to.bits, count * to.bits);
}

} // namespace millrace::cost
