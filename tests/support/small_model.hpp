// SPDX-License-Identifier: Apache-2.0
//
// Small quantized networks as ONNX files, for tests of the commands.
#pragma once

#include "tests/support/onnx_builder.hpp"

#include <string>

namespace millrace::tests {

/// x float [N,4] -> Quant (signed 4 bits, 1/4) -> fc1 (4 x 6, weights of 3 bits) -> Relu -> Quant
/// (unsigned 3 bits, 1/2) -> fc2 (6 x 3) -> y float [N,3]. `prefix` goes before every node's name.
OnnxBuilder small_mlp(const std::string& prefix = "");

/// The same without any quantizer.
OnnxBuilder float_mlp();

/// x float [1,2,3] -> Quant -> Relu -> Quant -> y float [1,2,3]: vectors, so no classifier.
OnnxBuilder small_pixel_function();

/// The first output of small_mlp for one sample, in double arithmetic, which is exact for it.
std::vector<double> small_mlp_result(const std::vector<double>& x);

} // namespace millrace::tests
