// SPDX-License-Identifier: Apache-2.0
//
// Parts that several actors are made of.
#pragma once

#include "ir/cost.hpp"
#include "ir/cost/dot_product.hpp"

namespace millrace::cost {

constexpr std::int64_t ceil_div(std::int64_t whole, std::int64_t part) {
    return (whole + part - 1) / part;
}
std::int64_t ceil_log2(std::int64_t number);

bool is_bipolar(const ElementFormat& format);
bool is_signed(const ElementFormat& format);
/// The bits of a number in two's complement.
int signed_width(const ElementFormat& format);

Cost logic(double lut, double ff);

/// mr_fold_counter: counts `folds` words.
Cost counter(std::int64_t folds);

/// The handshake of a pipeline of `stages` that stops as a whole.
Cost pipeline(std::int64_t stages);

/// `lanes` times mr_dot_accumulate on one input word (`shared_input`) or each on its own.
Cost dot_accumulate(const DotProduct& product, std::int64_t folds, std::int64_t lanes,
                    bool shared_input);

/// mr_dot_dsp: `lanes` sums of products that share multipliers.
struct DspProduct {
    std::int64_t simd = 1;
    std::int64_t folds = 1;
    std::int64_t lanes = 1;
    int spacing = 0;
    bool apart = false;
    ElementFormat a;
    ElementFormat w;
    int sum_bits = 1;
    bool narrow = false; ///< no w is the lowest number of its format
};
Cost dot_dsp(const DspProduct& product, Family family);

/// Blocks for one product of two's complement numbers.
std::int64_t dsp_blocks(std::int64_t a_bits, std::int64_t b_bits, Family family);
/// mr_multiply.
Cost multiply(const ElementFormat& a, const ElementFormat& b, bool dsp, int product_bits,
              Family family);

/// mr_channel_constant: `pe` constants a word of `folds`.
Cost channel_constant(std::int64_t pe, std::int64_t folds, int bits, bool shared,
                      ops::MemoryStyle style, Family family);

/// mr_difference of `lanes`.
Cost difference(std::int64_t lanes, const ElementFormat& from, const ElementFormat& to, bool plain);

} // namespace millrace::cost
