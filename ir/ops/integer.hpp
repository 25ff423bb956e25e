// SPDX-License-Identifier: Apache-2.0
//
// The integer level: exact integer operators, channels last.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/type.hpp"

namespace millrace::ops {

/// x [..., K] times the constant integer weights [K, N]: acc[n] = sum over k of x[k] * w[k, n].
/// Exact in 64 bits; the result's range is, per channel, the sum of the extreme products of the
/// actual weights with the input's per-channel range. The result's grid is
/// scale = x.scale * weight_scale[n] and zero_point[n] = x.zero_point * sum over k of w[k, n],
/// which needs one scale and one zero point for all of x.
struct IntegerMatMul {
    TensorPtr weights;
    std::vector<Real> weight_scale{Real(1)}; ///< one, or one per n
    static constexpr std::string_view name = "integer_matmul";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("weight_scale", self.weight_scale);
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
/// of the old one, ranges and grids per channel repeat; else ranges become their hull and a grid
/// must be the same for all channels.
struct IntegerReshape {
    Shape shape;
    static constexpr std::string_view name = "integer_reshape";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
    }
};

std::vector<ValueType> infer(const IntegerMatMul& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerFunction& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerTopK& op, const TypeList& inputs);
std::vector<ValueType> infer(const IntegerReshape& op, const TypeList& inputs);

} // namespace millrace::ops
