// SPDX-License-Identifier: Apache-2.0
//
// quantize and multi_threshold.
//
//   zero_point_last = false: q = round(clamp(x / scale + zero_point, lo, hi))
//   zero_point_last = true:  q = clamp(round(x / scale) + zero_point, lo, hi)
//   y = (q - zero_point) * scale
//
// with lo = -2^(bits-1) + narrow and hi = 2^(bits-1) - 1 when signed, lo = 0 and
// hi = 2^bits - 1 - narrow when not, no clamp without bits, and for one signed bit +1 where
// x / scale + zero_point >= 0, else -1.
//
// A clamp acts only where the number is certainly beyond the bound. Where that is not certain the
// bound lies in the number's interval, and rounding the whole interval decides or does not.
#include "runtime/host/operation.hpp"

#include <array>
#include <cmath>

namespace millrace::runtime::host {

namespace {

Rounding rounding_of(const JsonField& field) {
    struct Name {
        std::string_view name;
        Rounding mode;
    };
    constexpr std::array names{Name{"half_even", Rounding::half_even},
                               Name{"half_up", Rounding::half_up},
                               Name{"half_down", Rounding::half_down},
                               Name{"floor", Rounding::floor},
                               Name{"ceil", Rounding::ceil},
                               Name{"up", Rounding::up},
                               Name{"down", Rounding::down}};
    for (const Name& entry : names) {
        if (field.string() == entry.name) {
            return entry.mode;
        }
    }
    throw Error(ErrorKind::unsupported,
                field.path() + ": this runtime has no rounding \"" + field.string() + "\"");
}

/// 2^bits, by nested square roots of 2 for the fraction.
template <class A> typename A::Number power_of_two(const A& a, double bits) {
    using N = typename A::Number;
    const double whole = std::floor(bits);
    N result(std::ldexp(1.0, static_cast<int>(whole)));
    N root(2.0);
    for (double fraction = bits - whole; fraction != 0;) {
        root = a.root(root);
        fraction *= 2;
        if (fraction >= 1) {
            result = a.multiply(result, root);
            fraction -= 1;
        }
    }
    return result;
}

template <class N> struct Bounds {
    N low;
    N high;
};

struct Quantizer {
    Constant scale;
    Constant zero_point;
    std::vector<double> bits; ///< empty: no clamp
    Shape bits_shape;
    bool is_signed;
    bool narrow;
    bool zero_point_last;
    Rounding rounding;

    template <class A> Bounds<typename A::Number> bounds(const A& a, double width) const {
        using N = typename A::Number;
        const N removed(narrow ? 1.0 : 0.0);
        const N one(1.0);
        if (is_signed) {
            const N half = power_of_two(a, width - 1);
            return {a.subtract(removed, half), a.subtract(half, one)};
        }
        return {N(), a.subtract(a.subtract(power_of_two(a, width), one), removed)};
    }

    /// -1, 0 or 1 for a number that is certainly below, maybe within, or certainly above.
    template <class A, class N> static int side(const A& a, const N& x, const Bounds<N>& bounds) {
        try {
            if (a.compare(x, bounds.low) < 0) {
                return -1;
            }
        } catch (const Undecided&) {
            return 0;
        }
        try {
            return a.compare(x, bounds.high) > 0 ? 1 : 0;
        } catch (const Undecided&) {
            return 0;
        }
    }

    /// q - zero_point.
    template <class A, class N>
    N level(const A& a, const N& x, const N& s, const N& z, const Bounds<N>* limits,
            bool binary) const {
        const N v = a.divide(x, s);
        const auto rounded = [&](const N& number, const Bounds<N>* within) {
            const int beyond = within != nullptr ? side(a, number, *within) : 0;
            return N::integer(a.round(beyond < 0   ? within->low
                                      : beyond > 0 ? within->high
                                                   : number,
                                      rounding));
        };
        if (binary) {
            return a.subtract(N(a.sign(a.add(v, z)) >= 0 ? 1.0 : -1.0), z);
        }
        if (!zero_point_last) {
            return a.subtract(rounded(a.add(v, z), limits), z);
        }
        if (limits == nullptr) {
            return rounded(v, nullptr);
        }
        // Beyond the integers around the bounds nothing changes; held there, rounding cannot
        // overflow.
        const N one(1.0);
        const Bounds<N> wide{
            a.subtract(N::integer(a.round(a.subtract(limits->low, z), Rounding::floor)), one),
            a.add(N::integer(a.round(a.subtract(limits->high, z), Rounding::ceil)), one)};
        const N q = a.add(rounded(v, &wide), z);
        const N& raised = a.compare(q, limits->low) < 0 ? limits->low : q;
        const N& held = a.compare(raised, limits->high) > 0 ? limits->high : raised;
        return a.subtract(held, z);
    }

    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        std::vector<Bounds<N>> limits;
        for (const double width : bits) {
            limits.push_back(bounds(a, width));
        }
        const bool uniform = scale.size() == 1 && zero_point.size() == 1 && bits.size() <= 1;
        const auto indices = [&](const Shape& shape) {
            return uniform ? std::vector<std::size_t>() : broadcast_indices(shape, x.shape);
        };
        const std::vector<std::size_t> in_scale = indices(scale.shape());
        const std::vector<std::size_t> in_zero_point = indices(zero_point.shape());
        const std::vector<std::size_t> in_bits = indices(bits_shape);
        Tensor<N> result(x.shape);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t b = uniform ? 0 : in_bits[i];
            const N s = scale.at(a, uniform ? 0 : in_scale[i]);
            const N z = zero_point.at(a, uniform ? 0 : in_zero_point[i]);
            const Bounds<N>* within = limits.empty() ? nullptr : &limits[b];
            const bool binary = is_signed && !bits.empty() && bits[b] == 1;
            result.values[i] = a.multiply(level(a, x.values[i], s, z, within, binary), s);
        }
        return only(std::move(result));
    }
};

std::unique_ptr<Operation> make_quantize(const StepContext& step) {
    const JsonField& fields = step.fields;
    Quantizer quantizer{Constant(fields["scale"]),
                        Constant(fields["zero_point"]),
                        {},
                        {},
                        fields["signed"].boolean(),
                        fields["narrow"].boolean(),
                        fields["zero_point_last"].boolean(),
                        rounding_of(fields["rounding"])};
    for (std::size_t i = 0; i < quantizer.scale.size(); ++i) {
        if (quantizer.scale.at(QuickArithmetic(), i).hi == 0) {
            fields["scale"].fail("a scale is zero");
        }
    }
    if (const JsonField bits = fields["bits"]; !bits.is_null()) {
        const Constant widths(bits);
        quantizer.bits_shape = widths.shape();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const BoundedReal& width = widths.at(QuickArithmetic(), i);
            if (!width.exact() || width.lo != 0 || !(width.hi > 0 && width.hi <= 62)) {
                bits.fail("a number of bits that is not in (0, 62]");
            }
            quantizer.bits.push_back(width.hi);
        }
    }
    return operation(std::move(quantizer));
}

struct MultiThreshold {
    Constant thresholds;
    Constant out_scale;
    Constant out_bias;
    std::int64_t channel_axis;

    template <class A> Results<A> operator()(const A& a, const Inputs<A>& inputs) const {
        using N = typename A::Number;
        const Tensor<N>& x = *inputs[0];
        const auto rows = static_cast<std::size_t>(thresholds.shape()[0]);
        const auto steps = static_cast<std::size_t>(thresholds.shape()[1]);
        std::size_t inner = x.size();
        if (rows != 1) {
            const std::size_t axis = checked_axis(channel_axis, x.shape);
            if (static_cast<std::size_t>(x.shape[axis]) != rows) {
                misfit(std::to_string(rows) + " rows of thresholds for shape " +
                       to_string(x.shape));
            }
            inner = static_cast<std::size_t>(strides_of(x.shape)[axis]);
        }
        const N scale = out_scale.at(a, 0);
        const N bias = out_bias.at(a, 0);
        Tensor<N> result(x.shape);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t row = i / std::max<std::size_t>(inner, 1) % rows;
            // Rows ascend: the thresholds that x reaches are a prefix.
            std::size_t reached = 0;
            for (std::size_t above = steps; reached < above;) {
                const std::size_t middle = reached + (above - reached) / 2;
                if (a.compare(x.values[i], thresholds.at(a, row * steps + middle)) >= 0) {
                    reached = middle + 1;
                } else {
                    above = middle;
                }
            }
            const N count = N::integer(static_cast<std::int64_t>(reached));
            result.values[i] = a.add(a.multiply(scale, count), bias);
        }
        return only(std::move(result));
    }
};

std::unique_ptr<Operation> make_multi_threshold(const StepContext& step) {
    const JsonField& fields = step.fields;
    MultiThreshold result{Constant(fields["thresholds"]), Constant(number_of(fields["out_scale"])),
                          Constant(number_of(fields["out_bias"])),
                          fields["channel_axis"].integer()};
    const Shape& shape = result.thresholds.shape();
    if (shape.size() != 2 || shape[0] < 1) {
        fields["thresholds"].fail("shape " + to_string(shape) + " has not one row per channel");
    }
    return operation(std::move(result));
}

} // namespace

const std::vector<OperationEntry>& quantizer_operations() {
    static const std::vector<OperationEntry> entries{{"quantize", 1, make_quantize},
                                                     {"multi_threshold", 1, make_multi_threshold}};
    return entries;
}

} // namespace millrace::runtime::host
