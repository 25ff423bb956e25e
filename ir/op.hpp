// SPDX-License-Identifier: Apache-2.0
//
// The op list. Every op stands here once, in the list of its level; all handling is std::visit over
// these lists without a generic fallback for the level in hand, so that a forgotten case does not
// compile.
#pragma once

#include "ir/ops/activation.hpp"
#include "ir/ops/arithmetic.hpp"
#include "ir/ops/convolution.hpp"
#include "ir/ops/dataflow.hpp"
#include "ir/ops/integer.hpp"
#include "ir/ops/layout.hpp"
#include "ir/ops/matmul.hpp"
#include "ir/ops/pooling.hpp"
#include "ir/ops/quantize.hpp"
#include "ir/ops/selection.hpp"

#include <concepts>
#include <variant>

namespace millrace {

/// Ops of one level.
template <class... Ts> struct OpList {
    template <class T> static constexpr bool contains = (std::same_as<T, Ts> || ...);
};

using NetworkOps =
    OpList<ops::MatMul, ops::Conv, ops::MaxPool, ops::AveragePool, ops::ReduceMean, ops::Pad,
           ops::Add, ops::Sub, ops::Mul, ops::Div, ops::Pow, ops::Relu, ops::LeakyRelu, ops::PRelu,
           ops::Clip, ops::Sigmoid, ops::Tanh, ops::HardSigmoid, ops::Sign, ops::Neg, ops::Cast,
           ops::Reshape, ops::Transpose, ops::Concat, ops::Gather, ops::Slice, ops::Softmax,
           ops::ArgMax, ops::TopK, ops::Quantize, ops::MultiThreshold>;
using IntegerOps = OpList<ops::IntegerMatMul, ops::IntegerDepthwise, ops::IntegerDynamicMatMul,
                          ops::IntegerRearrange, ops::IntegerPad, ops::IntegerReduce,
                          ops::IntegerAdd, ops::IntegerMul, ops::IntegerConcat,
                          ops::IntegerFunction, ops::IntegerTopK, ops::IntegerReshape>;
using DataflowOps =
    OpList<ops::MemoryToStream, ops::StreamToMemory, ops::MatrixVector, ops::Depthwise, ops::Reduce,
           ops::Rearrange, ops::ParallelWindow, ops::PadUnit, ops::AddJoin, ops::MulJoin,
           ops::ConcatUnit, ops::DynamicMatrix, ops::FunctionUnit, ops::WidthConverter, ops::Fifo,
           ops::Fork, ops::TopKUnit, ops::StreamReshape>;

/// The level of an op's type. A visitor handles the ops of its level one by one and the others by
/// one of these, so that a new op of its level does not compile without its own case.
template <class T>
concept NetworkOp = NetworkOps::contains<T>;
template <class T>
concept IntegerOp = IntegerOps::contains<T>;
template <class T>
concept DataflowOp = DataflowOps::contains<T>;

template <class... Lists> struct JoinedOps;
template <class... As, class... Bs, class... Cs>
struct JoinedOps<OpList<As...>, OpList<Bs...>, OpList<Cs...>> {
    using Variant = std::variant<As..., Bs..., Cs...>;
};
using Op = JoinedOps<NetworkOps, IntegerOps, DataflowOps>::Variant;

template <class... Ts> struct Overload : Ts... { using Ts::operator()...; };
template <class... Ts> Overload(Ts...) -> Overload<Ts...>;

// Defined once: each visit over all ops costs every source that has it a second to compile.

/// The op's name in the text form.
std::string_view op_name(const Op& op);

/// Types of the op's results; throws TypeError when the inputs do not fit.
std::vector<ValueType> infer(const Op& op, const TypeList& inputs);

} // namespace millrace
