// SPDX-License-Identifier: Apache-2.0
//
// The integer interpreter's inner loops. A kernel computes one node for one sample; products and
// reductions of sliding windows read the window's elements where they lie, so that the windows
// themselves are never stored.
#pragma once

#include "ir/integer_executor.hpp"

namespace millrace {

class IntegerKernel {
  public:
    IntegerKernel() = default;
    IntegerKernel(const IntegerKernel&) = delete;
    IntegerKernel& operator=(const IntegerKernel&) = delete;
    virtual ~IntegerKernel() = default;
    virtual void run(IntegerExecutor::Workspace& workspace) const = 0;
};

using KernelPtr = std::unique_ptr<IntegerKernel>;

/// Vectors that a product or reduction takes one after the other, as places in a tensor: vector v
/// is the runs of elements that begin at bases[v] + offset.
struct VectorSource {
    struct Run {
        std::size_t offset;
        std::size_t length;
    };
    ValueId value = 0;
    std::vector<std::size_t> bases;
    std::vector<Run> runs;
    std::size_t length = 0; ///< of one vector

    /// The vectors of `length` elements that follow each other in a value.
    static VectorSource contiguous(const Graph& body, ValueId value, std::size_t length);
    /// The same for the result of a rearrangement, in its input; nothing when a vector does not end
    /// with a loop.
    static std::optional<VectorSource> rearranged(const Node& rearrangement, std::size_t length);

    /// Copies vector v of x to `to`, element by element converted to T.
    template <class T, class U> void read(const U* x, std::size_t v, T* to) const {
        const U* from = x + bases[v];
        for (const Run& run : runs) {
            for (std::size_t i = 0; i < run.length; ++i) {
                to[i] = static_cast<T>(from[run.offset + i]);
            }
            to += run.length;
        }
    }
};

KernelPtr matrix_kernel(const Graph& body, const Node& node, const ops::IntegerMatMul& op,
                        VectorSource source);
KernelPtr depthwise_kernel(const Graph& body, const Node& node, const ops::IntegerDepthwise& op,
                           VectorSource source);
KernelPtr reduce_kernel(const Graph& body, const Node& node, const ops::IntegerReduce& op,
                        VectorSource source);
KernelPtr dynamic_matrix_kernel(const Graph& body, const Node& node,
                                const ops::IntegerDynamicMatMul& op);
KernelPtr rearrange_kernel(const Node& node, const ops::IntegerRearrange& op);
KernelPtr pad_kernel(const Graph& body, const Node& node, const ops::IntegerPad& op);
KernelPtr add_kernel(const Graph& body, const Node& node, const ops::IntegerAdd& op);
KernelPtr multiply_kernel(const Graph& body, const Node& node, const ops::IntegerMul& op);
KernelPtr concat_kernel(const Graph& body, const Node& node);
KernelPtr function_kernel(const Graph& body, const Node& node, const ops::IntegerFunction& op,
                          IntegerExecutor::Use use);
KernelPtr top_k_kernel(const Graph& body, const Node& node, const ops::IntegerTopK& op);
KernelPtr copy_kernel(const Node& node);

/// The type of an integer-level value.
inline const IntegerType& integer_type(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type);
}

} // namespace millrace
