// SPDX-License-Identifier: Apache-2.0
//
// Operations that move elements: reshape, transpose, concat, gather, slice, pad.
#include "runtime/host/operation.hpp"

namespace millrace::runtime::host {

namespace {

std::unique_ptr<Operation> make_reshape(const StepContext& step) {
    return operation([shape = step.fields["shape"].shape()]<class A>(
                         const A& /*a*/, const Inputs<A>& inputs) -> Results<A> {
        auto result = *inputs[0];
        if (element_count(shape) != static_cast<std::int64_t>(result.size())) {
            misfit("shape " + to_string(result.shape) + " cannot become " + to_string(shape));
        }
        result.shape = shape;
        return only(std::move(result));
    });
}

/// The elements that a walk over a tensor meets, under the walk's shape.
template <class N>
Tensor<N> walked(const Tensor<N>& x, const Shape& shape, const std::vector<std::int64_t>& strides,
                 std::int64_t offset) {
    Tensor<N> result;
    result.shape = shape;
    result.values.reserve(static_cast<std::size_t>(element_count(shape)));
    for_each_offset(shape, strides, offset,
                    [&](std::size_t i) { result.values.push_back(x.values.at(i)); });
    return result;
}

std::unique_ptr<Operation> make_transpose(const StepContext& step) {
    return operation([perm = step.fields["perm"].integers()]<class A>(
                         const A& /*a*/, const Inputs<A>& inputs) -> Results<A> {
        const auto& x = *inputs[0];
        const std::vector<std::int64_t> strides = strides_of(x.shape);
        Shape shape;
        std::vector<std::int64_t> steps;
        std::vector<bool> used(x.shape.size(), false);
        for (const std::int64_t axis : perm) {
            const std::size_t from = checked_axis(axis, x.shape);
            if (used[from]) {
                misfit("a permutation with axis " + std::to_string(axis) + " twice");
            }
            used[from] = true;
            shape.push_back(x.shape[from]);
            steps.push_back(strides[from]);
        }
        if (shape.size() != x.shape.size()) {
            misfit("a permutation of " + std::to_string(perm.size()) + " axes for shape " +
                   to_string(x.shape));
        }
        return only(walked(x, shape, steps, 0));
    });
}

std::unique_ptr<Operation> make_concat(const StepContext& step) {
    return operation([number = step.fields["axis"].integer()]<class A>(
                         const A& /*a*/, const Inputs<A>& inputs) -> Results<A> {
        Shape shape = inputs[0]->shape;
        const std::size_t axis = checked_axis(number, shape);
        shape[axis] = 0;
        std::size_t outer = 1;
        for (std::size_t i = 0; i < axis; ++i) {
            outer *= static_cast<std::size_t>(shape[i]);
        }
        for (const auto* part : inputs) {
            Shape other = part->shape;
            if (axis >= other.size()) {
                misfit("shapes of different ranks are concatenated");
            }
            const std::int64_t length = std::exchange(other[axis], shape[axis]);
            if (other != shape) {
                misfit("shapes " + to_string(inputs[0]->shape) + " and " + to_string(part->shape) +
                       " are concatenated along axis " + std::to_string(number));
            }
            shape[axis] += length;
        }
        Tensor<typename A::Number> result;
        result.shape = shape;
        for (std::size_t o = 0; o < outer; ++o) {
            for (const auto* part : inputs) {
                const std::size_t length = part->size() / outer;
                const auto from = part->values.begin() + static_cast<std::ptrdiff_t>(o * length);
                result.values.insert(result.values.end(), from,
                                     from + static_cast<std::ptrdiff_t>(length));
            }
        }
        return only(std::move(result));
    });
}

std::unique_ptr<Operation> make_gather(const StepContext& step) {
    const Constant* constant = step.constants[1];
    if (constant == nullptr) {
        throw Error(ErrorKind::unsupported,
                    "the host step 'gather' is there for constant indices only");
    }
    return operation([number = step.fields["axis"].integer(), indices = constant->integers(),
                      where = constant->shape()]<class A>(const A& /*a*/,
                                                          const Inputs<A>& inputs) -> Results<A> {
        const auto& x = *inputs[0];
        const std::size_t axis = checked_axis(number, x.shape);
        const auto middle = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
        const std::int64_t length = *middle;
        Tensor<typename A::Number> result;
        result.shape.assign(x.shape.begin(), middle);
        result.shape.insert(result.shape.end(), where.begin(), where.end());
        result.shape.insert(result.shape.end(), middle + 1, x.shape.end());
        const std::int64_t inner = strides_of(x.shape)[axis];
        const std::int64_t outer = element_count(Shape(x.shape.begin(), middle));
        for (std::int64_t o = 0; o < outer; ++o) {
            for (const std::int64_t index : indices) {
                const std::int64_t from = index < 0 ? index + length : index;
                if (from < 0 || from >= length) {
                    misfit("index " + std::to_string(index) + " along an axis of " +
                           std::to_string(length));
                }
                const auto begin = x.values.begin() + (o * length + from) * inner;
                result.values.insert(result.values.end(), begin, begin + inner);
            }
        }
        return only(std::move(result));
    });
}

std::unique_ptr<Operation> make_slice(const StepContext& step) {
    return operation(
        [starts = step.fields["starts"].integers(), ends = step.fields["ends"].integers(),
         steps = step.fields["steps"].integers()]<class A>(const A& /*a*/,
                                                           const Inputs<A>& inputs) -> Results<A> {
            const auto& x = *inputs[0];
            const std::size_t rank = x.shape.size();
            if (starts.size() != rank || ends.size() != rank || steps.size() != rank) {
                misfit("slice bounds that do not fit shape " + to_string(x.shape));
            }
            const std::vector<std::int64_t> own = strides_of(x.shape);
            Shape shape;
            std::vector<std::int64_t> strides;
            std::int64_t offset = 0;
            for (std::size_t i = 0; i < rank; ++i) {
                // The elements start, start + step, ... before end; all must be there.
                std::int64_t count = 0;
                for (std::int64_t at = starts[i]; steps[i] > 0 ? at < ends[i] : at > ends[i];
                     at += steps[i]) {
                    if (at < 0 || at >= x.shape[i] || steps[i] == 0) {
                        misfit("a slice leaves axis " + std::to_string(i) + " of shape " +
                               to_string(x.shape));
                    }
                    ++count;
                }
                shape.push_back(count);
                strides.push_back(count > 1 ? own[i] * steps[i] : 0);
                offset += count > 0 ? own[i] * starts[i] : 0;
            }
            return only(walked(x, shape, strides, offset));
        });
}

std::unique_ptr<Operation> make_pad(const StepContext& step) {
    return operation([begin = step.fields["begin"].integers(), end = step.fields["end"].integers(),
                      value = Constant(number_of(step.fields["value"]))]<class A>(
                         const A& a, const Inputs<A>& inputs) -> Results<A> {
        using N = typename A::Number;
        const auto& x = *inputs[0];
        constexpr std::int64_t most = std::int64_t{1} << 30;
        if (begin.size() != x.shape.size() || end.size() != x.shape.size()) {
            misfit("pads that do not fit shape " + to_string(x.shape));
        }
        Shape shape = x.shape;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (begin[i] < 0 || end[i] < 0 || begin[i] > most || end[i] > most) {
                misfit("a pad of " + std::to_string(begin[i]) + " and " + std::to_string(end[i]));
            }
            shape[i] += begin[i] + end[i];
        }
        const std::vector<std::int64_t> strides = strides_of(shape);
        Tensor<N> result(shape);
        std::fill(result.values.begin(), result.values.end(), N(value.at(a, 0)));
        std::int64_t offset = 0;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            offset += begin[i] * strides[i];
        }
        std::size_t next = 0;
        for_each_offset(x.shape, strides, offset,
                        [&](std::size_t to) { result.values[to] = x.values[next++]; });
        return only(std::move(result));
    });
}

} // namespace

const std::vector<OperationEntry>& layout_operations() {
    static const std::vector<OperationEntry> entries{
        {"reshape", 1, make_reshape}, {"transpose", 1, make_transpose}, {"concat", 0, make_concat},
        {"gather", 2, make_gather},   {"slice", 1, make_slice},         {"pad", 1, make_pad}};
    return entries;
}

} // namespace millrace::runtime::host
