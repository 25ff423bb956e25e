// SPDX-License-Identifier: Apache-2.0
//
// Foldings in the JSON form that FINN reads and writes, so that a published folding of a network
// can be taken as it is.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"
#include "ir/plan.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::planner {

/// A plan from a FINN folding: {"Defaults": {...}, "MVAU_hls_0": {"PE": 16, "SIMD": 49, ...}, ...}.
///
///  - MVAU_*, MatrixVectorActivation_*, StreamingFCLayer_*: the number at the end counts the matrix
///    layers from 0; when FINN counted several kinds separately, the order in the file counts;
///  - Thresholding_*, ChannelwiseOp_* and the like: function actors, first those that are not
///  behind
///    a matrix layer (FINN fuses the others); one more at the front is the input's quantizer, which
///    is on the host;
///  - LabelSelect_*: the top-k actor, whose PE are input lanes;
///  - names of our own actors: those.
///
/// Functions and pools behind a matrix layer get its PE, windows in front of one its SIMD, as far
/// as these are legal. ram_style and resType become memory and multiplier (UltraRAM, which cannot
/// hold constants, becomes block RAM with a note); keys without a meaning here are noted. Actors
/// that are not mentioned are folded for the interval of those that are. Unknown names, lanes that
/// are not legal and wrong types are bad_folding diagnostics with the nearest known name or value;
/// with any there is no plan.
std::optional<Plan> read_finn_folding(std::string_view json, const std::string& file,
                                      const Graph& body, Diagnostics& diagnostics);

} // namespace millrace::planner
