// SPDX-License-Identifier: Apache-2.0
//
// How an array's axes split into samples of a model; the same for `simulate`, `verify` and the
// runtime.
#pragma once

#include "runtime/array.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace millrace::runtime {

/// How many samples an array holds for a model's tensor of shape `sample`. The array is one sample;
/// or has a leading axis of samples; or the sample's first axis, the batch, is replaced by the
/// number of samples (a multiple of it where it is not 1); or it is one of these but for axes of
/// size 1. std::nullopt when it is none.
std::optional<std::int64_t> sample_count(const Shape& array, const Shape& sample);

/// "[N, 1, 28, 28] or [N, 28, 28]": what a user may give, N samples.
std::string expected_shapes(const Shape& sample);

} // namespace millrace::runtime
