// SPDX-License-Identifier: Apache-2.0
//
// The extreme sums come from two plain ones. With s = lo + hi and d = hi - lo >= 0,
//
//   max(w * lo, w * hi) = (w * s + |w| * d) / 2,   min(w * lo, w * hi) = (w * s - |w| * d) / 2,
//
// so that per column M = sum of w * s and R = sum of |w| * d give the range [(M - R) / 2,
// (M + R) / 2], with M and R of equal parity. These sums have no branches: they run along the rows
// of a tile of columns in 32-bit lanes, which compilers vectorise, over so few rows at a time
// that 32 bits hold them, and are then added up in 64 bits.
//
// Weights or ranges too large for that go through a plain loop; only where 64 bits could overflow
// at all are the sums of absolute products first taken in 128 bits and compared with the limit.
#include "ir/ops/integer_matrix.hpp"

#include "ir/rounding.hpp"
#include "ir/type.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <tuple>

namespace millrace::ops {

namespace {

constexpr Int128 limit = Int128{1} << 62;
constexpr std::size_t run = 64;    // columns or elements of one vectorised loop
constexpr std::size_t tile = 1024; // columns whose sums stay in the first cache

Int128 magnitude(std::int64_t value) { return value < 0 ? -Int128{value} : Int128{value}; }

template <class T> std::pair<T, T> extremes(std::span<const T> values) {
    T lowest = values.front();
    T highest = values.front();
    while (values.size() >= run) { // a fixed count vectorises
        for (std::size_t i = 0; i < run; ++i) {
            lowest = values[i] < lowest ? values[i] : lowest;
            highest = values[i] > highest ? values[i] : highest;
        }
        values = values.subspan(run);
    }
    for (const T value : values) {
        lowest = std::min(lowest, value);
        highest = std::max(highest, value);
    }
    return {lowest, highest};
}

/// The range of x[k].
struct Interval {
    std::int64_t lo;
    std::int64_t hi;
};

/// Sums of one tile of columns over a block of rows.
struct TileSums {
    std::array<std::int32_t, tile> plain{};    ///< of w
    std::array<std::int32_t, tile> shifted{};  ///< of w * s
    std::array<std::int32_t, tile> absolute{}; ///< of |w| * d
};

/// Calls add(j) for all j below width, mostly in runs of a fixed length, which vectorise.
template <class Add> inline void for_each_column(std::size_t width, Add add) {
    std::size_t j = 0;
    for (; j + run <= width; j += run) {
        for (std::size_t i = 0; i < run; ++i) {
            add(j + i);
        }
    }
    for (; j < width; ++j) {
        add(j);
    }
}

/// Without s and d: one range serves all rows, and they are factored out of the sums.
inline void add_row(TileSums& sums, const std::int32_t* row, std::size_t width) {
    for_each_column(width, [&](std::size_t j) {
        sums.plain[j] += row[j];
        sums.absolute[j] += std::abs(row[j]);
    });
}

inline void add_row(TileSums& sums, const std::int32_t* row, std::size_t width, std::int32_t s,
                    std::int32_t d) {
    for_each_column(width, [&](std::size_t j) {
        sums.plain[j] += row[j];
        sums.shifted[j] += row[j] * s;
        sums.absolute[j] += std::abs(row[j]) * d;
    });
}

/// The tiled sums, `block` rows at a time in 32 bits.
void tiled_ranges(std::span<const std::int32_t> weights, std::size_t rows, std::size_t columns,
                  const std::vector<Interval>& x, std::size_t block, ProductRanges& result) {
    const bool shared = x.size() == 1;
    for (std::size_t first = 0; first < columns; first += tile) {
        const std::size_t width = std::min(tile, columns - first);
        std::array<std::int64_t, tile> shifted{};
        std::array<std::int64_t, tile> absolute{};
        for (std::size_t start = 0; start < rows; start += block) {
            TileSums sums;
            const std::size_t end = std::min(rows, start + block);
            for (std::size_t k = start; k < end; ++k) {
                const std::int32_t* const row = weights.data() + k * columns + first;
                if (shared) {
                    add_row(sums, row, width);
                } else {
                    add_row(sums, row, width, static_cast<std::int32_t>(x[k].lo + x[k].hi),
                            static_cast<std::int32_t>(x[k].hi - x[k].lo));
                }
            }
            for (std::size_t j = 0; j < width; ++j) {
                result.weight_sum[first + j] += sums.plain[j];
                shifted[j] += sums.shifted[j];
                absolute[j] += sums.absolute[j];
            }
        }
        for (std::size_t j = 0; j < width; ++j) {
            const Interval& all = x.front();
            const std::int64_t m =
                shared ? result.weight_sum[first + j] * (all.lo + all.hi) : shifted[j];
            const std::int64_t r = shared ? absolute[j] * (all.hi - all.lo) : absolute[j];
            result.lo[first + j] = (m - r) / 2;
            result.hi[first + j] = (m + r) / 2;
        }
    }
}

template <class T>
void plain_ranges(std::span<const T> weights, std::size_t rows, std::size_t columns,
                  const std::vector<Interval>& x, ProductRanges& result) {
    for (std::size_t k = 0; k < rows; ++k) {
        const Interval& range = x[x.size() == 1 ? 0 : k];
        for (std::size_t n = 0; n < columns; ++n) {
            const std::int64_t weight = weights[k * columns + n];
            const std::int64_t a = weight * range.lo;
            const std::int64_t b = weight * range.hi;
            result.lo[n] += std::min(a, b);
            result.hi[n] += std::max(a, b);
            result.weight_sum[n] += weight;
        }
    }
}

/// Checks every column's sum of absolute products, and of absolute weights, against the limit. Sums
/// of numbers that are not negative only grow, so that stopping at the first excess is exact.
template <class T>
void check_limit(std::span<const T> weights, std::size_t rows, std::size_t columns,
                 const std::vector<Interval>& x, std::string_view op) {
    for (std::size_t n = 0; n < columns; ++n) {
        Int128 sum = 0;
        for (std::size_t k = 0; k < rows; ++k) {
            const Interval& range = x[x.size() == 1 ? 0 : k];
            const Int128 factor = std::max({magnitude(range.lo), magnitude(range.hi), Int128{1}});
            sum += magnitude(weights[k * columns + n]) * factor;
            if (sum > limit) {
                throw TypeError(fmt::format(
                    "{}: the accumulator of channel {} needs more than 62 bits", op, n));
            }
        }
    }
}

} // namespace

IntegerMatrix::IntegerMatrix(const TensorPtr& tensor, std::string_view op) : tensor_(tensor) {
    if (tensor == nullptr || tensor->rank() != 2) {
        throw TypeError(fmt::format("{}: the weights must be a constant matrix", op));
    }
    rows_ = tensor->shape()[0];
    columns_ = tensor->shape()[1];
    const ScaledIntegers* scaled = tensor->scaled();
    if (scaled != nullptr && scaled->scale.size() == 1 && scaled->scale.front() == Real(1)) {
        narrow_ = scaled->values;
    } else if (auto integers = tensor->to_int64()) {
        wide_ = std::move(*integers);
    } else {
        throw TypeError(fmt::format("{}: the weights must be integers", op));
    }
    if (!narrow_.empty()) {
        std::tie(lowest_, highest_) = extremes(narrow_);
    } else if (!wide_.empty()) {
        std::tie(lowest_, highest_) = extremes(std::span<const std::int64_t>(wide_));
    }
}

bool IntegerMatrix::contains(std::int64_t value) const {
    return std::find(narrow_.begin(), narrow_.end(), value) != narrow_.end() ||
           std::find(wide_.begin(), wide_.end(), value) != wide_.end();
}

ProductRanges product_ranges(const IntegerMatrix& weights, const std::vector<std::int64_t>& lo,
                             const std::vector<std::int64_t>& hi, std::string_view op) {
    const auto rows = static_cast<std::size_t>(weights.rows());
    const auto columns = static_cast<std::size_t>(weights.columns());
    std::vector<Interval> x(std::max(lo.size(), hi.size()));
    double largest = 1; // of |x|
    for (std::size_t k = 0; k < x.size(); ++k) {
        x[k] = {lo[lo.size() == 1 ? 0 : k], hi[hi.size() == 1 ? 0 : k]};
        largest = std::max({largest, std::abs(static_cast<double>(x[k].lo)),
                            std::abs(static_cast<double>(x[k].hi))});
    }
    const double weight = std::max({1.0, std::abs(static_cast<double>(weights.lowest())),
                                    std::abs(static_cast<double>(weights.highest()))});

    ProductRanges result{std::vector<std::int64_t>(columns), std::vector<std::int64_t>(columns),
                         std::vector<std::int64_t>(columns)};
    // Rows whose sums fit 32 bits: |s| and d are at most 2 * largest. Shared ranges stay out of
    // the 32-bit sums. The doubles are exact or rounded far below the margins left here.
    const double row_bound = weight * (x.size() == 1 ? 1 : 2 * largest);
    const double block = std::floor(0x1p30 / row_bound);
    const double bound = 2 * weight * largest * static_cast<double>(std::max<std::size_t>(rows, 1));
    constexpr double fewest_rows = 8; // below, the plain loop is as fast
    constexpr double most_rows = 0x1p20;
    if (!weights.narrow().empty() && bound < 0x1p61 && block >= fewest_rows) {
        tiled_ranges(weights.narrow(), rows, columns, x,
                     static_cast<std::size_t>(std::min(block, most_rows)), result);
        return result;
    }
    const auto plain = [&]<class T>(std::span<const T> elements) {
        if (!(bound < 0x1p61)) {
            check_limit(elements, rows, columns, x, op);
        }
        plain_ranges(elements, rows, columns, x, result);
    };
    if (!weights.narrow().empty()) {
        plain(weights.narrow());
    } else {
        plain(weights.wide());
    }
    return result;
}

} // namespace millrace::ops
