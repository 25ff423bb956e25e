// SPDX-License-Identifier: Apache-2.0
//
// Networks of a chosen size as ONNX files, for what must be shown at scale: shapes of real ones,
// random weights. The same arguments make the same file.
#pragma once

#include "tests/support/onnx_builder.hpp"

#include <cstdint>

namespace millrace::tests {

/// A quantized network in the shape of ResNet-50: uint8 image [1,224,224,3], 7x7/2 convolution, 3x3
/// /2 pool, 3 + 4 + 6 + 3 bottleneck blocks of 256, 512, 1024 and 2048 channels (the 3x3 in them
/// has the stride), global average, 1000 classes. 25.5 million weights of `bits` (2 to 8) signed
/// bits, one scale for each layer; activations of 4 bits, unsigned behind Relu and signed where a
/// block's branches join, all on one scale. Batch normalization everywhere, with variances near
/// those of the activations, so that levels are used.
OnnxBuilder resnet50_like(int bits, std::uint32_t seed = 1);

/// `layers` convolutions one after the other, 3x3 and 1x1 in turn, from 16 channels to 16 on images
/// of 16 x 16, weights and activations of 3 bits, Relu and quantizer behind each. uint8
/// [1,16,16,16] to float of the same shape, channels last, so that nothing rearranges the images.
OnnxBuilder convolution_chain(int layers, std::uint32_t seed = 1);

} // namespace millrace::tests
