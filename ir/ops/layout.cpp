// SPDX-License-Identifier: Apache-2.0
//
// Operators that move elements. Each storage moves as it is; the scales of scaled integers move
// with their axis. Concat joins scaled integers of different scales, too, as one scale per index of
// the concatenation axis. Only mixtures of storages, and scales whose axis an index tensor of
// several dimensions replaces, become reals.
#include "ir/ops/layout.hpp"

#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"
#include "ir/strided.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace::ops {

namespace {

/// Number of elements start, start + step, ... before end.
std::int64_t slice_count(std::int64_t start, std::int64_t end, std::int64_t step) {
    const Int128 distance = Int128{end} - start;
    if (step == 0 || (distance > 0) != (step > 0) || distance == 0) {
        return 0;
    }
    return static_cast<std::int64_t>((distance + step + (step > 0 ? -1 : 1)) / step);
}

/// Dimensions before and after an axis, multiplied.
struct Split {
    std::int64_t outer = 1;
    std::int64_t inner = 1;
};
Split split_at(const Shape& shape, std::int64_t axis) {
    Split split;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (static_cast<std::int64_t>(i) < axis) {
            split.outer *= shape[i];
        } else if (static_cast<std::int64_t>(i) > axis) {
            split.inner *= shape[i];
        }
    }
    return split;
}

/// The parts' elements joined along an axis; data(part) gives a part's elements.
template <class T, class Data>
std::vector<T> joined(const TensorList& parts, std::int64_t axis, const Shape& shape, Data&& data) {
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(element_count(shape)));
    const Split split = split_at(shape, axis);
    for (std::int64_t outer = 0; outer < split.outer; ++outer) {
        for (const Tensor* part : parts) {
            const std::vector<T>& elements = data(*part);
            const std::int64_t length = part->shape()[static_cast<std::size_t>(axis)] * split.inner;
            const auto begin = elements.begin() + outer * length;
            result.insert(result.end(), begin, begin + length);
        }
    }
    return result;
}

/// The scales of scaled integers joined along an axis, where they fit one tensor: the values of
/// `scale`, and their axis.
std::optional<ScaledIntegers> joined_scales(const TensorList& parts, std::int64_t axis) {
    ScaledIntegers result{{}, parts.front()->scaled()->scale, parts.front()->scaled()->axis};
    bool equal = true;
    for (const Tensor* part : parts) {
        const ScaledIntegers& q = *part->scaled();
        const bool along = q.scale.size() != 1 && q.axis == axis;
        equal = equal && !along && surely_equal(q.scale, result.scale) &&
                (q.scale.size() == 1 || q.axis == result.axis);
    }
    if (equal) {
        return result;
    }
    result = {{}, {}, axis};
    for (const Tensor* part : parts) {
        const ScaledIntegers& q = *part->scaled();
        if (q.scale.size() == 1) {
            const std::int64_t count = part->shape()[static_cast<std::size_t>(axis)];
            result.scale.insert(result.scale.end(), static_cast<std::size_t>(count), q.scale[0]);
        } else if (q.axis == axis) {
            result.scale.insert(result.scale.end(), q.scale.begin(), q.scale.end());
        } else {
            return std::nullopt;
        }
    }
    return result;
}

Shape concat_shape(const TensorList& parts, std::int64_t axis) {
    Shape shape = parts.at(0)->shape();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        shape[static_cast<std::size_t>(axis)] += parts[i]->shape()[static_cast<std::size_t>(axis)];
    }
    return shape;
}

/// Indices along an axis with the negative ones counted from the end; throws TypeError.
std::vector<std::int64_t> gather_indices(const Tensor& tensor, std::int64_t dimension) {
    std::optional<std::vector<std::int64_t>> indices = tensor.to_int64();
    if (!indices) {
        throw TypeError("gather: the indices are not integers");
    }
    for (std::int64_t& index : *indices) {
        if (index < -dimension || index >= dimension) {
            throw TypeError(fmt::format("gather: index {} does not exist along an axis of {}",
                                        index, dimension));
        }
        index += index < 0 ? dimension : 0;
    }
    return *std::move(indices);
}

Shape gather_shape(const Shape& data, const Shape& indices, std::int64_t axis) {
    Shape shape(data.begin(), data.begin() + axis);
    shape.insert(shape.end(), indices.begin(), indices.end());
    shape.insert(shape.end(), data.begin() + axis + 1, data.end());
    return shape;
}

/// Elements of a tensor of the given shape at indices along an axis.
template <class T>
std::vector<T> taken(const std::vector<T>& source, const Shape& shape, std::int64_t axis,
                     const std::vector<std::int64_t>& indices) {
    const Split split = split_at(shape, axis);
    const std::int64_t dimension = shape[static_cast<std::size_t>(axis)];
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(split.outer * split.inner) * indices.size());
    for (std::int64_t outer = 0; outer < split.outer; ++outer) {
        for (const std::int64_t index : indices) {
            const auto begin = source.begin() + (outer * dimension + index) * split.inner;
            result.insert(result.end(), begin, begin + split.inner);
        }
    }
    return result;
}

} // namespace

std::vector<ValueType> infer(const Reshape& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Reshape::name);
    const RealType& x = inputs.real(0);
    if (checked_count(op.shape, Reshape::name) != element_count(x.shape)) {
        throw TypeError(fmt::format("reshape: shape {} cannot become {}", to_string(x.shape),
                                    to_string(op.shape)));
    }
    return {RealType{op.shape, x.element}};
}

std::vector<ValueType> infer(const Transpose& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Transpose::name);
    const RealType& x = inputs.real(0);
    std::vector<bool> used(x.shape.size(), false);
    Shape shape;
    for (const std::int64_t axis : op.perm) {
        require_axis(axis, x.shape, Transpose::name);
        const auto source = static_cast<std::size_t>(axis);
        if (used[source]) {
            throw TypeError(fmt::format("transpose: axis {} stands twice", axis));
        }
        used[source] = true;
        shape.push_back(x.shape[source]);
    }
    if (shape.size() != x.shape.size()) {
        throw TypeError(
            fmt::format("transpose: {} axes for shape {}", shape.size(), to_string(x.shape)));
    }
    return {RealType{std::move(shape), x.element}};
}

std::vector<ValueType> infer(const Concat& op, const TypeList& inputs) {
    if (inputs.size() == 0) {
        throw TypeError("concat takes at least one input");
    }
    const RealType& first = inputs.real(0);
    require_axis(op.axis, first.shape, Concat::name);
    const auto axis = static_cast<std::size_t>(op.axis);
    Shape shape = first.shape;
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        Shape other = inputs.real(i).shape;
        const std::int64_t dimension = axis < other.size() ? other[axis] : 0;
        if (axis < other.size()) {
            other[axis] = first.shape[axis];
        }
        if (other != first.shape) {
            throw TypeError(fmt::format("concat along axis {}: shapes {} and {} do not fit",
                                        op.axis, to_string(first.shape),
                                        to_string(inputs.shape(i))));
        }
        if (__builtin_add_overflow(shape[axis], dimension, &shape[axis])) {
            throw TypeError("concat: too many elements");
        }
    }
    checked_count(shape, Concat::name);
    return {RealType{std::move(shape), first.element}};
}

std::vector<ValueType> infer(const Gather& op, const TypeList& inputs) {
    require_inputs(inputs, 2, Gather::name);
    const RealType& data = inputs.real(0);
    require_axis(op.axis, data.shape, Gather::name);
    if (inputs.constants.at(1) == nullptr) {
        throw TypeError("gather: the indices are not constant");
    }
    gather_indices(*inputs.constants[1], data.shape[static_cast<std::size_t>(op.axis)]);
    Shape shape = gather_shape(data.shape, inputs.real(1).shape, op.axis);
    checked_count(shape, Gather::name);
    return {RealType{std::move(shape), data.element}};
}

std::vector<ValueType> infer(const Slice& op, const TypeList& inputs) {
    require_inputs(inputs, 1, Slice::name);
    const RealType& x = inputs.real(0);
    const std::size_t rank = x.shape.size();
    if (op.starts.size() != rank || op.ends.size() != rank || op.steps.size() != rank) {
        throw TypeError(fmt::format("slice: bounds for {} axes of shape {}", op.starts.size(),
                                    to_string(x.shape)));
    }
    Shape shape;
    for (std::size_t i = 0; i < rank; ++i) {
        if (op.steps[i] == 0) {
            throw TypeError(fmt::format("slice: step 0 along axis {}", i));
        }
        const std::int64_t count = slice_count(op.starts[i], op.ends[i], op.steps[i]);
        const Int128 last = op.starts[i] + Int128{count - 1} * op.steps[i];
        if (count > 0 &&
            (op.starts[i] < 0 || op.starts[i] >= x.shape[i] || last < 0 || last >= x.shape[i])) {
            throw TypeError(fmt::format("slice: {} to {} by {} leaves axis {} of shape {}",
                                        op.starts[i], op.ends[i], op.steps[i], i,
                                        to_string(x.shape)));
        }
        shape.push_back(count);
    }
    return {RealType{std::move(shape), x.element}};
}

std::vector<Tensor> evaluate(const Reshape& op, const TensorList& inputs) {
    return {inputs.at(0)->reshaped(op.shape)};
}

std::vector<Tensor> evaluate(const Transpose& op, const TensorList& inputs) {
    return {inputs.at(0)->transposed(op.perm)};
}

std::vector<Tensor> evaluate(const Concat& op, const TensorList& inputs) {
    const Shape shape = concat_shape(inputs, op.axis);
    const auto all = [&](auto&& has) { return std::all_of(inputs.begin(), inputs.end(), has); };
    if (all([](const Tensor* t) { return t->floats() != nullptr; })) {
        return {Tensor(shape, joined<float>(inputs, op.axis, shape,
                                            [](const Tensor& t) -> const std::vector<float>& {
                                                return *t.floats();
                                            }))};
    }
    if (all([](const Tensor* t) { return t->scaled() != nullptr; })) {
        if (std::optional<ScaledIntegers> q = joined_scales(inputs, op.axis)) {
            q->values = joined<std::int32_t>(
                inputs, op.axis, shape, [](const Tensor& t) -> const std::vector<std::int32_t>& {
                    return t.scaled()->values;
                });
            return {Tensor(shape, std::move(*q))};
        }
    }
    std::vector<std::vector<Real>> reals;
    for (const Tensor* part : inputs) {
        reals.push_back(part->to_reals());
    }
    // joined() asks for the parts in turn, over and over.
    std::size_t next = 0;
    return {Tensor(
        shape, joined<Real>(inputs, op.axis, shape, [&](const Tensor&) -> const std::vector<Real>& {
            return reals[next++ % reals.size()];
        }))};
}

std::vector<Tensor> evaluate(const Gather& op, const TensorList& inputs) {
    const Tensor& data = *inputs.at(0);
    const Tensor& where = *inputs.at(1);
    const std::vector<std::int64_t> indices =
        gather_indices(where, data.shape().at(static_cast<std::size_t>(op.axis)));
    const Shape shape = gather_shape(data.shape(), where.shape(), op.axis);
    if (const auto* values = data.floats()) {
        return {Tensor(shape, taken(*values, data.shape(), op.axis, indices))};
    }
    const auto* q = data.scaled();
    if (q != nullptr && (q->scale.size() == 1 || q->axis != op.axis || where.rank() <= 1)) {
        ScaledIntegers result{taken(q->values, data.shape(), op.axis, indices), q->scale, 0};
        if (q->scale.size() != 1) {
            result.axis = q->axis;
            if (q->axis == op.axis) {
                result.scale =
                    taken(q->scale, {data.shape()[static_cast<std::size_t>(op.axis)]}, 0, indices);
            } else if (q->axis > op.axis) {
                result.axis += where.rank() - 1;
            }
        }
        return {Tensor(shape, std::move(result))};
    }
    return {Tensor(shape, taken(data.to_reals(), data.shape(), op.axis, indices))};
}

std::vector<Tensor> evaluate(const Slice& op, const TensorList& inputs) {
    const Tensor& x = *inputs.at(0);
    const std::vector<std::int64_t> strides = row_major_strides(x.shape());
    Walk walk;
    for (std::size_t i = 0; i < x.shape().size(); ++i) {
        walk.shape.push_back(slice_count(op.starts.at(i), op.ends.at(i), op.steps.at(i)));
        // The stride of a single element is never used, and may not fit.
        walk.strides.push_back(walk.shape.back() > 1 ? strides[i] * op.steps[i] : 0);
        walk.offset += walk.shape.back() > 0 ? strides[i] * op.starts[i] : 0;
    }
    if (const auto* values = x.floats()) {
        return {Tensor(walk.shape, gathered(*values, walk))};
    }
    if (const auto* q = x.scaled()) {
        ScaledIntegers result{gathered(q->values, walk), q->scale, q->axis};
        if (q->scale.size() != 1) {
            const auto axis = static_cast<std::size_t>(q->axis);
            const Walk along{{walk.shape[axis]}, op.starts[axis], {op.steps[axis]}};
            result.scale = gathered(q->scale, along);
        }
        return {Tensor(walk.shape, std::move(result))};
    }
    return {Tensor(walk.shape, gathered(*x.reals(), walk))};
}

} // namespace millrace::ops
