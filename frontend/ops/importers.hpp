// SPDX-License-Identifier: Apache-2.0
//
// One function per ONNX operator (or group of operators that differ by name only). Each reads the
// node in the form its opset version gives it and adds what it means to the graph; the ops' own
// headers in ir/ops/ state that meaning.
#pragma once

namespace millrace::frontend {

class NodeContext;

namespace ops_import {

// matmul.cpp
void matmul(NodeContext& node);
void gemm(NodeContext& node);
// arithmetic.cpp
void add(NodeContext& node);
void sub(NodeContext& node);
void mul(NodeContext& node);
void div(NodeContext& node);
void pow(NodeContext& node);
void sqrt(NodeContext& node);
void reciprocal(NodeContext& node);
void neg(NodeContext& node);
// activation.cpp
void relu(NodeContext& node);
void leaky_relu(NodeContext& node);
void prelu(NodeContext& node);
void clip(NodeContext& node);
void sigmoid(NodeContext& node);
void tanh(NodeContext& node);
void hard_sigmoid(NodeContext& node);
void hard_swish(NodeContext& node);
void swish(NodeContext& node);
void sign(NodeContext& node);
void abs(NodeContext& node);
// rounding.cpp
void floor(NodeContext& node);
void ceil(NodeContext& node);
void round(NodeContext& node);
// variadic.cpp
void sum(NodeContext& node);
void mean(NodeContext& node);
void max(NodeContext& node);
void min(NodeContext& node);
// convolution.cpp
void conv(NodeContext& node);
void channels_last_conv(NodeContext& node);
// conv_transpose.cpp
void conv_transpose(NodeContext& node);
// pooling.cpp
void max_pool(NodeContext& node);
void channels_last_max_pool(NodeContext& node);
void average_pool(NodeContext& node);
void channels_last_average_pool(NodeContext& node);
void global_average_pool(NodeContext& node);
void global_max_pool(NodeContext& node);
// reduction.cpp
void reduce_mean(NodeContext& node);
void reduce_sum(NodeContext& node);
void reduce_max(NodeContext& node);
void reduce_min(NodeContext& node);
void reduce_l1(NodeContext& node);
void reduce_sum_square(NodeContext& node);
// pad.cpp
void pad(NodeContext& node);
// resize.cpp
void resize(NodeContext& node);
void upsample(NodeContext& node);
// depth_space.cpp
void depth_to_space(NodeContext& node);
void space_to_depth(NodeContext& node);
// batch_normalization.cpp
void batch_normalization(NodeContext& node);
void channels_last_batch_normalization(NodeContext& node);
// layout.cpp
void flatten(NodeContext& node);
void reshape(NodeContext& node);
void transpose(NodeContext& node);
void squeeze(NodeContext& node);
void unsqueeze(NodeContext& node);
void expand(NodeContext& node);
void tile(NodeContext& node);
// pass_through.cpp
void identity(NodeContext& node);
void dropout(NodeContext& node);
void cast(NodeContext& node);
// constant.cpp
void constant(NodeContext& node);
void constant_of_shape(NodeContext& node);
// shape.cpp
void shape(NodeContext& node);
void size(NodeContext& node);
void range(NodeContext& node);
// slicing.cpp
void gather(NodeContext& node);
void concat(NodeContext& node);
void slice(NodeContext& node);
void split(NodeContext& node);
// selection.cpp
void softmax(NodeContext& node);
void arg_max(NodeContext& node);
void arg_min(NodeContext& node);
void top_k(NodeContext& node);
// quant.cpp
void quant(NodeContext& node);
void bipolar_quant(NodeContext& node);
// trunc.cpp
void trunc(NodeContext& node);
// multi_threshold.cpp
void multi_threshold(NodeContext& node);
// quantize_linear.cpp
void quantize_linear(NodeContext& node);
void dequantize_linear(NodeContext& node);
void microsoft_quantize_linear(NodeContext& node);
void microsoft_dequantize_linear(NodeContext& node);
// qlinear.cpp
void qlinear_conv(NodeContext& node);
void qlinear_matmul(NodeContext& node);
void conv_integer(NodeContext& node);
void matmul_integer(NodeContext& node);
void matmul_integer_to_float(NodeContext& node);
void qgemm(NodeContext& node);
// qlinear_microsoft.cpp
void qlinear_add(NodeContext& node);
void qlinear_mul(NodeContext& node);
void qlinear_leaky_relu(NodeContext& node);
void qlinear_sigmoid(NodeContext& node);
void qlinear_softmax(NodeContext& node);
void qlinear_concat(NodeContext& node);
void qlinear_average_pool(NodeContext& node);
void qlinear_global_average_pool(NodeContext& node);
void qlinear_reduce_mean(NodeContext& node);

} // namespace ops_import

} // namespace millrace::frontend
