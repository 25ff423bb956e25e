// SPDX-License-Identifier: Apache-2.0
//
// Exact matrix products. Nearly every operand is integers times a scale: scaled integers are that
// already, floats and dyadic reals become it when their mantissas are shifted to the tensor's
// smallest exponent, as long as 64 bits hold them. The sums of products are then integer sums, in
// 32 or 64 bits when K * max|a| * max|b| fits and in 128 bits otherwise (two 64-bit factors give
// 126 bits, and K < 2^62 is checked, too). Real arithmetic is left for numbers that are not dyadic
// or spread over more than 63 binary places.
#include "ir/ops/matmul.hpp"

#include "ir/ops/elementwise.hpp"
#include "ir/ops/inference.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace::ops {

namespace {

/// The product as a batch of matrices: result[batch][M, N] = a[batch_a][M, K] * b[batch_b][K, N].
struct Dimensions {
    Shape batch;
    Shape batch_a;
    Shape batch_b;
    std::int64_t rows = 1;    // M
    std::int64_t inner = 1;   // K
    std::int64_t columns = 1; // N
    Shape result;
};

Dimensions dimensions_of(const Shape& a, const Shape& b) {
    if (a.empty() || b.empty()) {
        throw TypeError("matmul of a scalar");
    }
    Dimensions d;
    if (a.size() > 1) {
        d.batch_a.assign(a.begin(), a.end() - 2);
        d.rows = a[a.size() - 2];
    }
    d.inner = a.back();
    std::int64_t inner_b = b.back();
    if (b.size() > 1) {
        d.batch_b.assign(b.begin(), b.end() - 2);
        d.columns = b.back();
        inner_b = b[b.size() - 2];
    }
    if (d.inner != inner_b) {
        throw TypeError(fmt::format("matmul: shapes {} and {} do not fit, {} columns meet {} rows",
                                    to_string(a), to_string(b), d.inner, inner_b));
    }
    d.batch = broadcast_inputs(d.batch_a, d.batch_b, MatMul::name);
    d.result = d.batch;
    if (a.size() > 1) {
        d.result.push_back(d.rows);
    }
    if (b.size() > 1) {
        d.result.push_back(d.columns);
    }
    checked_count(d.result, MatMul::name);
    return d;
}

/// Integers times one scale, or one per index of the last axis: the elements of an operand.
struct Integers {
    const std::vector<std::int32_t>* small = nullptr; ///< an operand's own integers, or else:
    std::vector<std::int64_t> wide;
    std::vector<Real> scale{Real(1)};
    std::uint64_t largest = 0; ///< magnitude
};

std::int64_t bit_length(std::uint64_t value) {
    return static_cast<std::int64_t>(std::bit_width(value));
}

template <class T> std::uint64_t largest_magnitude(const std::vector<T>& values) {
    T low = 0;
    T high = 0;
    for (const T value : values) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    return std::max(static_cast<std::uint64_t>(high),
                    ~static_cast<std::uint64_t>(static_cast<std::int64_t>(low)) + 1);
}

/// Elements at a common exponent; parts(i) gives the i-th element's mantissa and exponent.
template <class Parts> std::optional<Integers> aligned(std::int64_t size, Parts&& parts) {
    int lowest = std::numeric_limits<int>::max();
    for (std::int64_t i = 0; i < size; ++i) {
        const std::optional<Real::DyadicParts> p = parts(i);
        if (!p) {
            return std::nullopt;
        }
        if (p->mantissa != 0) {
            lowest = std::min(lowest, p->exponent);
        }
    }
    Integers result;
    result.wide.reserve(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) {
        const Real::DyadicParts p = *parts(i);
        if (p.mantissa == 0) {
            result.wide.push_back(0);
            continue;
        }
        const std::int64_t shift = std::int64_t{p.exponent} - lowest;
        const std::uint64_t magnitude = p.mantissa < 0 ? ~static_cast<std::uint64_t>(p.mantissa) + 1
                                                       : static_cast<std::uint64_t>(p.mantissa);
        if (shift + bit_length(magnitude) > 63) {
            return std::nullopt;
        }
        result.wide.push_back(p.mantissa * (std::int64_t{1} << shift));
    }
    if (lowest != std::numeric_limits<int>::max()) {
        result.scale = {Real::dyadic(1, lowest)};
    }
    result.largest = largest_magnitude(result.wide);
    return result;
}

/// A finite float as an odd mantissa (or zero) and its exponent, from its bits.
Real::DyadicParts parts_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t fraction = bits & 0x7fffff;
    const auto biased = static_cast<int>(bits >> 23 & 0xff);
    const std::uint32_t magnitude = biased == 0 ? fraction : fraction | 0x800000;
    if (magnitude == 0) {
        return {0, 0};
    }
    const int zeros = std::countr_zero(magnitude);
    const std::int64_t odd = magnitude >> zeros;
    return {bits >> 31 != 0 ? -odd : odd, std::max(biased, 1) - 150 + zeros};
}

/// The operand as integers; scales per index of the last axis only where `last_axis` allows them.
std::optional<Integers> integers_of(const Tensor& tensor, bool last_axis) {
    if (const auto* q = tensor.scaled()) {
        if (q->scale.size() == 1 || (last_axis && q->axis == tensor.rank() - 1)) {
            return Integers{&q->values, {}, q->scale, largest_magnitude(q->values)};
        }
    }
    if (const auto* floats = tensor.floats()) {
        return aligned(tensor.size(), [&](std::int64_t i) -> std::optional<Real::DyadicParts> {
            return parts_of((*floats)[static_cast<std::size_t>(i)]);
        });
    }
    if (const auto* reals = tensor.reals()) {
        return aligned(tensor.size(), [&](std::int64_t i) {
            return (*reals)[static_cast<std::size_t>(i)].dyadic_parts();
        });
    }
    return aligned(tensor.size(), [&](std::int64_t i) { return tensor.at(i).dyadic_parts(); });
}

/// Calls f(batch in a, batch in b, batch in the result).
template <class F> void for_each_batch(const Dimensions& d, F&& f) {
    const BroadcastIndex in_a(d.batch_a, d.batch);
    const BroadcastIndex in_b(d.batch_b, d.batch);
    const std::int64_t count = element_count(d.batch);
    for (std::int64_t i = 0; i < count; ++i) {
        f(in_a(i), in_b(i), i);
    }
}

/// All sums of products in the type Sum, which must hold them and the products.
template <class Sum, class A, class B>
std::vector<Sum> multiplied(const Dimensions& d, const A* a, const B* b) {
    std::vector<Sum> result(static_cast<std::size_t>(element_count(d.result)));
    for_each_batch(d, [&](std::int64_t batch_a, std::int64_t batch_b, std::int64_t batch) {
        for (std::int64_t m = 0; m < d.rows; ++m) {
            const A* row = a + (batch_a * d.rows + m) * d.inner;
            Sum* sums = result.data() + (batch * d.rows + m) * d.columns;
            for (std::int64_t k = 0; k < d.inner; ++k) {
                if (row[k] == 0) {
                    continue;
                }
                const A factor = row[k];
                const B* weights = b + (batch_b * d.inner + k) * d.columns;
                for (std::int64_t n = 0; n < d.columns; ++n) {
                    sums[n] += static_cast<Sum>(factor) * static_cast<Sum>(weights[n]);
                }
            }
        }
    });
    return result;
}

template <class Sum>
std::vector<Sum> multiplied(const Dimensions& d, const Integers& a, const Integers& b) {
    if (a.small != nullptr) {
        return b.small != nullptr ? multiplied<Sum>(d, a.small->data(), b.small->data())
                                  : multiplied<Sum>(d, a.small->data(), b.wide.data());
    }
    return b.small != nullptr ? multiplied<Sum>(d, a.wide.data(), b.small->data())
                              : multiplied<Sum>(d, a.wide.data(), b.wide.data());
}

Real to_real(Int128 value) {
    if (value == static_cast<std::int64_t>(value)) {
        return {static_cast<std::int64_t>(value)};
    }
    const auto high = static_cast<std::int64_t>(value >> 64);
    const auto middle = static_cast<std::int64_t>((value >> 32) & 0xffffffff);
    const auto low = static_cast<std::int64_t>(value & 0xffffffff);
    return Real::dyadic(high, 64) + Real::dyadic(middle, 32) + Real(low);
}

/// Sums times scales: scaled integers where 32 bits hold the sums.
template <class Sum>
Tensor scaled_sums(const Dimensions& d, const std::vector<Sum>& sums,
                   const std::vector<Real>& scale) {
    const bool fits = std::all_of(sums.begin(), sums.end(),
                                  [](Sum sum) { return sum == static_cast<std::int32_t>(sum); });
    if (fits) {
        const std::int64_t last = static_cast<std::int64_t>(d.result.size()) - 1;
        ScaledIntegers q{{}, scale, scale.size() == 1 ? 0 : last};
        q.values.reserve(sums.size());
        for (const Sum sum : sums) {
            q.values.push_back(static_cast<std::int32_t>(sum));
        }
        return {d.result, std::move(q)};
    }
    std::vector<Real> result;
    result.reserve(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
        result.push_back(to_real(sums[i]) *
                         value_at(scale, i % static_cast<std::size_t>(d.columns)));
    }
    return {d.result, std::move(result)};
}

Tensor integer_product(const Dimensions& d, const Integers& a, const Integers& b) {
    std::vector<Real> scale;
    scale.reserve(b.scale.size());
    for (const Real& column : b.scale) {
        scale.push_back(a.scale.front() * column);
    }
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a.largest} * b.largest;
    const auto count = static_cast<Wide>(std::max<std::int64_t>(d.inner, 1));
    const auto bounded_by = [&](std::int64_t limit) {
        return product <= static_cast<Wide>(limit) / count;
    };
    if (bounded_by(std::numeric_limits<std::int32_t>::max()) && a.small != nullptr &&
        b.small != nullptr) {
        return scaled_sums(d, multiplied<std::int32_t>(d, a, b), scale);
    }
    if (bounded_by(std::numeric_limits<std::int64_t>::max())) {
        return scaled_sums(d, multiplied<std::int64_t>(d, a, b), scale);
    }
    return scaled_sums(d, multiplied<Int128>(d, a, b), scale);
}

/// Whether 128 bits hold every sum.
bool sums_fit(const Dimensions& d, const Integers& a, const Integers& b) {
    return bit_length(a.largest) + bit_length(b.largest) +
               bit_length(static_cast<std::uint64_t>(d.inner)) <=
           127;
}

Tensor real_product(const Dimensions& d, const Tensor& a, const Tensor& b) {
    const std::vector<Real> x = a.to_reals();
    const std::vector<Real> w = b.to_reals();
    std::vector<Real> result(static_cast<std::size_t>(element_count(d.result)));
    for_each_batch(d, [&](std::int64_t batch_a, std::int64_t batch_b, std::int64_t batch) {
        for (std::int64_t m = 0; m < d.rows; ++m) {
            for (std::int64_t k = 0; k < d.inner; ++k) {
                const Real& factor =
                    x[static_cast<std::size_t>((batch_a * d.rows + m) * d.inner + k)];
                for (std::int64_t n = 0; n < d.columns; ++n) {
                    result[static_cast<std::size_t>((batch * d.rows + m) * d.columns + n)] +=
                        factor *
                        w[static_cast<std::size_t>((batch_b * d.inner + k) * d.columns + n)];
                }
            }
        }
    });
    return {d.result, std::move(result)};
}

} // namespace

std::vector<ValueType> infer(const MatMul& /*op*/, const TypeList& inputs) {
    require_inputs(inputs, 2, MatMul::name);
    const RealType& a = inputs.real(0);
    return {RealType{dimensions_of(a.shape, inputs.real(1).shape).result, a.element}};
}

std::vector<Tensor> evaluate(const MatMul& /*op*/, const TensorList& inputs) {
    const Tensor& a = *inputs.at(0);
    const Tensor& b = *inputs.at(1);
    const Dimensions d = dimensions_of(a.shape(), b.shape());
    if (const auto x = integers_of(a, false)) {
        if (const auto w = integers_of(b, b.rank() > 1); w && sums_fit(d, *x, *w)) {
            return {integer_product(d, *x, *w)};
        }
    }
    return {real_product(d, a, b)};
}

} // namespace millrace::ops
