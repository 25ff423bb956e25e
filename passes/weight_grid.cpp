// SPDX-License-Identifier: Apache-2.0
#include "passes/weight_grid.hpp"

#include "ir/diagnostics.hpp"

#include "ir/function/exact_function.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace millrace::passes {

namespace {

constexpr std::int64_t lowest_weight = -32768;
constexpr std::int64_t highest_signed_weight = 32767;
constexpr std::int64_t highest_unsigned_weight = 65535;

/// Mantissas of a column (or of everything) at its common exponent.
struct Column {
    std::vector<std::int64_t> values;
    int exponent = 0;
};

bool fits_16_bits(std::int64_t lo, std::int64_t hi) {
    return lo >= 0 ? hi <= highest_unsigned_weight
                   : lo >= lowest_weight && hi <= highest_signed_weight;
}

/// Aligns dyadic numbers to their least exponent; std::nullopt when a mantissa leaves 62 bits.
std::optional<Column> align(const std::vector<Real>& reals) {
    Column column;
    column.exponent = std::numeric_limits<int>::max();
    std::vector<Real::DyadicParts> parts;
    parts.reserve(reals.size());
    for (const Real& real : reals) {
        const auto dyadic = real.dyadic_parts();
        if (!dyadic) {
            return std::nullopt;
        }
        parts.push_back(*dyadic);
        if (dyadic->mantissa != 0) {
            column.exponent = std::min(column.exponent, dyadic->exponent);
        }
    }
    if (column.exponent == std::numeric_limits<int>::max()) {
        column.exponent = 0; // all zero
    }
    for (const Real::DyadicParts& part : parts) {
        const int shift = part.mantissa == 0 ? 0 : part.exponent - column.exponent;
        constexpr std::int64_t limit = std::int64_t{1} << 62;
        if (shift > 62 || std::abs(part.mantissa) > (limit >> shift)) {
            return std::nullopt;
        }
        column.values.push_back(part.mantissa * (std::int64_t{1} << shift));
    }
    return column;
}

std::int64_t common_divisor(const std::vector<std::int64_t>& values) {
    std::int64_t divisor = 0;
    for (const std::int64_t value : values) {
        divisor = std::gcd(divisor, value);
        if (divisor == 1) {
            break;
        }
    }
    return divisor == 0 ? 1 : divisor;
}

WeightGrid make_grid(const Shape& shape, std::vector<std::int32_t> integers,
                     std::vector<Real> scale) {
    if (std::all_of(scale.begin(), scale.end(),
                    [&](const Real& s) { return s == scale.front(); })) {
        scale.resize(1);
    }
    return {Tensor(shape, ScaledIntegers{std::move(integers), {Real(1)}, 0}), std::move(scale)};
}

/// Weights that are integers times one scale already: only common factors are left to find.
std::optional<WeightGrid> from_scaled(const Tensor& weights, const ScaledIntegers& scaled) {
    const auto columns = static_cast<std::size_t>(weights.shape().at(1));
    std::int32_t divisor = 0;
    for (const std::int32_t value : scaled.values) {
        if (divisor == 1) {
            break;
        }
        divisor = std::gcd(divisor, value);
    }
    if (divisor == 0) {
        divisor = 1;
    }
    std::vector<std::int32_t> integers = scaled.values;
    if (divisor != 1) {
        for (std::int32_t& value : integers) {
            value /= divisor;
        }
    }
    const auto [lo, hi] = std::minmax_element(integers.begin(), integers.end());
    if (!fits_16_bits(*lo, *hi)) {
        return std::nullopt;
    }
    std::vector<Real> scale = scaled.scale;
    for (Real& s : scale) {
        s *= Real(divisor);
    }
    if (scale.size() != 1 && scale.size() != columns) {
        throw Defect("weight scales do not match the columns");
    }
    return make_grid(weights.shape(), std::move(integers), std::move(scale));
}

std::optional<WeightGrid> from_column(const Tensor& weights, const Column& column) {
    const std::int64_t divisor = common_divisor(column.values);
    std::vector<std::int32_t> integers;
    integers.reserve(column.values.size());
    const auto [lo, hi] = std::minmax_element(column.values.begin(), column.values.end());
    if (!fits_16_bits(*lo / divisor, *hi / divisor)) {
        return std::nullopt;
    }
    for (const std::int64_t value : column.values) {
        integers.push_back(static_cast<std::int32_t>(value / divisor));
    }
    return make_grid(weights.shape(), std::move(integers),
                     {Real(divisor) * Real::dyadic(1, column.exponent)});
}

} // namespace

std::optional<WeightGrid> find_weight_grid(const Tensor& weights) {
    if (weights.rank() != 2 || weights.size() == 0) {
        throw Defect("weights must be a matrix");
    }
    const ScaledIntegers* scaled = weights.scaled();
    if (scaled != nullptr && (scaled->scale.size() == 1 || scaled->axis == 1)) {
        if (auto grid = from_scaled(weights, *scaled)) {
            return grid;
        }
    }
    const std::vector<Real> reals = weights.to_reals();
    if (const auto whole = align(reals)) {
        if (auto grid = from_column(weights, *whole)) {
            return grid;
        }
    }
    // Column by column.
    const auto rows = static_cast<std::size_t>(weights.shape()[0]);
    const auto columns = static_cast<std::size_t>(weights.shape()[1]);
    std::vector<std::int32_t> integers(reals.size());
    std::vector<Real> scale;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    for (std::size_t n = 0; n < columns; ++n) {
        std::vector<Real> column;
        column.reserve(rows);
        for (std::size_t k = 0; k < rows; ++k) {
            column.push_back(reals[k * columns + n]);
        }
        const auto aligned = align(column);
        if (!aligned) {
            return std::nullopt;
        }
        const std::int64_t divisor = common_divisor(aligned->values);
        for (std::size_t k = 0; k < rows; ++k) {
            const std::int64_t value = aligned->values[k] / divisor;
            lowest = std::min(lowest, value);
            highest = std::max(highest, value);
            if (!fits_16_bits(lowest, highest)) {
                return std::nullopt;
            }
            integers[k * columns + n] = static_cast<std::int32_t>(value);
        }
        scale.push_back(Real(divisor) * Real::dyadic(1, aligned->exponent));
    }
    return make_grid(weights.shape(), std::move(integers), std::move(scale));
}

Tensor scale_inputs(const Tensor& weights, const Grid& grid, std::int64_t groups,
                    std::vector<Real>& offsets) {
    std::vector<Real> values = weights.to_reals();
    const auto rows = static_cast<std::size_t>(weights.shape()[0]);
    const auto columns = static_cast<std::size_t>(weights.shape()[1]);
    const std::size_t group_columns = columns / static_cast<std::size_t>(groups);
    offsets.assign(columns, Real(0));
    for (std::size_t k = 0; k < rows; ++k) {
        for (std::size_t n = 0; n < columns; ++n) {
            const std::size_t input = n / group_columns * rows + k;
            Real& value = values[k * columns + n];
            value *= channel_parameter(grid.scale, input);
            offsets[n] += -(value * channel_parameter(grid.zero_point, input));
        }
    }
    return {weights.shape(), std::move(values)};
}

} // namespace millrace::passes
