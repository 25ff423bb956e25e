// SPDX-License-Identifier: Apache-2.0
//
// Top-1 accuracy of a classifier's outputs.
#pragma once

#include "runtime/array.hpp"

#include <cstdint>
#include <vector>

namespace millrace::runtime {

/// The class that each row of an output predicts. `selection`: the rows are indices that the model
/// itself selected (ArgMax, TopK), of which the first counts; else the place of the largest element
/// along the last axis, the first of equals. An array with one axis has one prediction an element.
std::vector<std::int64_t> predictions(const ConstArray& output, bool selection);

/// How many predictions equal their label; both lists are equally long.
std::int64_t count_correct(const std::vector<std::int64_t>& predicted,
                           const std::vector<std::int64_t>& labels);

} // namespace millrace::runtime
