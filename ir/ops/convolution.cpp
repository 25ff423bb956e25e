// SPDX-License-Identifier: Apache-2.0
//
// Exact convolution as matrix products: the windows of each group become the columns of a matrix
// ("im2col") in the input's own storage, zeros standing for the padding, and MatMul's evaluation,
// which finds the integers in each storage, does the rest with the groups as batches. Scales that
// MatMul cannot take apart are moved out of its way first: those of output channels, and those of
// input channels where each output channel sees one of them, multiply the result; other scales of
// input channels multiply the weights. The matrices are made for a few rows of output positions at
// a time, so that memory stays bounded.
#include "ir/ops/convolution.hpp"

#include "ir/ops/arithmetic.hpp"
#include "ir/ops/inference.hpp"
#include "ir/ops/layout.hpp"
#include "ir/ops/matmul.hpp"
#include "ir/ops/window_runs.hpp"

#include <algorithm>

namespace millrace::ops {

namespace {

/// Elements of one matrix of windows, about.
constexpr std::int64_t most_patch_elements = std::int64_t{1} << 22;

struct Dimensions {
    std::int64_t batch = 1;
    std::int64_t channels = 1; // C
    std::int64_t outputs = 1;  // M
    Shape input_sizes;
    Shape output_sizes;
    Shape result;
};

Dimensions dimensions_of(const Conv& op, const Shape& x, const Shape& w) {
    if (x.size() < 3 || w.size() != x.size()) {
        throw TypeError(fmt::format("conv: shapes {} and {} are not those of a batch of channels "
                                    "and of weights for it",
                                    to_string(x), to_string(w)));
    }
    Dimensions d;
    d.batch = x[0];
    d.channels = x[1];
    d.outputs = w[0];
    d.input_sizes.assign(x.begin() + 2, x.end());
    if (op.group < 1 || d.outputs % op.group != 0 || d.channels % op.group != 0 ||
        w[1] != d.channels / op.group) {
        throw TypeError(fmt::format("conv: weights of shape {} in {} groups do not fit {} channels",
                                    to_string(w), op.group, d.channels));
    }
    if (op.window.kernel != Shape(w.begin() + 2, w.end())) {
        throw TypeError(fmt::format("conv: weights of shape {} do not have the kernel {}",
                                    to_string(w), to_string(op.window.kernel)));
    }
    d.output_sizes = op.window.output_sizes(d.input_sizes, Conv::name);
    d.result = {d.batch, d.outputs};
    d.result.insert(d.result.end(), d.output_sizes.begin(), d.output_sizes.end());
    checked_count(d.result, Conv::name);
    return d;
}

/// The columns [begin, end) of the matrices [batch, channel, tap, output position]; `runs` are
/// those of these positions.
template <class T, class Runs>
std::vector<T> patches(const std::vector<T>& x, const Dimensions& d, std::int64_t taps,
                       const Runs& runs, std::int64_t begin, std::int64_t end) {
    const std::int64_t plane = element_count(d.input_sizes);
    const std::int64_t planes = d.batch * d.channels;
    const std::int64_t columns = end - begin;
    std::vector<T> result(static_cast<std::size_t>(planes * taps * columns));
    for (std::int64_t p = 0; p < planes; ++p) {
        const T* source = x.data() + p * plane;
        T* target = result.data() + p * taps * columns;
        for (const WindowRun& run : runs) {
            const T* from = source + run.input;
            T* to = target + run.tap * columns + (run.output - begin);
            if (run.step == 1) {
                std::copy(from, from + run.count, to);
            } else {
                for (std::int64_t i = 0; i < run.count; ++i) {
                    to[i] = from[i * run.step];
                }
            }
        }
    }
    return result;
}

/// A part of the list of runs.
struct RunRange {
    const WindowRun* first;
    const WindowRun* last;
    [[nodiscard]] const WindowRun* begin() const { return first; }
    [[nodiscard]] const WindowRun* end() const { return last; }
};

/// [batch, outputs, positions] of x with at most one scale.
Tensor convolved(const Conv& op, const Dimensions& d, const Tensor& x, const Tensor& w) {
    const std::int64_t taps = op.window.taps();
    const std::int64_t positions = element_count(d.output_sizes);
    const std::int64_t row = d.output_sizes.back();
    const std::int64_t depth = d.channels / op.group * taps;
    const Tensor weights = w.reshaped({op.group, d.outputs / op.group, depth});
    const std::vector<WindowRun> runs = window_runs(op.window, d.input_sizes, d.output_sizes);
    const std::int64_t row_elements = std::max<std::int64_t>(1, d.batch * d.channels * taps * row);
    const std::int64_t step = row * std::max<std::int64_t>(1, most_patch_elements / row_elements);
    std::vector<Tensor> parts;
    const WindowRun* run = runs.data();
    const WindowRun* const runs_end = run + runs.size();
    for (std::int64_t begin = 0; begin < positions; begin += step) {
        const std::int64_t end = std::min(begin + step, positions);
        const WindowRun* const next = std::find_if(
            run, runs_end, [end](const WindowRun& later) { return later.output >= end; });
        const RunRange range{run, next};
        run = next;
        const Shape shape{d.batch, op.group, depth, end - begin};
        const auto columns = [&]() -> Tensor {
            if (const auto* floats = x.floats()) {
                return {shape, patches(*floats, d, taps, range, begin, end)};
            }
            if (const auto* q = x.scaled()) {
                return {shape,
                        ScaledIntegers{patches(q->values, d, taps, range, begin, end), q->scale}};
            }
            return {shape, patches(*x.reals(), d, taps, range, begin, end)};
        }();
        parts.push_back(evaluate(MatMul{}, {&weights, &columns}).front());
    }
    if (parts.empty()) {
        return {{d.batch, d.outputs, 0}, std::vector<float>{}};
    }
    TensorList pointers;
    for (const Tensor& part : parts) {
        pointers.push_back(&part);
    }
    const Tensor joined =
        parts.size() == 1 ? std::move(parts.front()) : evaluate(Concat{3}, pointers).front();
    return joined.reshaped({d.batch, d.outputs, positions});
}

/// The integers of a tensor with the scale 1 for all.
Tensor without_scales(const Tensor& tensor) {
    return {tensor.shape(), ScaledIntegers{tensor.scaled()->values, {Real(1)}, 0}};
}

bool has_scales_along(const Tensor& tensor, std::int64_t axis) {
    const auto* q = tensor.scaled();
    return q != nullptr && q->scale.size() != 1 && q->axis == axis;
}

Tensor product(const Tensor& a, const Tensor& b) { return evaluate(Mul{}, {&a, &b}).front(); }

} // namespace

std::vector<ValueType> infer(const Conv& op, const TypeList& inputs) {
    require_inputs(inputs, 2, Conv::name);
    const RealType& x = inputs.real(0);
    return {RealType{dimensions_of(op, x.shape, inputs.real(1).shape).result, x.element}};
}

std::vector<Tensor> evaluate(const Conv& op, const TensorList& inputs) {
    const Dimensions d = dimensions_of(op, inputs.at(0)->shape(), inputs.at(1)->shape());
    Tensor x = *inputs.at(0);
    Tensor w = *inputs.at(1);
    std::vector<Real> factors; // of the output channels
    if (has_scales_along(w, 0)) {
        factors = w.scaled()->scale;
        w = without_scales(w);
    }
    if (has_scales_along(x, 1)) {
        const std::vector<Real> scale = x.scaled()->scale;
        x = without_scales(x);
        const std::int64_t group_inputs = d.channels / op.group;
        const std::int64_t group_outputs = d.outputs / op.group;
        if (group_inputs == 1) {
            factors.resize(static_cast<std::size_t>(d.outputs), Real(1));
            for (std::int64_t m = 0; m < d.outputs; ++m) {
                factors[static_cast<std::size_t>(m)] *=
                    scale[static_cast<std::size_t>(m / group_outputs)];
            }
        } else {
            // One row of scales for each group, repeated for its outputs.
            const std::int64_t rows = op.group == 1 ? 1 : d.outputs;
            std::vector<Real> by_row;
            for (std::int64_t m = 0; m < rows; ++m) {
                const auto first = scale.begin() + m / group_outputs * group_inputs;
                by_row.insert(by_row.end(), first, first + group_inputs);
            }
            Shape shape(w.shape().size(), 1);
            shape[0] = rows;
            shape[1] = group_inputs;
            w = product(w, Tensor(std::move(shape), std::move(by_row)));
        }
    } else if (const auto* q = x.scaled(); q != nullptr && q->scale.size() != 1) {
        x = Tensor(x.shape(), x.to_reals());
    }
    Tensor result = convolved(op, d, x, w);
    if (!factors.empty()) {
        result = product(result, Tensor({d.outputs, 1}, std::move(factors)));
    }
    return {result.reshaped(d.result)};
}

} // namespace millrace::ops
