// SPDX-License-Identifier: Apache-2.0
//
// How many of a channel's ascending thresholds are <= x, by binary search.
//
// Stage j compares x with one node of its own memory and appends the outcome to the index, so a
// lookup takes one comparator and one memory read per stage and pipelines to one a cycle. After the
// last stage the index is the count: node i of stage j is threshold (2 * i + 1) * 2^(stages-1-j) -
// 1, and the bits found so far are the leading bits of the count. Nodes past the last threshold
// compare false.
#ifndef MILLRACE_TREE_SEARCH_HPP
#define MILLRACE_TREE_SEARCH_HPP

#include "parameters.hpp"

namespace millrace {
namespace detail {

template <int STAGE, int STAGES> struct TreeSearch {
    typedef ap_uint<STAGES> Count;

    template <int COUNT, typename Tree, typename X>
    static Count count(const Tree& tree, const X& x, int pe, int fold, const Count& prefix) {
#pragma HLS INLINE
        const int node = prefix.to_uint();
        const bool passed = (COUNT == (1 << STAGES) - 1 || Tree::number(STAGE, node) < COUNT) &&
                            x >= tree.template at<STAGE>(pe, fold, node);
        const Count longer = Count((prefix << 1) | ap_uint<1>(passed ? 1 : 0));
        return TreeSearch<STAGE + 1, STAGES>::template count<COUNT>(tree, x, pe, fold, longer);
    }
};

template <int STAGES> struct TreeSearch<STAGES, STAGES> {
    typedef ap_uint<STAGES> Count;

    template <int COUNT, typename Tree, typename X>
    static Count count(const Tree&, const X&, int, int, const Count& prefix) {
#pragma HLS INLINE
        return prefix;
    }
};

template <int CHANNELS, int PE, typename T, int COUNT, bool SHARED, typename X>
ap_uint<tree_stages(COUNT)>
count_thresholds(const ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& tree, const X& x, int pe,
                 int fold) {
#pragma HLS INLINE
    constexpr int stages = tree_stages(COUNT);
    return TreeSearch<0, stages>::template count<COUNT>(tree, x, pe, fold, ap_uint<stages>(0));
}

#ifndef __SYNTHESIS__
// The same on the padded row of native thresholds, without branches.
template <int CHANNELS, int PE, typename T, int COUNT, bool SHARED, typename X>
inline int count_thresholds_native(const ThresholdTree<CHANNELS, PE, T, COUNT, SHARED>& tree, X x,
                                   int channel) {
    typedef ThresholdTree<CHANNELS, PE, T, COUNT, SHARED> Tree;
    const typename Tree::Native* row = tree.native(channel);
    // Counted in the width of addresses, which saves an extension a stage.
    std::size_t count = 0;
    for (std::size_t step = std::size_t(1) << (Tree::stages - 1); step > 0; step >>= 1) {
        count += static_cast<std::size_t>(x >= row[count + step - 1]) * step;
    }
    return static_cast<int>(count);
}
#endif

} // namespace detail
} // namespace millrace

#endif // MILLRACE_TREE_SEARCH_HPP
