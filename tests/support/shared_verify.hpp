// SPDX-License-Identifier: Apache-2.0
//
// `millrace verify` on models, samples and reference outputs of the shared data.
#pragma once

#include "ir/host_array.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"

#include <filesystem>
#include <string>

namespace millrace::tests {

/// No differences between the network level and `stages` others and, where `expected`, nothing
/// unexplained. `run` is one of verify --json.
void check_verified(const CommandRun& run, std::size_t stages, bool expected);

/// All stages including the C simulation, on the reference inputs and outputs of a model's case, or
/// on `samples` random ones when it has none. Skips when the shared data is absent.
void verify_model(const std::string& model, const std::string& sample_case, int samples = 24);

/// The 10,000 test images, float32 [10000, 1, 28, 28], divided by `divisor`.
HostArray mnist_images(const std::filesystem::path& shared, float divisor);

} // namespace millrace::tests
