// SPDX-License-Identifier: Apache-2.0
//
// Random convolutional networks as ONNX files, by a seed: layers, pools, joins, rearrangements and
// quantizers of every dialect that the frontend reads, in an order that is legal ONNX and that the
// compiler is meant to take (nearly always: the generator estimates widths and does not work out
// every grid). Small: a network takes milliseconds at the network level.
#pragma once

#include "ir/graph.hpp"
#include "ir/host_array.hpp"
#include "tests/support/onnx_builder.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::tests {

struct RandomCnn {
    OnnxBuilder model;
    /// How often each operator occurs, with its domain when not the default one, and in brackets
    /// what is worth counting apart: "Conv (depthwise)".
    std::map<std::string, int> operators;
    /// Which of these each node is, by the node's name.
    std::map<std::string, std::string> nodes;
};

/// The same network for the same seed.
RandomCnn random_cnn(std::uint32_t seed);

/// Inputs for an imported network: whole and half multiples of small powers of two (ties) among
/// other floats, the whole range for integer inputs.
std::vector<HostArray> random_samples(const Graph& network, std::int64_t count, std::uint32_t seed);

} // namespace millrace::tests
