// SPDX-License-Identifier: Apache-2.0
//
// matmul and conv: sums of products.
#include "runtime/host/operation.hpp"
#include "runtime/host/window.hpp"

namespace millrace::runtime::host {

namespace {

/// NumPy's matmul of a [..., M, K] and b [..., K, N].
struct MatMul {
    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const Tensor<N>& y = *inputs[1];
        if (x.shape.empty() || y.shape.empty()) {
            misfit("a matrix product of a scalar");
        }
        // One-dimensional operands are a row and a column; the added dimension goes again.
        Shape left = x.shape;
        Shape right = y.shape;
        if (x.shape.size() == 1) {
            left.insert(left.begin(), 1);
        }
        if (y.shape.size() == 1) {
            right.push_back(1);
        }
        const std::int64_t rows = left[left.size() - 2];
        const std::int64_t inner = left.back();
        const std::int64_t columns = right.back();
        if (right[right.size() - 2] != inner) {
            misfit("a matrix product of shapes " + to_string(x.shape) + " and " +
                   to_string(y.shape));
        }
        const Shape left_batch(left.begin(), left.end() - 2);
        const Shape right_batch(right.begin(), right.end() - 2);
        const Shape batch = broadcast(left_batch, right_batch);
        Shape shape = batch;
        if (x.shape.size() != 1) {
            shape.push_back(rows);
        }
        if (y.shape.size() != 1) {
            shape.push_back(columns);
        }
        Tensor<N> result(shape);
        const std::vector<std::size_t> in_x = broadcast_indices(left_batch, batch);
        const std::vector<std::size_t> in_y = broadcast_indices(right_batch, batch);
        std::size_t next = 0;
        for (std::size_t b = 0; b < in_x.size(); ++b) {
            for (std::int64_t m = 0; m < rows; ++m) {
                const auto row = (static_cast<std::int64_t>(in_x[b]) * rows + m) * inner;
                for (std::int64_t n = 0; n < columns; ++n) {
                    const auto matrix = static_cast<std::int64_t>(in_y[b]) * inner * columns;
                    N sum;
                    for (std::int64_t k = 0; k < inner; ++k) {
                        sum = a.add_product(
                            sum, x.values[static_cast<std::size_t>(row + k)],
                            y.values[static_cast<std::size_t>(matrix + k * columns + n)]);
                    }
                    result.values[next++] = std::move(sum);
                }
            }
        }
        return only(std::move(result));
    }
};

std::unique_ptr<Operation> make_matmul(const StepContext& /*step*/) { return operation(MatMul{}); }

/// x [N, C, spatial...], w [M, C / group, kernel...]: output channel m of group m / (M / group) is
/// the sum over its input channels and window elements; outside of the input there are zeros.
struct Conv {
    Window window;
    std::int64_t group;

    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const Tensor<N>& w = *inputs[1];
        const Shape input = window.spatial(x.shape);
        const std::int64_t channels = x.shape[1];
        const std::int64_t outputs = w.shape.empty() ? 0 : w.shape[0];
        Shape expected{outputs, group > 0 ? channels / group : 0};
        expected.insert(expected.end(), window.kernel.begin(), window.kernel.end());
        if (group < 1 || channels % group != 0 || outputs % group != 0 || w.shape != expected) {
            misfit("weights of shape " + to_string(w.shape) + " in " + std::to_string(group) +
                   " groups for shape " + to_string(x.shape));
        }
        const std::vector<std::vector<Tap>> taps = window.taps(input);
        const auto plane = static_cast<std::size_t>(element_count(input));
        const auto elements = static_cast<std::size_t>(element_count(window.kernel));
        const auto depth = static_cast<std::size_t>(channels / group);
        Tensor<N> result;
        result.shape = window.output(input);
        result.shape.insert(result.shape.begin(), {x.shape[0], outputs});
        result.values.reserve(static_cast<std::size_t>(element_count(result.shape)));
        for (std::int64_t n = 0; n < x.shape[0]; ++n) {
            for (std::int64_t m = 0; m < outputs; ++m) {
                const auto first = static_cast<std::size_t>(n * channels + m / (outputs / group) *
                                                                               (channels / group));
                const std::size_t weights = static_cast<std::size_t>(m) * depth * elements;
                for (const std::vector<Tap>& position : taps) {
                    N sum;
                    for (std::size_t c = 0; c < depth; ++c) {
                        for (const Tap& tap : position) {
                            sum = a.add_product(sum, x.values[(first + c) * plane + tap.input],
                                                w.values[weights + c * elements + tap.element]);
                        }
                    }
                    result.values.push_back(std::move(sum));
                }
            }
        }
        return only(std::move(result));
    }
};

std::unique_ptr<Operation> make_conv(const StepContext& step) {
    return operation(Conv{Window(step.fields), step.fields["group"].integer()});
}

} // namespace

const std::vector<OperationEntry>& product_operations() {
    static const std::vector<OperationEntry> entries{{"matmul", 2, make_matmul},
                                                     {"conv", 2, make_conv}};
    return entries;
}

} // namespace millrace::runtime::host
