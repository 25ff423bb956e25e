// SPDX-License-Identifier: Apache-2.0
//
// Types of joins of two or more tensors. Ranges are per channel those of the extreme operands.
#include "ir/ops/integer.hpp"
#include "ir/ops/integer_inference.hpp"

namespace millrace::ops {

namespace {

template <class T> const T& entry(const std::vector<T>& list, std::size_t index) {
    return list[list.size() == 1 ? 0 : index];
}

struct Pair {
    const IntegerType& a;
    const IntegerType& b;
    std::size_t channels;
};

/// Two inputs of one shape and their per-channel parameters.
Pair same_shape(const TypeList& inputs, std::size_t parameters_a, std::size_t parameters_b,
                std::string_view op) {
    require_inputs(inputs, 2, op);
    const IntegerType& a = integer_input(inputs, 0, op);
    const IntegerType& b = integer_input(inputs, 1, op);
    if (a.shape != b.shape) {
        throw TypeError(
            fmt::format("{}: shapes {} and {} differ", op, to_string(a.shape), to_string(b.shape)));
    }
    require_per_channel(parameters_a, a.channels(), op, "the first operand's parameter");
    require_per_channel(parameters_b, a.channels(), op, "the second operand's parameter");
    return {a, b, static_cast<std::size_t>(a.channels())};
}

} // namespace

std::vector<ValueType> infer(const IntegerAdd& op, const TypeList& inputs) {
    const Pair pair = same_shape(inputs, op.multiplier_a.size(), op.multiplier_b.size(), op.name);
    require_per_channel(op.grid.scale.size(), pair.a.channels(), op.name, "the result's scale");
    require_per_channel(op.grid.zero_point.size(), pair.a.channels(), op.name,
                        "the result's zero point");
    IntegerType y;
    y.shape = pair.a.shape;
    y.grid = op.grid;
    y.lo.clear();
    y.hi.clear();
    for (std::size_t c = 0; c < pair.channels; ++c) {
        Int128 lo = 0;
        Int128 hi = 0;
        const auto add = [&](const IntegerType& x, std::int64_t multiplier) {
            const Int128 p = Int128{multiplier} * entry(x.lo, c);
            const Int128 q = Int128{multiplier} * entry(x.hi, c);
            lo += std::min(p, q);
            hi += std::max(p, q);
        };
        add(pair.a, entry(op.multiplier_a, c));
        add(pair.b, entry(op.multiplier_b, c));
        y.lo.push_back(within_64_bits(lo, op.name));
        y.hi.push_back(within_64_bits(hi, op.name));
    }
    collapse(y);
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerMul& op, const TypeList& inputs) {
    const Pair pair = same_shape(inputs, op.zero_a.size(), op.zero_b.size(), op.name);
    IntegerType y;
    y.shape = pair.a.shape;
    y.lo.clear();
    y.hi.clear();
    y.grid.scale.clear();
    for (std::size_t c = 0; c < pair.channels; ++c) {
        const std::int64_t zero_a = entry(op.zero_a, c);
        const std::int64_t zero_b = entry(op.zero_b, c);
        if (entry(pair.a.grid.zero_point, c) != Real(zero_a) ||
            entry(pair.b.grid.zero_point, c) != Real(zero_b)) {
            throw TypeError(fmt::format("{}: other zero points than the inputs'", op.name));
        }
        const Int128 a_lo = Int128{entry(pair.a.lo, c)} - zero_a;
        const Int128 a_hi = Int128{entry(pair.a.hi, c)} - zero_a;
        const Int128 b_lo = Int128{entry(pair.b.lo, c)} - zero_b;
        const Int128 b_hi = Int128{entry(pair.b.hi, c)} - zero_b;
        const auto [lo, hi] = std::minmax({a_lo * b_lo, a_lo * b_hi, a_hi * b_lo, a_hi * b_hi});
        y.lo.push_back(within_64_bits(lo, op.name));
        y.hi.push_back(within_64_bits(hi, op.name));
        y.grid.scale.push_back(entry(pair.a.grid.scale, c) * entry(pair.b.grid.scale, c));
    }
    collapse(y);
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerConcat& op, const TypeList& inputs) {
    if (inputs.size() < 2) {
        throw TypeError(fmt::format("{}: {} input", op.name, inputs.size()));
    }
    IntegerType y{integer_input(inputs, 0, op.name).shape, {}, {}, true, Grid{{}, {}}};
    if (y.shape.empty()) {
        throw TypeError(fmt::format("{}: the input has no axis", op.name));
    }
    y.shape.back() = 0;
    // Lists that are one entry everywhere stay so: vectors may be long.
    const IntegerType first = integer_input(inputs, 0, op.name);
    const auto one = [&](auto&& list) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const IntegerType& x = integer_input(inputs, i, op.name);
            if (list(x).size() != 1 || list(x).front() != list(first).front()) {
                return false;
            }
        }
        return true;
    };
    const auto join = [&](auto&& list) {
        auto& to = list(y);
        if (one(list)) {
            to = list(first);
            return;
        }
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const IntegerType& x = integer_input(inputs, i, op.name);
            for (std::size_t c = 0; c < static_cast<std::size_t>(x.channels()); ++c) {
                to.push_back(entry(list(x), c));
            }
        }
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const IntegerType& x = integer_input(inputs, i, op.name);
        if (x.shape.size() != y.shape.size() ||
            !std::equal(x.shape.begin(), x.shape.end() - 1, y.shape.begin())) {
            throw TypeError(fmt::format("{}: shape {} does not fit {} but for the last axis",
                                        op.name, to_string(x.shape), to_string(y.shape)));
        }
        y.shape.back() += x.shape.back();
        y.bipolar = y.bipolar && x.bipolar;
    }
    join([](auto& type) -> auto& { return type.lo; });
    join([](auto& type) -> auto& { return type.hi; });
    join([](auto& type) -> auto& { return type.grid.scale; });
    join([](auto& type) -> auto& { return type.grid.zero_point; });
    checked_count(y.shape, op.name);
    collapse(y);
    return {std::move(y)};
}

} // namespace millrace::ops
