// SPDX-License-Identifier: Apache-2.0
//
// Operations over a whole axis: softmax, argmax, topk.
#include "runtime/host/operation.hpp"

#include <numeric>

namespace millrace::runtime::host {

namespace {

/// The lanes of a tensor along an axis: lane l has the elements start(l) + k * stride.
struct Lanes {
    std::size_t count;
    std::size_t length;
    std::size_t stride;

    Lanes(const Shape& shape, std::size_t axis)
        : count(0),
          length(static_cast<std::size_t>(shape[axis])),
          stride(static_cast<std::size_t>(strides_of(shape)[axis])) {
        const auto all = static_cast<std::size_t>(element_count(shape));
        count = length == 0 ? 0 : all / length;
    }
    [[nodiscard]] std::size_t start(std::size_t lane) const {
        return lane / stride * stride * length + lane % stride;
    }
};

/// e^(x - c) / sum of e^(x - c); any c gives the same, one of the largest keeps the powers small.
std::unique_ptr<Operation> make_softmax(const StepContext& step) {
    return operation([number = step.fields["axis"].integer()]<class A>(
                         const A& a, const Inputs<A>& inputs) -> Results<A> {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const Lanes lanes(x.shape, checked_axis(number, x.shape));
        Tensor<N> result(x.shape);
        for (std::size_t lane = 0; lane < lanes.count; ++lane) {
            const auto at = [&](std::size_t k) { return lanes.start(lane) + k * lanes.stride; };
            N largest = x.values[at(0)];
            for (std::size_t k = 1; k < lanes.length; ++k) {
                if (a.seems_larger(x.values[at(k)], largest)) {
                    largest = x.values[at(k)];
                }
            }
            N sum;
            for (std::size_t k = 0; k < lanes.length; ++k) {
                N& power = result.values[at(k)];
                power = a.exponential(a.subtract(x.values[at(k)], largest));
                sum = a.add(sum, power);
            }
            for (std::size_t k = 0; k < lanes.length; ++k) {
                result.values[at(k)] = a.divide(result.values[at(k)], sum);
            }
        }
        return only(std::move(result));
    });
}

/// The k best positions of a lane, best first; ties to the lower position or to the higher one.
template <class A, class N>
std::vector<std::size_t> best_positions(const A& a, const Tensor<N>& x, const Lanes& lanes,
                                        std::size_t lane, std::size_t k, bool largest,
                                        bool ties_to_last) {
    std::vector<std::size_t> order(lanes.length);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t start = lanes.start(lane);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                      [&](std::size_t p, std::size_t q) {
                          const int sign = a.compare(x.values[start + p * lanes.stride],
                                                     x.values[start + q * lanes.stride]);
                          if (p == q || sign != 0) {
                              return (sign > 0) == largest && sign != 0;
                          }
                          return ties_to_last ? p > q : p < q;
                      });
    order.resize(k);
    return order;
}

std::unique_ptr<Operation> make_argmax(const StepContext& step) {
    return operation([number = step.fields["axis"].integer(),
                      keep = step.fields["keep_dims"].boolean(),
                      last = step.fields["last_index"].boolean(),
                      largest = step.fields["largest"].boolean()]<class A>(
                         const A& a, const Inputs<A>& inputs) -> Results<A> {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const std::size_t axis = checked_axis(number, x.shape);
        const Lanes lanes(x.shape, axis);
        if (lanes.length == 0) {
            misfit("the largest element of an empty axis");
        }
        Shape shape = x.shape;
        if (keep) {
            shape[axis] = 1;
        } else {
            shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
        }
        Tensor<N> result(shape);
        for (std::size_t lane = 0; lane < lanes.count; ++lane) {
            const std::size_t best = best_positions(a, x, lanes, lane, 1, largest, last)[0];
            result.values[lane] = N::integer(static_cast<std::int64_t>(best));
        }
        return only(std::move(result));
    });
}

std::unique_ptr<Operation> make_topk(const StepContext& step) {
    return operation([count = step.fields["k"].integer(0, INT32_MAX),
                      number = step.fields["axis"].integer(),
                      largest = step.fields["largest"].boolean()]<class A>(
                         const A& a, const Inputs<A>& inputs) -> Results<A> {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const std::size_t axis = checked_axis(number, x.shape);
        const Lanes lanes(x.shape, axis);
        const auto k = static_cast<std::size_t>(count);
        if (k > lanes.length) {
            misfit("the best " + std::to_string(k) + " of " + std::to_string(lanes.length));
        }
        Shape shape = x.shape;
        shape[axis] = count;
        const Lanes to(shape, axis);
        Tensor<N> values(shape);
        Tensor<N> indices(shape);
        for (std::size_t lane = 0; lane < lanes.count; ++lane) {
            const auto best = best_positions(a, x, lanes, lane, k, largest, false);
            for (std::size_t i = 0; i < k; ++i) {
                const std::size_t at = to.start(lane) + i * to.stride;
                values.values[at] = x.values[lanes.start(lane) + best[i] * lanes.stride];
                indices.values[at] = N::integer(static_cast<std::int64_t>(best[i]));
            }
        }
        Results<A> results = only(std::move(values));
        results.push_back(std::move(indices));
        return results;
    });
}

} // namespace

const std::vector<OperationEntry>& selection_operations() {
    static const std::vector<OperationEntry> entries{
        {"softmax", 1, make_softmax}, {"argmax", 1, make_argmax}, {"topk", 1, make_topk}};
    return entries;
}

} // namespace millrace::runtime::host
