// SPDX-License-Identifier: Apache-2.0
//
// Kernels that move elements, and joins.
#include "ir/function/exact_function.hpp"
#include "ir/integer_kernels.hpp"
#include "ir/ops/integer_rearrange.hpp"

#include <algorithm>

namespace millrace {

namespace {

class RearrangeKernel : public IntegerKernel {
  public:
    RearrangeKernel(const Node& node, const ops::IntegerRearrange& op)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)),
          op_(op) {}

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& x = workspace.buffer(input_);
        std::int64_t* y =
            workspace.sized(output_, static_cast<std::size_t>(element_count(op_.shape))).data();
        ops::for_each_rearranged(op_.counts, op_.strides, op_.offset, [&](std::int64_t element) {
            *y++ = x[static_cast<std::size_t>(element)];
        });
    }

  private:
    ValueId input_;
    ValueId output_;
    ops::IntegerRearrange op_;
};

class PadKernel : public IntegerKernel {
  public:
    PadKernel(const Graph& body, const Node& node, const ops::IntegerPad& op)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)),
          op_(op),
          shape_(integer_type(body, input_).shape),
          padded_(integer_type(body, output_).shape) {}

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& x = workspace.buffer(input_);
        IntegerBuffer& y =
            workspace.sized(output_, static_cast<std::size_t>(element_count(padded_)));
        for (std::size_t i = 0; i < y.size(); ++i) {
            y[i] = channel_parameter(op_.values, i % static_cast<std::size_t>(padded_.back()));
        }
        copy(0, x.data(), y.data());
    }

  private:
    void copy(std::size_t axis, const std::int64_t* x, std::int64_t* y) const {
        if (axis + 1 == shape_.size()) {
            std::copy(x, x + shape_.back(), y);
            return;
        }
        std::int64_t from = 1;
        std::int64_t to = 1;
        for (std::size_t d = axis + 1; d < shape_.size(); ++d) {
            from *= shape_[d];
            to *= padded_[d];
        }
        for (std::int64_t i = 0; i < shape_[axis]; ++i) {
            copy(axis + 1, x + i * from, y + (i + op_.begin[axis]) * to);
        }
    }

    ValueId input_;
    ValueId output_;
    ops::IntegerPad op_;
    Shape shape_;
    Shape padded_;
};

/// y[i] = f(channel, a[i], b[i]).
template <class F> class JoinKernel : public IntegerKernel {
  public:
    JoinKernel(const Graph& body, const Node& node, F f)
        : a_(node.inputs.at(0)),
          b_(node.inputs.at(1)),
          output_(node.outputs.at(0)),
          channels_(static_cast<std::size_t>(integer_type(body, output_).channels())),
          f_(std::move(f)) {}

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& a = workspace.buffer(a_);
        const IntegerBuffer& b = workspace.buffer(b_);
        IntegerBuffer& y = workspace.sized(output_, a.size());
        std::size_t channel = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            y[i] = f_(channel, a[i], b[i]);
            if (++channel == channels_) {
                channel = 0;
            }
        }
    }

  private:
    ValueId a_;
    ValueId b_;
    ValueId output_;
    std::size_t channels_;
    F f_;
};

template <class F> KernelPtr join_kernel(const Graph& body, const Node& node, F f) {
    return std::make_unique<JoinKernel<F>>(body, node, std::move(f));
}

class ConcatKernel : public IntegerKernel {
  public:
    ConcatKernel(const Graph& body, const Node& node)
        : inputs_(node.inputs),
          output_(node.outputs.at(0)) {
        for (const ValueId input : inputs_) {
            channels_.push_back(integer_type(body, input).channels());
            total_ += channels_.back();
        }
        elements_ = element_count(integer_type(body, output_).shape);
    }

    void run(IntegerExecutor::Workspace& workspace) const override {
        IntegerBuffer& y = workspace.sized(output_, static_cast<std::size_t>(elements_));
        std::int64_t first = 0;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const std::int64_t* x = workspace.buffer(inputs_[i]).data();
            for (std::int64_t at = first; at < elements_; at += total_, x += channels_[i]) {
                std::copy(x, x + channels_[i], y.data() + at);
            }
            first += channels_[i];
        }
    }

  private:
    std::vector<ValueId> inputs_;
    ValueId output_;
    std::vector<std::int64_t> channels_;
    std::int64_t total_ = 0;
    std::int64_t elements_ = 0;
};

} // namespace

KernelPtr rearrange_kernel(const Node& node, const ops::IntegerRearrange& op) {
    return std::make_unique<RearrangeKernel>(node, op);
}

KernelPtr pad_kernel(const Graph& body, const Node& node, const ops::IntegerPad& op) {
    return std::make_unique<PadKernel>(body, node, op);
}

KernelPtr add_kernel(const Graph& body, const Node& node, const ops::IntegerAdd& op) {
    return join_kernel(body, node, [op](std::size_t c, std::int64_t a, std::int64_t b) {
        return channel_parameter(op.multiplier_a, c) * a +
               channel_parameter(op.multiplier_b, c) * b;
    });
}

KernelPtr multiply_kernel(const Graph& body, const Node& node, const ops::IntegerMul& op) {
    return join_kernel(body, node, [op](std::size_t c, std::int64_t a, std::int64_t b) {
        return (a - channel_parameter(op.zero_a, c)) * (b - channel_parameter(op.zero_b, c));
    });
}

KernelPtr concat_kernel(const Graph& body, const Node& node) {
    return std::make_unique<ConcatKernel>(body, node);
}

} // namespace millrace
