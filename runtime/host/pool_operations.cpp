// SPDX-License-Identifier: Apache-2.0
//
// max_pool, average_pool, reduce_mean.
#include "runtime/host/operation.hpp"
#include "runtime/host/window.hpp"

namespace millrace::runtime::host {

namespace {

/// f(plane's first element, taps, output position) of every window of every plane.
template <class N, class F>
Tensor<N> over_windows(const Tensor<N>& x, const Window& window, F&& f) {
    const Shape input = window.spatial(x.shape);
    const std::vector<std::vector<Tap>> taps = window.taps(input);
    const auto plane = static_cast<std::size_t>(element_count(input));
    Tensor<N> result;
    result.shape = window.output(input);
    result.shape.insert(result.shape.begin(), {x.shape[0], x.shape[1]});
    for (std::size_t first = 0; first < x.size(); first += plane) {
        for (std::size_t position = 0; position < taps.size(); ++position) {
            result.values.push_back(f(x.values.data() + first, taps[position], position));
        }
    }
    return result;
}

/// The largest element of each window; positions outside of the input never win.
std::unique_ptr<Operation> make_max_pool(const StepContext& step) {
    return operation(
        [window = Window(step.fields)]<class A>(const A& a, const Inputs<A>& inputs) -> Results<A> {
            using N = typename A::Number;
            return only(over_windows(
                *inputs[0], window, [&](const N* plane, const std::vector<Tap>& taps, std::size_t) {
                    if (taps.empty()) {
                        misfit("a window outside of the input");
                    }
                    const N* best = plane + taps.front().input;
                    for (const Tap& tap : taps) {
                        if (a.compare(plane[tap.input], *best) > 0) {
                            best = plane + tap.input;
                        }
                    }
                    return *best;
                }));
        });
}

/// The mean of each window. Positions outside of the input count as 0 in the sum; as elements they
/// count when count_include_pad says so, but for the last uncounted_end positions of each axis.
struct AveragePool {
    Window window;
    std::vector<std::int64_t> uncounted_end;
    bool count_include_pad;

    [[nodiscard]] std::vector<std::int64_t> element_counts(const Shape& input) const {
        std::vector<std::int64_t> result{1};
        for (std::size_t axis = 0; axis < window.axes(); ++axis) {
            const std::int64_t low = count_include_pad ? -window.pads_begin[axis] : 0;
            const std::int64_t high =
                input[axis] + (count_include_pad ? window.pads_end[axis] - uncounted_end[axis] : 0);
            std::vector<std::int64_t> next;
            for (const std::int64_t outer : result) {
                for (const std::int64_t count : window.counts(axis, input[axis], low, high)) {
                    next.push_back(outer * count);
                }
            }
            result = std::move(next);
        }
        return result;
    }

    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const std::vector<std::int64_t> counts = element_counts(window.spatial(inputs[0]->shape));
        return only(
            over_windows(*inputs[0], window,
                         [&](const N* plane, const std::vector<Tap>& taps, std::size_t position) {
                             N sum;
                             for (const Tap& tap : taps) {
                                 sum = a.add(sum, plane[tap.input]);
                             }
                             if (counts[position] == 0) {
                                 no_result("the mean of no elements");
                             }
                             return a.divide(sum, N::integer(counts[position]));
                         }));
    }
};

std::unique_ptr<Operation> make_average_pool(const StepContext& step) {
    AveragePool pool{Window(step.fields), step.fields["uncounted_end"].integers(),
                     step.fields["count_include_pad"].boolean()};
    if (pool.uncounted_end.size() != pool.window.axes()) {
        step.fields["uncounted_end"].fail("one number for each axis of the window is expected");
    }
    return operation(std::move(pool));
}

/// The mean along axes, which stay with size 1.
struct ReduceMean {
    std::vector<std::int64_t> axes;

    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        Shape shape = x.shape;
        for (const std::int64_t axis : axes) {
            shape[checked_axis(axis, x.shape)] = 1;
        }
        Tensor<N> result(shape);
        const std::vector<std::size_t> to = broadcast_indices(shape, x.shape);
        for (std::size_t i = 0; i < x.size(); ++i) {
            result.values[to[i]] = a.add(result.values[to[i]], x.values[i]);
        }
        const std::size_t count = result.size() == 0 ? 1 : x.size() / result.size();
        if (count == 0) {
            misfit("a mean along an empty axis of shape " + to_string(x.shape));
        }
        for (N& mean : result.values) {
            mean = a.divide(mean, N::integer(static_cast<std::int64_t>(count)));
        }
        return only(std::move(result));
    }
};

std::unique_ptr<Operation> make_reduce_mean(const StepContext& step) {
    return operation(ReduceMean{step.fields["axes"].integers()});
}

} // namespace

const std::vector<OperationEntry>& pool_operations() {
    static const std::vector<OperationEntry> entries{{"max_pool", 1, make_max_pool},
                                                     {"average_pool", 1, make_average_pool},
                                                     {"reduce_mean", 1, make_reduce_mean}};
    return entries;
}

} // namespace millrace::runtime::host
