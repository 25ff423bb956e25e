// SPDX-License-Identifier: Apache-2.0
//
// Storage of an actor's constants: weights, channel tables and threshold trees.
//
// Each type has two layouts behind the same accessors. Synthesis sees aggregates of constant arrays
// whose first dimension is the PE lane, to be initialised by generated include files and
// partitioned along that dimension only. C simulation sees plain row-major arrays of native
// integers that ParameterFile fills at run time, so a network of any size compiles at once. The
// accessors take the hardware's indices (PE lane, fold); the loops of an actor are therefore the
// same text in both.
//
// Channel c belongs to lane c % PE and fold c / PE; matrix input k to lane k % SIMD of fold k /
// SIMD.
#ifndef MILLRACE_PARAMETERS_HPP
#define MILLRACE_PARAMETERS_HPP

#include "types.hpp"

#ifndef __SYNTHESIS__
#include "fast.hpp"

#include <cstddef>
#include <vector>
#endif

namespace millrace {

constexpr int max_tree_stages = 12;

// Depth of the search tree over a number of thresholds.
constexpr int tree_stages(int thresholds) {
    return thresholds <= 1 ? 1 : 1 + tree_stages(thresholds / 2);
}

// Weights of a matrix-vector unit: N rows (outputs) of K columns (inputs). Those of a depthwise
// unit: a row for each channel, a column for each tap.
template <int K, int N, int SIMD, int PE, typename Weight> struct MatrixWeights {
    static constexpr int depth = (N / PE) * (K / SIMD);
    static_assert(SIMD * Weight::bits <= max_word_bits, "weight words are at most 4,096 bits");

#ifdef __SYNTHESIS__
    ap_uint<SIMD * Weight::bits> words[PE][depth];

    ap_uint<SIMD * Weight::bits> word(int pe, int fold) const {
#pragma HLS INLINE
        return words[pe][fold];
    }
#else
    typedef Weight Encoding;
    typedef fast::Operand<fast::signed_bits<Weight>()> Native;
    static constexpr int rows = N;
    static constexpr int columns = K;
    // Bipolar rows are kept as bits, 64 to a limb, unused bits 0.
    static constexpr int row_limbs = (K + 63) / 64;

    std::vector<Native> numbers;
    std::vector<std::uint64_t> signs;

    void resize() {
        numbers.assign(static_cast<std::size_t>(N) * K, Native(0));
        if (Weight::is_bipolar) signs.assign(static_cast<std::size_t>(N) * row_limbs, 0);
    }
    std::size_t size() const { return static_cast<std::size_t>(N) * K; }
    void set(std::size_t index, std::int64_t number) {
        numbers[index] = static_cast<Native>(number);
        if (Weight::is_bipolar && number > 0) {
            const std::size_t row = index / K;
            const std::size_t column = index % K;
            signs[row * row_limbs + column / 64] |= std::uint64_t(1) << (column % 64);
        }
    }
    ap_uint<SIMD * Weight::bits> word(int pe, int fold) const {
        const int row = (fold / (K / SIMD)) * PE + pe;
        const int column = (fold % (K / SIMD)) * SIMD;
        const Native* source = numbers.data() + static_cast<std::size_t>(row) * K + column;
        return fast::pack<Weight, SIMD>(source);
    }
#endif
};

// DEPTH numbers for each channel; one copy when SHARED.
template <int CHANNELS, int PE, typename E, int DEPTH = 1, bool SHARED = false>
struct ChannelTable {
    static constexpr int lanes = SHARED ? 1 : PE;
    static constexpr int folds = SHARED ? 1 : CHANNELS / PE;
    static constexpr int entries = folds * DEPTH; // of one lane
    typedef E Encoding;

#ifdef __SYNTHESIS__
    typename E::storage values[lanes][entries];

    typename E::value at(int pe, int fold, int index) const {
#pragma HLS INLINE
        return SHARED ? decode_storage<E>(values[0][index])
                      : decode_storage<E>(values[pe][fold * DEPTH + index]);
    }
#else
    typedef fast::Integer<fast::signed_bits<E>()> Native;

    std::vector<Native> numbers;

    void resize() { numbers.assign(size(), Native(0)); }
    std::size_t size() const { return static_cast<std::size_t>(SHARED ? 1 : CHANNELS) * DEPTH; }
    void set(std::size_t index, std::int64_t number) {
        numbers[index] = E::is_signed ? static_cast<Native>(number)
                                      : static_cast<Native>(static_cast<std::uint64_t>(number));
    }
    Native native(int channel, int index) const {
        return numbers[static_cast<std::size_t>(SHARED ? 0 : channel) * DEPTH +
                       static_cast<std::size_t>(index)];
    }
    typename E::value at(int pe, int fold, int index) const {
        return typename E::value(static_cast<long long>(native(fold * PE + pe, index)));
    }
#endif
};

// Bits of a number in two's complement.
constexpr int number_bits(long long number) {
    return number < 0 ? number_bits(-(number + 1)) : number == 0 ? 1 : 1 + number_bits(number / 2);
}

// One number for all channels that is part of the type: it takes the place of a ChannelTable
// without being an object, and synthesis folds it into the logic.
template <long long V> struct Constant {
    typedef Signed<number_bits(V)> Encoding;

    typename Encoding::value at(int, int, int) const {
#pragma HLS INLINE
        return typename Encoding::value(V);
    }
#ifndef __SYNTHESIS__
    typedef fast::Integer<number_bits(V)> Native;
    Native native(int, int) const { return static_cast<Native>(V); }
#endif
};

// COUNT ascending thresholds for each channel, arranged for a binary search with one small memory
// per stage: stage j holds 2^j nodes a channel, node i of stage j being threshold number
// (2 * i + 1) * 2^(stages - 1 - j) - 1. Nodes whose number is COUNT or more are never reached by a
// true comparison, whatever they hold.
template <int CHANNELS, int PE, typename T, int COUNT, bool SHARED = false> struct ThresholdTree {
    static constexpr int stages = tree_stages(COUNT);
    static constexpr int lanes = SHARED ? 1 : PE;
    static constexpr int folds = SHARED ? 1 : CHANNELS / PE;
    static_assert(COUNT >= 1 && stages <= max_tree_stages, "a channel has 1 to 4,095 thresholds");

    static constexpr int nodes(int stage) { return stage < stages ? folds << stage : 1; }
    static constexpr int number(int stage, int node) {
        return (2 * node + 1) * (1 << (stages - 1 - stage)) - 1;
    }

#ifdef __SYNTHESIS__
    typename T::storage level0[lanes][nodes(0)];
    typename T::storage level1[lanes][nodes(1)];
    typename T::storage level2[lanes][nodes(2)];
    typename T::storage level3[lanes][nodes(3)];
    typename T::storage level4[lanes][nodes(4)];
    typename T::storage level5[lanes][nodes(5)];
    typename T::storage level6[lanes][nodes(6)];
    typename T::storage level7[lanes][nodes(7)];
    typename T::storage level8[lanes][nodes(8)];
    typename T::storage level9[lanes][nodes(9)];
    typename T::storage level10[lanes][nodes(10)];
    typename T::storage level11[lanes][nodes(11)];

    template <int STAGE> typename T::value at(int pe, int fold, int node) const {
#pragma HLS INLINE
        const int lane = SHARED ? 0 : pe;
        const int index = SHARED ? node : (fold << STAGE) + node;
        return decode_storage<T>(STAGE == 0    ? level0[lane][index]
                                 : STAGE == 1  ? level1[lane][index]
                                 : STAGE == 2  ? level2[lane][index]
                                 : STAGE == 3  ? level3[lane][index]
                                 : STAGE == 4  ? level4[lane][index]
                                 : STAGE == 5  ? level5[lane][index]
                                 : STAGE == 6  ? level6[lane][index]
                                 : STAGE == 7  ? level7[lane][index]
                                 : STAGE == 8  ? level8[lane][index]
                                 : STAGE == 9  ? level9[lane][index]
                                 : STAGE == 10 ? level10[lane][index]
                                               : level11[lane][index]);
    }
#else
    typedef T Encoding;
    // One bit more than a threshold, so that the sentinel is above all of them.
    typedef fast::Integer<fast::signed_bits<T>() + 1> Native;
    static constexpr int padded = (1 << stages) - 1;

    std::vector<Native> numbers; // ascending rows, padded with the sentinel

    static constexpr Native sentinel() {
        return static_cast<Native>((static_cast<Native>(1) << (8 * sizeof(Native) - 2)) - 1) * 2 +
               1;
    }
    void resize() {
        numbers.assign(static_cast<std::size_t>(SHARED ? 1 : CHANNELS) * padded, sentinel());
    }
    std::size_t size() const { return static_cast<std::size_t>(SHARED ? 1 : CHANNELS) * COUNT; }
    void set(std::size_t index, std::int64_t number) {
        numbers[index / COUNT * padded + index % COUNT] =
            T::is_signed ? static_cast<Native>(number)
                         : static_cast<Native>(static_cast<std::uint64_t>(number));
    }
    const Native* native(int channel) const {
        return numbers.data() + static_cast<std::size_t>(SHARED ? 0 : channel) * padded;
    }
    template <int STAGE> typename T::value at(int pe, int fold, int node) const {
        const int threshold = number(STAGE, node);
        if (threshold >= COUNT) return typename T::value(0);
        return typename T::value(static_cast<long long>(native(fold * PE + pe)[threshold]));
    }
#endif
};

} // namespace millrace

#endif // MILLRACE_PARAMETERS_HPP
