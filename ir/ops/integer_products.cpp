// SPDX-License-Identifier: Apache-2.0
//
// Types of products. The range of an accumulator is, per channel, the sum of the extreme products
// of the actual weights with the input's ranges.
#include "ir/ops/integer.hpp"
#include "ir/ops/integer_inference.hpp"
#include "ir/ops/integer_matrix.hpp"

#include <array>

namespace millrace::ops {

namespace {

/// The element of a weight matrix.
class WeightReader {
  public:
    explicit WeightReader(const IntegerMatrix& matrix) : matrix_(matrix) {}
    std::int64_t operator()(std::int64_t row, std::int64_t column) const {
        const auto index = static_cast<std::size_t>(row * matrix_.columns() + column);
        return matrix_.narrow().empty() ? matrix_.wide()[index]
                                        : std::int64_t{matrix_.narrow()[index]};
    }

  private:
    const IntegerMatrix& matrix_;
};

std::int64_t entry(const std::vector<std::int64_t>& list, std::int64_t index) {
    return list[list.size() == 1 ? 0 : static_cast<std::size_t>(index)];
}

/// Ranges where column n of the weights [K, N] meets inputs first(n) + k * step.
template <class First>
ProductRanges column_ranges(const IntegerMatrix& weights, const IntegerType& x, First&& first,
                            std::int64_t step, std::string_view op) {
    const WeightReader weight(weights);
    ProductRanges result;
    for (std::int64_t n = 0; n < weights.columns(); ++n) {
        Int128 lo = 0;
        Int128 hi = 0;
        Int128 sum = 0;
        Int128 magnitude = 0; // no partial sum is larger, in any order
        for (std::int64_t k = 0; k < weights.rows(); ++k) {
            const Int128 w = weight(k, n);
            const std::int64_t channel = first(n) + k * step;
            const Int128 a = w * entry(x.lo, channel);
            const Int128 b = w * entry(x.hi, channel);
            lo += std::min(a, b);
            hi += std::max(a, b);
            sum += w;
            magnitude += std::max({a < 0 ? -a : a, b < 0 ? -b : b, w < 0 ? -w : w});
        }
        within_64_bits(magnitude, op);
        result.lo.push_back(static_cast<std::int64_t>(lo));
        result.hi.push_back(static_cast<std::int64_t>(hi));
        result.weight_sum.push_back(static_cast<std::int64_t>(sum));
    }
    return result;
}

/// The accumulators' type but for the grid.
IntegerType accumulators(Shape shape, ProductRanges& ranges, std::string_view op) {
    IntegerType y;
    y.shape = std::move(shape);
    checked_count(y.shape, op);
    y.lo = std::move(ranges.lo);
    y.hi = std::move(ranges.hi);
    return y;
}

} // namespace

std::vector<ValueType> infer(const IntegerMatMul& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    const IntegerMatrix weights(op.weights, op.name);
    if (op.groups < 1 || weights.columns() % op.groups != 0) {
        throw TypeError(fmt::format("{}: {} groups do not divide {} outputs", op.name, op.groups,
                                    weights.columns()));
    }
    if (x.shape.empty() || x.shape.back() % op.groups != 0 ||
        x.shape.back() / op.groups != weights.rows()) {
        throw TypeError(fmt::format("{}: input of shape {} does not fit weights of shape {}, "
                                    "groups = {}",
                                    op.name, to_string(x.shape), to_string(op.weights->shape()),
                                    op.groups));
    }
    require_per_channel(op.weight_scale.size(), weights.columns(), op.name, "the weights' scale");
    const Real& scale = shared_entry(x.grid.scale, op.name, "scale");
    const Real& zero_point = shared_entry(x.grid.zero_point, op.name, "zero point");

    const std::int64_t group_outputs = weights.columns() / op.groups;
    ProductRanges ranges =
        op.groups == 1
            ? product_ranges(weights, x.lo, x.hi, op.name)
            : column_ranges(
                  weights, x, [&](std::int64_t n) { return n / group_outputs * weights.rows(); }, 1,
                  op.name);
    Shape shape = x.shape;
    shape.back() = weights.columns();
    IntegerType y = accumulators(std::move(shape), ranges, op.name);
    y.grid.scale.clear();
    for (const Real& weight_scale : op.weight_scale) {
        y.grid.scale.push_back(scale * weight_scale);
    }
    if (zero_point.sign() != 0) {
        y.grid.zero_point.clear();
        for (const std::int64_t sum : ranges.weight_sum) {
            y.grid.zero_point.push_back(zero_point * Real(sum));
        }
    }
    collapse(y);
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerDepthwise& op, const TypeList& inputs) {
    const IntegerType& x = only_input(inputs, op.name);
    const IntegerMatrix weights(op.weights, op.name);
    const std::size_t rank = x.shape.size();
    if (rank < 2 || x.shape[rank - 2] != weights.rows() || x.shape.back() != weights.columns()) {
        throw TypeError(fmt::format("{}: input of shape {} does not fit weights of shape {}",
                                    op.name, to_string(x.shape), to_string(op.weights->shape())));
    }
    require_per_channel(op.weight_scale.size(), weights.columns(), op.name, "the weights' scale");
    ProductRanges ranges = column_ranges(
        weights, x, [](std::int64_t n) { return n; }, 0, op.name);
    Shape shape = x.shape;
    shape.erase(shape.end() - 2);
    IntegerType y = accumulators(std::move(shape), ranges, op.name);
    const auto channels = static_cast<std::size_t>(weights.columns());
    y.grid = Grid{{}, {}};
    for (std::size_t c = 0; c < channels; ++c) {
        y.grid.scale.push_back(x.grid.scale[x.grid.scale.size() == 1 ? 0 : c] *
                               op.weight_scale[op.weight_scale.size() == 1 ? 0 : c]);
        y.grid.zero_point.push_back(x.grid.zero_point[x.grid.zero_point.size() == 1 ? 0 : c] *
                                    Real(ranges.weight_sum[c]));
    }
    collapse(y);
    return {std::move(y)};
}

std::vector<ValueType> infer(const IntegerDynamicMatMul& op, const TypeList& inputs) {
    require_inputs(inputs, 2, op.name);
    const IntegerType& a = integer_input(inputs, 0, op.name);
    const IntegerType& b = integer_input(inputs, 1, op.name);
    const std::size_t rank = a.shape.size();
    if (rank < 2 || b.shape.size() != rank || b.shape[rank - 2] != a.shape.back() ||
        !std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin())) {
        throw TypeError(fmt::format("{}: shapes {} and {} do not fit", op.name, to_string(a.shape),
                                    to_string(b.shape)));
    }
    const Grid grid_a = shared_grid(a.grid, op.name);
    const Grid grid_b = shared_grid(b.grid, op.name);
    if (grid_a.zero_point.front() != Real(op.zero_a) ||
        grid_b.zero_point.front() != Real(op.zero_b)) {
        throw TypeError(fmt::format("{}: other zero points than the inputs'", op.name));
    }
    Int128 lo = 0;
    Int128 hi = 0;
    bool first = true;
    for (const std::int64_t x : {a.lowest(), a.highest()}) {
        for (const std::int64_t w : {b.lowest(), b.highest()}) {
            const Int128 product = (Int128{x} - op.zero_a) * (Int128{w} - op.zero_b);
            lo = first ? product : std::min(lo, product);
            hi = first ? product : std::max(hi, product);
            first = false;
        }
    }
    IntegerType y;
    y.shape = a.shape;
    y.shape.back() = b.shape.back();
    checked_count(y.shape, op.name);
    y.lo = {within_64_bits(lo * a.shape.back(), op.name)};
    y.hi = {within_64_bits(hi * a.shape.back(), op.name)};
    y.grid.scale = {grid_a.scale.front() * grid_b.scale.front()};
    return {std::move(y)};
}

} // namespace millrace::ops
