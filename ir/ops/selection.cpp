// SPDX-License-Identifier: Apache-2.0
//
// Softmax, ArgMax, TopK. The order of elements is the order of their floats, or of their integers
// where one scale serves all (turned round when it is negative), so that exact comparisons of reals
// are left for the other tensors.
#include "ir/ops/selection.hpp"

#include "ir/ops/inference.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

namespace millrace::ops {

namespace {

/// The lanes of a tensor along an axis: lane l has the elements start(l) + k * stride.
struct Lanes {
    std::int64_t count = 1;
    std::int64_t length = 1;
    std::int64_t stride = 1;

    Lanes(const Shape& shape, std::int64_t axis) {
        for (std::size_t i = 0; i < shape.size(); ++i) {
            const auto position = static_cast<std::int64_t>(i);
            length = position == axis ? shape[i] : length;
            count *= position == axis ? 1 : shape[i];
            stride *= position > axis ? shape[i] : 1;
        }
    }
    [[nodiscard]] std::int64_t start(std::int64_t lane) const {
        return lane / stride * stride * length + lane % stride;
    }
};

/// Calls use(elements, reversed): the elements in a storage that orders them, `reversed` where the
/// order is the opposite one.
template <class Use> auto with_order(const Tensor& x, Use&& use) {
    if (const auto* values = x.floats()) {
        return use(*values, false);
    }
    if (const auto* q = x.scaled();
        q != nullptr && q->scale.size() == 1 && q->scale[0].sign() != 0) {
        return use(q->values, q->scale[0].sign() < 0);
    }
    if (const auto* values = x.reals()) {
        return use(*values, false);
    }
    return use(x.to_reals(), false);
}

/// Along each lane the k best positions, best first; ties to the lower position, or the higher one.
template <class T>
std::vector<std::int64_t> best_positions(const std::vector<T>& elements, const Lanes& lanes,
                                         std::int64_t k, bool largest, bool ties_to_last) {
    std::vector<std::int64_t> result;
    result.reserve(static_cast<std::size_t>(lanes.count * k));
    std::vector<std::int64_t> order(static_cast<std::size_t>(lanes.length));
    for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
        const std::int64_t start = lanes.start(lane);
        const auto element = [&](std::int64_t position) -> const T& {
            return elements[static_cast<std::size_t>(start + position * lanes.stride)];
        };
        std::iota(order.begin(), order.end(), std::int64_t{0});
        std::partial_sort(order.begin(), order.begin() + k, order.end(),
                          [&](std::int64_t a, std::int64_t b) {
                              const T& x = element(a);
                              const T& y = element(b);
                              if (x != y) {
                                  return (x > y) == largest;
                              }
                              return ties_to_last ? a > b : a < b;
                          });
        result.insert(result.end(), order.begin(), order.begin() + k);
    }
    return result;
}

std::vector<std::int64_t> best_positions(const Tensor& x, const Lanes& lanes, std::int64_t k,
                                         bool largest, bool ties_to_last) {
    return with_order(x, [&](const auto& elements, bool reversed) {
        return best_positions(elements, lanes, k, largest != reversed, ties_to_last);
    });
}

/// Lane-by-lane results (k per lane) in the row-major order of a tensor with k along the axis.
template <class T>
std::vector<T> in_place(const std::vector<T>& by_lane, const Shape& shape, std::int64_t axis) {
    const Lanes lanes(shape, axis);
    std::vector<T> result(by_lane.size());
    for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
        for (std::int64_t i = 0; i < lanes.length; ++i) {
            result[static_cast<std::size_t>(lanes.start(lane) + i * lanes.stride)] =
                by_lane[static_cast<std::size_t>(lane * lanes.length + i)];
        }
    }
    return result;
}

Shape with_dimension(Shape shape, std::int64_t axis, std::int64_t dimension) {
    shape.at(static_cast<std::size_t>(axis)) = dimension;
    return shape;
}

Shape argmax_shape(const ArgMax& op, Shape shape) {
    if (op.keep_dims) {
        return with_dimension(std::move(shape), op.axis, 1);
    }
    shape.erase(shape.begin() + op.axis);
    return shape;
}

} // namespace

std::vector<ValueType> infer(const Softmax& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Softmax::name);
    require_axis(op.axis, inputs.real(0).shape, Softmax::name);
    return {inputs.real(0)};
}

std::vector<ValueType> infer(const ArgMax& op, const TypeList& inputs) {
    require_inputs(inputs, 1, ArgMax::name);
    const RealType& x = inputs.real(0);
    require_axis(op.axis, x.shape, ArgMax::name);
    if (x.shape[static_cast<std::size_t>(op.axis)] == 0) {
        throw TypeError(
            fmt::format("argmax: axis {} of shape {} is empty", op.axis, to_string(x.shape)));
    }
    return {RealType{argmax_shape(op, x.shape), DataType::int64}};
}

std::vector<ValueType> infer(const TopK& op, const TypeList& inputs) {
    require_inputs(inputs, 1, TopK::name);
    const RealType& x = inputs.real(0);
    require_axis(op.axis, x.shape, TopK::name);
    if (op.k < 1 || op.k > x.shape[static_cast<std::size_t>(op.axis)]) {
        throw TypeError(fmt::format("topk: {} of the elements along axis {} of shape {}", op.k,
                                    op.axis, to_string(x.shape)));
    }
    const Shape shape = with_dimension(x.shape, op.axis, op.k);
    return {RealType{shape, x.element}, RealType{shape, DataType::int64}};
}

std::vector<Tensor> evaluate(const Softmax& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Lanes lanes(x.shape(), op.axis);
    if (x.size() == 0) {
        return {x};
    }
    const std::vector<std::int64_t> largest = best_positions(x, lanes, 1, true, false);
    std::vector<Real> result(static_cast<std::size_t>(x.size()));
    for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
        const auto flat = [&](std::int64_t i) { return lanes.start(lane) + i * lanes.stride; };
        const Real highest = x.at(flat(largest[static_cast<std::size_t>(lane)]));
        Real sum;
        for (std::int64_t i = 0; i < lanes.length; ++i) {
            Real& power = result[static_cast<std::size_t>(flat(i))];
            power = exp(x.at(flat(i)) - highest);
            sum += power;
        }
        for (std::int64_t i = 0; i < lanes.length; ++i) {
            Real& power = result[static_cast<std::size_t>(flat(i))];
            power = power / sum;
        }
    }
    return {Tensor(x.shape(), std::move(result))};
}

std::vector<Tensor> evaluate(const ArgMax& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Lanes lanes(x.shape(), op.axis);
    return {Tensor::integers(best_positions(x, lanes, 1, op.largest, op.last_index))
                .reshaped(argmax_shape(op, x.shape()))};
}

std::vector<Tensor> evaluate(const TopK& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Lanes lanes(x.shape(), op.axis);
    const Shape shape = with_dimension(x.shape(), op.axis, op.k);
    const std::vector<std::int64_t> positions = best_positions(x, lanes, op.k, op.largest, false);
    const auto selected = [&](const auto& elements) {
        std::remove_cvref_t<decltype(elements)> by_lane;
        by_lane.reserve(positions.size());
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const std::int64_t lane = static_cast<std::int64_t>(i) / op.k;
            by_lane.push_back(elements[static_cast<std::size_t>(lanes.start(lane) +
                                                                positions[i] * lanes.stride)]);
        }
        return in_place(by_lane, shape, op.axis);
    };
    Tensor indices = Tensor::integers(in_place(positions, shape, op.axis)).reshaped(shape);
    const auto* q = x.scaled();
    if (const auto* values = x.floats()) {
        return {Tensor(shape, selected(*values)), std::move(indices)};
    }
    if (q != nullptr && q->scale.size() == 1) {
        return {Tensor(shape, ScaledIntegers{selected(q->values), q->scale, 0}),
                std::move(indices)};
    }
    return {Tensor(shape, selected(x.to_reals())), std::move(indices)};
}

} // namespace millrace::ops
