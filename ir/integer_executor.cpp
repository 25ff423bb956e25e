// SPDX-License-Identifier: Apache-2.0
#include "ir/integer_executor.hpp"

#include "ir/diagnostics.hpp"
#include "ir/integer_kernels.hpp"

namespace millrace {

namespace {

class KernelMaker {
  public:
    KernelMaker(const Graph& body, IntegerExecutor::Use use)
        : body_(body),
          use_(use),
          producer_(body.values.size(), nullptr),
          uses_(body.use_counts()) {
        for (const Node& node : body.nodes) {
            for (const ValueId output : node.outputs) {
                producer_[output] = &node;
            }
        }
    }

    /// The node's kernel; null when its readers do without it.
    KernelPtr make(const Node& node) {
        node_ = &node;
        return std::visit([this](const auto& op) { return kernel(op); }, node.op);
    }

  private:
    /// Vectors of the node's input, read through a rearrangement that only this node reads.
    [[nodiscard]] VectorSource source(std::size_t length) const {
        const ValueId input = node_->inputs.at(0);
        const Node* producer = producer_[input];
        if (producer != nullptr && is_window(*producer) && uses_[input] == 1) {
            if (auto source = VectorSource::rearranged(*producer, length)) {
                return std::move(*source);
            }
        }
        return VectorSource::contiguous(body_, input, length);
    }
    [[nodiscard]] static bool is_window(const Node& node) {
        return std::holds_alternative<ops::IntegerRearrange>(node.op);
    }
    /// Elements of the last `axes` axes of the node's input.
    [[nodiscard]] std::size_t last(std::size_t axes) const {
        const Shape& shape = integer_type(body_, node_->inputs.at(0)).shape;
        std::int64_t count = 1;
        for (std::size_t i = shape.size() - axes; i < shape.size(); ++i) {
            count *= shape[i];
        }
        return static_cast<std::size_t>(count);
    }

    KernelPtr kernel(const ops::IntegerMatMul& op) {
        return matrix_kernel(body_, *node_, op, source(last(1)));
    }
    KernelPtr kernel(const ops::IntegerDepthwise& op) {
        return depthwise_kernel(body_, *node_, op, source(last(2)));
    }
    KernelPtr kernel(const ops::IntegerReduce& op) {
        return reduce_kernel(body_, *node_, op, source(last(2)));
    }
    KernelPtr kernel(const ops::IntegerRearrange& op) {
        // Where the only reader takes the elements from before it, nothing is to be done.
        const ValueId output = node_->outputs[0];
        for (const Node& reader : body_.nodes) {
            if (uses_[output] != 1 || reader.inputs.front() != output) {
                continue;
            }
            const Node* const own = node_;
            node_ = &reader;
            const bool matrix = std::holds_alternative<ops::IntegerMatMul>(reader.op);
            const bool taps = std::holds_alternative<ops::IntegerDepthwise>(reader.op) ||
                              std::holds_alternative<ops::IntegerReduce>(reader.op);
            const bool skipped =
                (matrix || taps) && source(last(matrix ? 1 : 2)).value == own->inputs[0];
            node_ = own;
            if (skipped) {
                return nullptr;
            }
        }
        return rearrange_kernel(*node_, op);
    }
    KernelPtr kernel(const ops::IntegerDynamicMatMul& op) {
        return dynamic_matrix_kernel(body_, *node_, op);
    }
    KernelPtr kernel(const ops::IntegerPad& op) { return pad_kernel(body_, *node_, op); }
    KernelPtr kernel(const ops::IntegerAdd& op) { return add_kernel(body_, *node_, op); }
    KernelPtr kernel(const ops::IntegerMul& op) { return multiply_kernel(body_, *node_, op); }
    KernelPtr kernel(const ops::IntegerConcat&) { return concat_kernel(body_, *node_); }
    KernelPtr kernel(const ops::IntegerFunction& op) {
        return function_kernel(body_, *node_, op, use_);
    }
    KernelPtr kernel(const ops::IntegerTopK& op) { return top_k_kernel(body_, *node_, op); }
    KernelPtr kernel(const ops::IntegerReshape&) { return copy_kernel(*node_); }
    template <class T>
    requires NetworkOp<T> || DataflowOp<T> KernelPtr kernel(const T& /*op*/) {
        throw Defect("op of another level in an integer graph");
    }

    const Graph& body_;
    IntegerExecutor::Use use_;
    std::vector<const Node*> producer_;
    std::vector<std::size_t> uses_;
    const Node* node_ = nullptr;
};

} // namespace

IntegerExecutor::IntegerExecutor(const Graph& body, Use use) {
    KernelMaker maker(body, use);
    for (const Node& node : body.nodes) {
        if (KernelPtr kernel = maker.make(node)) {
            kernels_.push_back(std::move(kernel));
        }
    }
}

IntegerExecutor::~IntegerExecutor() = default;

IntegerExecutor::Workspace::Workspace(const Graph& body) {
    buffers_.resize(body.values.size());
    for (const ValueId input : body.inputs) {
        sized(input, static_cast<std::size_t>(element_count(shape_of(body.value(input).type))));
    }
}

void IntegerExecutor::run(Workspace& workspace) const {
    for (const auto& kernel : kernels_) {
        kernel->run(workspace);
    }
}

} // namespace millrace
