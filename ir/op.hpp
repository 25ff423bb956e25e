// SPDX-License-Identifier: Apache-2.0
//
// The op list. Every op of every level stands here once; all handling is std::visit over this list
// without a generic fallback, so that a forgotten case does not compile.
#pragma once

#include "ir/ops/activation.hpp"
#include "ir/ops/arithmetic.hpp"
#include "ir/ops/dataflow.hpp"
#include "ir/ops/integer.hpp"
#include "ir/ops/layout.hpp"
#include "ir/ops/matmul.hpp"
#include "ir/ops/quantize.hpp"
#include "ir/ops/selection.hpp"

#include <variant>

namespace millrace {

using Op = std::variant<
    // Network level.
    ops::MatMul, ops::Add, ops::Sub, ops::Mul, ops::Div, ops::Pow, ops::Relu, ops::LeakyRelu,
    ops::PRelu, ops::Clip, ops::Sigmoid, ops::Tanh, ops::HardSigmoid, ops::Sign, ops::Neg,
    ops::Cast, ops::Reshape, ops::Transpose, ops::Concat, ops::Gather, ops::Slice, ops::Softmax,
    ops::ArgMax, ops::TopK, ops::Quantize, ops::MultiThreshold,
    // Integer level.
    ops::IntegerMatMul, ops::IntegerFunction, ops::IntegerTopK, ops::IntegerReshape,
    // Dataflow level.
    ops::MemoryToStream, ops::StreamToMemory, ops::MatrixVector, ops::FunctionUnit,
    ops::WidthConverter, ops::Fifo, ops::Fork, ops::TopKUnit, ops::StreamReshape>;

template <class... Ts> struct Overload : Ts... { using Ts::operator()...; };
template <class... Ts> Overload(Ts...) -> Overload<Ts...>;

/// The op's name in the text form.
inline std::string_view op_name(const Op& op) {
    return std::visit([](const auto& alternative) { return alternative.name; }, op);
}

/// Types of the op's results; throws TypeError when the inputs do not fit.
inline std::vector<ValueType> infer(const Op& op, const TypeList& inputs) {
    return std::visit([&](const auto& alternative) { return infer(alternative, inputs); }, op);
}

} // namespace millrace
