// SPDX-License-Identifier: Apache-2.0
//
// The integer level: exact integer operators, channels last.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/type.hpp"

namespace millrace::ops {

/// x [..., groups * K] times the constant integer weights [K, N]: output n belongs to group
/// g = n / (N / groups), and acc[n] = sum over k of x[g * K + k] * w[k, n].
/// Exact in 64 bits; the result's range is, per channel, the sum of the extreme products of the
/// actual weights with the input's per-channel range. The result's grid is
/// scale = x.scale * weight_scale[n] and zero_point[n] = x.zero_point * sum over k of w[k, n],
/// which needs one scale and one zero point for all of x.
struct IntegerMatMul {
    TensorPtr weights;
    std::vector<Real> weight_scale{Real(1)}; ///< one, or one per n
    std::int64_t groups = 1;
    static constexpr std::string_view name = "integer_matmul";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("weight_scale", self.weight_scale);
        visit("groups", self.groups);
    }
};

/// x [..., T, C] with the constant integer weights [T, C]: acc[c] = sum over t of x[t, c] * w[t,
/// c]; the result is [..., C]. Range and grid as IntegerMatMul's, the input's grid may differ by
/// channel.
struct IntegerDepthwise {
    TensorPtr weights;
    std::vector<Real> weight_scale{Real(1)}; ///< one, or one per c
    static constexpr std::string_view name = "integer_depthwise";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("weight_scale", self.weight_scale);
    }
};

/// a [..., M, K] times b [..., K, N], both computed, with the same leading dimensions:
/// y[m, n] = sum over k of (a[m, k] - zero_a) * (b[k, n] - zero_b). Grids: one scale each, zero
/// points zero_a and zero_b; the result's scale is their product, its zero point 0.
struct IntegerDynamicMatMul {
    std::int64_t zero_a = 0;
    std::int64_t zero_b = 0;
    static constexpr std::string_view name = "integer_dynamic_matmul";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("zero_a", self.zero_a);
        visit("zero_b", self.zero_b);
    }
};

/// y[c] = f_c(x[c]), one exact integer function per channel (bias, normalisation, activation and
/// quantizer in one). The result's range is what f reaches on the input's range.
struct IntegerFunction {
    std::shared_ptr<const ExactFunction> function;
    Grid grid; ///< of the result
    static constexpr std::string_view name = "integer_function";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("function", self.function);
        visit("grid", self.grid);
    }
};

/// Indices (and values) of the k largest or smallest elements along the last axis, best first;
/// ties to the lower index, or with last_index to the higher one. Outputs: indices, and values when
/// with_values.
struct IntegerTopK {
    std::int64_t k = 1;
    bool largest = true;
    bool last_index = false;
    bool with_values = false;
    static constexpr std::string_view name = "integer_topk";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("k", self.k);
        visit("largest", self.largest);
        visit("last_index", self.last_index);
        visit("with_values", self.with_values);
    }
};

/// The same integers in row-major order under another shape. Where the last axis becomes a multiple
/// of the old one, ranges and grids per channel repeat; else ranges become their hull, and what
/// comes to one channel of the result must have one grid.
struct IntegerReshape {
    Shape shape;
    static constexpr std::string_view name = "integer_reshape";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
    }
};

/// Elements of the input by nested loops, the first outermost: the j-th element of the result, in
/// row-major order of `counts`, is element offset + sum over i of index_i * strides[i] of the
/// input's row-major order; `shape` is the result's, of the same count. Sliding windows,
/// transposes, slices, repetition (stride 0) and interleaving are all this op. Ranges and grid stay
/// per channel where each index along the result's last axis comes from one channel; else ranges
/// become their hull, and what comes to one channel of the result must have one grid.
struct IntegerRearrange {
    Shape shape;
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> strides; ///< none negative
    std::int64_t offset = 0;
    static constexpr std::string_view name = "integer_rearrange";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
        visit("counts", self.counts);
        visit("strides", self.strides);
        visit("offset", self.offset);
    }
};

/// `begin` and `end` elements around each axis; the last axis is not padded. The pad of channel c
/// has the integer values[c] (one entry serves all), which widens the range.
struct IntegerPad {
    std::vector<std::int64_t> begin;
    std::vector<std::int64_t> end;
    std::vector<std::int64_t> values{0};
    static constexpr std::string_view name = "integer_pad";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("begin", self.begin);
        visit("end", self.end);
        visit("values", self.values);
    }
};

enum class Reduction : std::uint8_t { max, min, sum };

/// x [..., T, C] to [..., C]: the largest, the smallest, or the sum, over t. A sum's zero point is
/// T times the input's.
struct IntegerReduce {
    Reduction reduction = Reduction::max;
    static constexpr std::string_view name = "integer_reduce";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("reduction", self.reduction);
    }
};

/// y[c] = multiplier_a[c] * a[c] + multiplier_b[c] * b[c] for two tensors of one shape (one entry
/// serves all channels). `grid` is the result's: the caller's choice of multipliers has put both
/// operands on its scale.
struct IntegerAdd {
    std::vector<std::int64_t> multiplier_a{1};
    std::vector<std::int64_t> multiplier_b{1};
    Grid grid;
    static constexpr std::string_view name = "integer_add";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("multiplier_a", self.multiplier_a);
        visit("multiplier_b", self.multiplier_b);
        visit("grid", self.grid);
    }
};

/// y[c] = (a[c] - zero_a[c]) * (b[c] - zero_b[c]) for two tensors of one shape. The result's scale
/// is the product of theirs, its zero point 0; zero_a and zero_b are their zero points.
struct IntegerMul {
    std::vector<std::int64_t> zero_a{0};
    std::vector<std::int64_t> zero_b{0};
    static constexpr std::string_view name = "integer_mul";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("zero_a", self.zero_a);
        visit("zero_b", self.zero_b);
    }
};

/// Two or more tensors, one behind the other along the last axis; grids and ranges go with their
/// channels.
struct IntegerConcat {
    static constexpr std::string_view name = "integer_concat";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
};

std::vector<ValueType> infer(const IntegerMatMul& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerDepthwise& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerDynamicMatMul& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerRearrange& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerPad& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerReduce& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerAdd& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerMul& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerConcat& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerFunction& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerTopK& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerReshape& op, const TypeList& inputs);

} // namespace millrace::ops
