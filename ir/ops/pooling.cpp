// SPDX-License-Identifier: Apache-2.0
//
// Pools and padding, exactly. Scaled integers stay scaled integers: one channel has one scale, so
// maxima compare integers (minima where the scale is negative) and means are sums of integers whose
// division goes into the scale. Where the windows of an average pool count differently many
// elements, the sums are brought to the least common multiple of the counts first.
#include "ir/ops/pooling.hpp"

#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"
#include "ir/ops/window_runs.hpp"
#include "ir/strided.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace millrace::ops {

namespace {

/// Far more than any image has. Type inference looks at each position of an axis by itself, so a
/// file must not be able to ask for any number of them.
constexpr std::int64_t most_positions = std::int64_t{1} << 24;

/// What a pool works on: planes of spatial axes.
struct Planes {
    std::int64_t count = 0;    ///< batch times channels
    std::int64_t channels = 0; ///< plane p has channel p % channels
    Shape input_sizes;
    Shape output_sizes;
    Shape result;
    std::int64_t input_elements = 0;  ///< of one plane
    std::int64_t output_elements = 0; ///< of one plane
};

Planes planes_of(const Window& window, const Shape& x, std::string_view op) {
    if (x.size() < 3) {
        throw TypeError(
            fmt::format("{}: shape {} has no axis behind batch and channels", op, to_string(x)));
    }
    Planes planes;
    planes.count = x[0] * x[1];
    planes.channels = x[1];
    planes.input_sizes.assign(x.begin() + 2, x.end());
    planes.output_sizes = window.output_sizes(planes.input_sizes, op);
    for (const std::int64_t size : planes.output_sizes) {
        if (size > most_positions) {
            throw TypeError(fmt::format("{}: {} positions along an axis, the limit is {}", op, size,
                                        most_positions));
        }
    }
    planes.result = {x[0], x[1]};
    planes.result.insert(planes.result.end(), planes.output_sizes.begin(),
                         planes.output_sizes.end());
    checked_count(planes.result, op);
    planes.input_elements = element_count(planes.input_sizes);
    planes.output_elements = element_count(planes.output_sizes);
    return planes;
}

/// Calls meet(plane, result element, input element) for all pairs that the window brings together.
template <class In, class Out, class Meet>
void for_each_pair(const Planes& planes, const Window& window, const std::vector<In>& x,
                   std::vector<Out>& result, Meet&& meet) {
    const std::vector<WindowRun> runs =
        window_runs(window, planes.input_sizes, planes.output_sizes);
    for (std::int64_t p = 0; p < planes.count; ++p) {
        const In* source = x.data() + p * planes.input_elements;
        Out* target = result.data() + p * planes.output_elements;
        for (const WindowRun& run : runs) {
            const In* from = source + run.input;
            Out* to = target + run.output;
            for (std::int64_t i = 0; i < run.count; ++i) {
                meet(p, to[i], from[i * run.step]);
            }
        }
    }
}

std::size_t result_size(const Planes& planes) {
    return static_cast<std::size_t>(planes.count * planes.output_elements);
}

/// The scaled integers of x when each channel has one scale.
const ScaledIntegers* channel_integers(const Tensor& x) {
    const auto* q = x.scaled();
    return q != nullptr && (q->scale.size() == 1 || q->axis == 1) ? q : nullptr;
}

Tensor largest_integers(const MaxPool& op, const Planes& planes, const ScaledIntegers& q) {
    // Where the scale is negative, the largest element has the smallest integer.
    std::vector<char> negative;
    for (const Real& scale : q.scale) {
        negative.push_back(scale.sign() < 0 ? 1 : 0);
    }
    const auto is_negative = [&](std::int64_t plane) {
        return value_at(negative, static_cast<std::size_t>(plane % planes.channels)) != 0;
    };
    ScaledIntegers result{std::vector<std::int32_t>(result_size(planes)), q.scale, q.axis};
    for (std::int64_t p = 0; p < planes.count; ++p) {
        const auto begin = result.values.begin() + p * planes.output_elements;
        std::fill(begin, begin + planes.output_elements,
                  is_negative(p) ? std::numeric_limits<std::int32_t>::max()
                                 : std::numeric_limits<std::int32_t>::min());
    }
    if (std::find(negative.begin(), negative.end(), 1) == negative.end()) {
        for_each_pair(
            planes, op.window, q.values, result.values,
            [](std::int64_t /*plane*/, std::int32_t& y, std::int32_t x) { y = std::max(y, x); });
    } else {
        for_each_pair(planes, op.window, q.values, result.values,
                      [&](std::int64_t plane, std::int32_t& y, std::int32_t x) {
                          y = is_negative(plane) ? std::min(y, x) : std::max(y, x);
                      });
    }
    return {planes.result, std::move(result)};
}

/// Throws TypeError when a window has no element of the input.
void require_inputs_in_windows(const Window& window, const Shape& input_sizes,
                               const Shape& output_sizes) {
    for (std::size_t i = 0; i < window.axes(); ++i) {
        for (std::int64_t o = 0; o < output_sizes[i]; ++o) {
            const TapRange taps =
                taps_within(o * window.strides[i] - window.pads_begin[i], window.dilations[i],
                            window.kernel[i], 0, input_sizes[i]);
            if (taps.first == taps.end) {
                throw TypeError(fmt::format("max_pool: the window at position {} of spatial axis "
                                            "{} lies outside the input",
                                            o, i));
            }
        }
    }
}

/// Number of elements that count, for each output position.
std::vector<std::int64_t> position_counts(const AveragePool& op, const Planes& planes) {
    std::vector<std::int64_t> result{1};
    for (std::size_t axis = 0; axis < op.window.axes(); ++axis) {
        const std::vector<std::int64_t> along = op.counts(axis, planes.input_sizes[axis]);
        std::vector<std::int64_t> next;
        next.reserve(result.size() * along.size());
        for (const std::int64_t outer : result) {
            for (const std::int64_t count : along) {
                next.push_back(outer * count);
            }
        }
        result = std::move(next);
    }
    return result;
}

/// Sums times factors[position], as integers of 32 bits.
std::optional<std::vector<std::int32_t>> multiplied_sums(const std::vector<std::int64_t>& sums,
                                                         const std::vector<std::int64_t>& factors) {
    std::vector<std::int32_t> result;
    result.reserve(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const Int128 value = Int128{sums[i]} * factors[i % factors.size()];
        if (value != static_cast<std::int32_t>(value)) {
            return std::nullopt;
        }
        result.push_back(static_cast<std::int32_t>(value));
    }
    return result;
}

/// The means of scaled integers, where 32 bits hold the sums at their common denominator.
std::optional<Tensor> integer_means(const AveragePool& op, const Planes& planes,
                                    const std::vector<std::int64_t>& counts,
                                    const ScaledIntegers& q) {
    std::int64_t denominator = 1;
    for (const std::int64_t count : counts) {
        denominator = std::lcm(denominator, count);
        if (denominator > std::numeric_limits<std::int32_t>::max()) {
            return std::nullopt;
        }
    }
    std::vector<std::int64_t> sums(result_size(planes));
    for_each_pair(
        planes, op.window, q.values, sums,
        [](std::int64_t /*plane*/, std::int64_t& sum, std::int32_t value) { sum += value; });
    std::vector<std::int64_t> factors;
    for (const std::int64_t count : counts) {
        factors.push_back(denominator / count);
    }
    auto values = multiplied_sums(sums, factors);
    if (!values) {
        return std::nullopt;
    }
    ScaledIntegers result{std::move(*values), {}, q.axis};
    for (const Real& scale : q.scale) {
        result.scale.push_back(scale / Real(denominator));
    }
    return Tensor(planes.result, std::move(result));
}

// ---- ReduceMean

bool is_reduced(const ReduceMean& op, std::int64_t axis) {
    return std::find(op.axes.begin(), op.axes.end(), axis) != op.axes.end();
}

/// The elements in an order where those of one mean are neighbours, and how many they are.
struct MeanOrder {
    Walk walk;
    std::int64_t count = 1;
    Shape result;
};

MeanOrder mean_order(const ReduceMean& op, const Shape& x) {
    const std::vector<std::int64_t> strides = row_major_strides(x);
    MeanOrder order;
    order.result = x;
    for (const bool reduced : {false, true}) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (is_reduced(op, static_cast<std::int64_t>(i)) == reduced) {
                order.walk.shape.push_back(x[i]);
                order.walk.strides.push_back(strides[i]);
                order.count *= reduced ? x[i] : 1;
                order.result[i] = reduced ? 1 : x[i];
            }
        }
    }
    return order;
}

template <class Sum, class T>
std::vector<Sum> summed(const std::vector<T>& x, const MeanOrder& order) {
    const std::vector<T> ordered = gathered(x, order.walk);
    std::vector<Sum> sums(ordered.size() / static_cast<std::size_t>(order.count));
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        sums[i / static_cast<std::size_t>(order.count)] += ordered[i];
    }
    return sums;
}

// ---- Pad

/// Copies x into the middle of a tensor filled with one value.
template <class T>
std::vector<T> padded(const std::vector<T>& x, const Shape& shape, const Pad& op,
                      const Shape& result_shape, const T& fill) {
    std::vector<T> result(static_cast<std::size_t>(element_count(result_shape)), fill);
    if (x.empty()) {
        return result;
    }
    const std::vector<std::int64_t> strides = row_major_strides(result_shape);
    const std::int64_t row = shape.empty() ? 1 : shape.back();
    std::vector<std::int64_t> position(shape.size(), 0);
    for (auto source = x.begin(); source != x.end(); source += row) {
        std::int64_t target = 0;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            target += (position[i] + op.begin[i]) * strides[i];
        }
        std::copy(source, source + row, result.begin() + target);
        for (std::size_t i = shape.size(); i-- > 1;) {
            if (++position[i - 1] < shape[i - 1]) {
                break;
            }
            position[i - 1] = 0;
        }
    }
    return result;
}

Shape pad_shape(const Pad& op, const Shape& x) {
    if (op.begin.size() != x.size() || op.end.size() != x.size()) {
        throw TypeError(fmt::format("pad: {} pads for shape {}", op.begin.size(), to_string(x)));
    }
    Shape result = x;
    constexpr std::int64_t limit = std::int64_t{1} << 40;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (op.begin[i] < 0 || op.end[i] < 0 || op.begin[i] > limit || op.end[i] > limit) {
            throw TypeError(fmt::format("pad: pads of {} and {}", op.begin[i], op.end[i]));
        }
        result[i] += op.begin[i] + op.end[i];
    }
    checked_count(result, Pad::name);
    return result;
}

/// Scaled integers with the pad as a multiple of each scale; new channels of an axis with scales
/// get a scale of their own.
std::optional<Tensor> padded_integers(const Pad& op, const Shape& shape, const ScaledIntegers& q,
                                      const Shape& result_shape) {
    const bool zero = op.value.sign() == 0;
    if (q.scale.size() == 1) {
        const auto level = zero                     ? std::optional<std::int64_t>(0)
                           : q.scale[0].sign() != 0 ? sure_integer(op.value / q.scale[0])
                                                    : std::nullopt;
        if (!level || !fits_int32(*level)) {
            return std::nullopt;
        }
        return Tensor(result_shape, ScaledIntegers{padded(q.values, shape, op, result_shape,
                                                          static_cast<std::int32_t>(*level)),
                                                   q.scale, 0});
    }
    if (!zero) {
        return std::nullopt;
    }
    const auto axis = static_cast<std::size_t>(q.axis);
    std::vector<Real> scale(static_cast<std::size_t>(op.begin[axis]), Real(1));
    scale.insert(scale.end(), q.scale.begin(), q.scale.end());
    scale.resize(static_cast<std::size_t>(result_shape[axis]), Real(1));
    return Tensor(result_shape,
                  ScaledIntegers{padded(q.values, shape, op, result_shape, std::int32_t{0}),
                                 std::move(scale), q.axis});
}

} // namespace

std::vector<std::int64_t> AveragePool::counts(std::size_t axis, std::int64_t input_size) const {
    const std::int64_t low = count_include_pad ? -window.pads_begin[axis] : 0;
    const std::int64_t high =
        input_size + (count_include_pad ? window.pads_end[axis] - uncounted_end[axis] : 0);
    const std::int64_t extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const std::int64_t padded = input_size + window.pads_begin[axis] + window.pads_end[axis];
    std::vector<std::int64_t> result;
    for (std::int64_t start = 0; start + extent <= padded; start += window.strides[axis]) {
        const TapRange taps = taps_within(start - window.pads_begin[axis], window.dilations[axis],
                                          window.kernel[axis], low, high);
        result.push_back(taps.end - taps.first);
    }
    return result;
}

std::vector<ValueType> infer(const MaxPool& op, const TypeList& inputs) {
    require_inputs(inputs, 1, MaxPool::name);
    const RealType& x = inputs.real(0);
    const Planes planes = planes_of(op.window, x.shape, MaxPool::name);
    require_inputs_in_windows(op.window, planes.input_sizes, planes.output_sizes);
    return {RealType{planes.result, x.element}};
}

std::vector<ValueType> infer(const AveragePool& op, const TypeList& inputs) {
    require_inputs(inputs, 1, AveragePool::name);
    const RealType& x = inputs.real(0);
    const Planes planes = planes_of(op.window, x.shape, AveragePool::name);
    if (op.uncounted_end.size() != op.window.axes()) {
        throw TypeError(fmt::format("average_pool: {} uncounted ends for {} spatial axes",
                                    op.uncounted_end.size(), op.window.axes()));
    }
    for (std::size_t axis = 0; axis < op.window.axes(); ++axis) {
        if (op.uncounted_end[axis] < 0 || op.uncounted_end[axis] > op.window.pads_end[axis]) {
            throw TypeError(fmt::format("average_pool: {} uncounted positions in a pad of {}",
                                        op.uncounted_end[axis], op.window.pads_end[axis]));
        }
        const std::vector<std::int64_t> counts = op.counts(axis, planes.input_sizes[axis]);
        if (std::find(counts.begin(), counts.end(), 0) != counts.end()) {
            throw TypeError(fmt::format("average_pool: a window of spatial axis {} has no element "
                                        "that counts",
                                        axis));
        }
    }
    return {RealType{planes.result, x.element}};
}

std::vector<ValueType> infer(const ReduceMean& op, const TypeList& inputs) {
    require_inputs(inputs, 1, ReduceMean::name);
    RealType result = inputs.real(0);
    std::int64_t previous = -1;
    for (const std::int64_t axis : op.axes) {
        require_axis(axis, result.shape, ReduceMean::name);
        if (axis <= previous) {
            throw TypeError("reduce_mean: the axes are not in ascending order");
        }
        previous = axis;
        std::int64_t& dimension = result.shape[static_cast<std::size_t>(axis)];
        if (dimension == 0) {
            throw TypeError(fmt::format("reduce_mean: axis {} of shape {} is empty", axis,
                                        to_string(inputs.shape(0))));
        }
        dimension = 1;
    }
    return {std::move(result)};
}

std::vector<ValueType> infer(const Pad& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Pad::name);
    const RealType& x = inputs.real(0);
    return {RealType{pad_shape(op, x.shape), x.element}};
}

std::vector<Tensor> evaluate(const MaxPool& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Planes planes = planes_of(op.window, x.shape(), MaxPool::name);
    if (const auto* values = x.floats()) {
        std::vector<float> result(result_size(planes), -std::numeric_limits<float>::infinity());
        for_each_pair(
            planes, op.window, *values, result,
            [](std::int64_t /*plane*/, float& y, float value) { y = std::max(y, value); });
        return {Tensor(planes.result, std::move(result))};
    }
    if (const ScaledIntegers* q = channel_integers(x)) {
        return {largest_integers(op, planes, *q)};
    }
    const std::vector<Real> values = x.to_reals();
    std::vector<const Real*> largest(result_size(planes), nullptr);
    for_each_pair(planes, op.window, values, largest,
                  [](std::int64_t /*plane*/, const Real*& y, const Real& value) {
                      if (y == nullptr || value > *y) {
                          y = &value;
                      }
                  });
    std::vector<Real> result;
    result.reserve(largest.size());
    for (const Real* value : largest) {
        result.push_back(*value);
    }
    return {Tensor(planes.result, std::move(result))};
}

std::vector<Tensor> evaluate(const AveragePool& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Planes planes = planes_of(op.window, x.shape(), AveragePool::name);
    const std::vector<std::int64_t> counts = position_counts(op, planes);
    if (const ScaledIntegers* q = channel_integers(x)) {
        if (std::optional<Tensor> result = integer_means(op, planes, counts, *q)) {
            return {std::move(*result)};
        }
    }
    std::vector<Real> result(result_size(planes));
    for_each_pair(planes, op.window, x.to_reals(), result,
                  [](std::int64_t /*plane*/, Real& sum, const Real& value) { sum += value; });
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = result[i] / Real(counts[i % counts.size()]);
    }
    return {Tensor(planes.result, std::move(result))};
}

std::vector<Tensor> evaluate(const ReduceMean& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const MeanOrder order = mean_order(op, x.shape());
    if (x.size() == 0) {
        return {x.reshaped(order.result)};
    }
    const auto* q = x.scaled();
    if (q != nullptr && (q->scale.size() == 1 || !is_reduced(op, q->axis))) {
        auto values = multiplied_sums(summed<std::int64_t>(q->values, order), {1});
        if (values) {
            ScaledIntegers result{std::move(*values), {}, q->axis};
            for (const Real& scale : q->scale) {
                result.scale.push_back(scale / Real(order.count));
            }
            return {Tensor(order.result, std::move(result))};
        }
    }
    std::vector<Real> result = summed<Real>(x.to_reals(), order);
    for (Real& mean : result) {
        mean = mean / Real(order.count);
    }
    return {Tensor(order.result, std::move(result))};
}

std::vector<Tensor> evaluate(const Pad& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const Shape shape = pad_shape(op, x.shape());
    if (const auto* values = x.floats()) {
        const float fill = op.value.to_float();
        if (op.value.is_dyadic() && std::abs(fill) <= std::numeric_limits<float>::max() &&
            Real::from_double(static_cast<double>(fill)) == op.value) {
            return {Tensor(shape, padded(*values, x.shape(), op, shape, fill))};
        }
    }
    if (const auto* q = x.scaled()) {
        if (std::optional<Tensor> result = padded_integers(op, x.shape(), *q, shape)) {
            return {std::move(*result)};
        }
    }
    return {Tensor(shape, padded(x.to_reals(), x.shape(), op, shape, op.value))};
}

} // namespace millrace::ops
