// SPDX-License-Identifier: Apache-2.0
//
// Top-1 accuracy of a classifier's outputs.
#pragma once

#include "cli/sample_arrays.hpp"

#include <filesystem>
#include <optional>

namespace millrace::cli {

struct Accuracy {
    std::int64_t correct = 0;
    std::int64_t total = 0;
    [[nodiscard]] double top1() const {
        return total == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(total);
    }
};

/// The class that each row of the results predicts. Where the model itself selects (ArgMax, or the
/// indices of TopK among its outputs) the first index; else the place of the largest element along
/// the last axis of the first output, the first of equals.
std::vector<std::int64_t> predictions(const Graph& network, const std::vector<HostArray>& outputs);

/// Integer labels of a .npy file, one for each sample. A model that makes another number of
/// predictions is no classifier of samples; that is reported, too.
std::optional<std::vector<std::int64_t>> read_labels(const std::filesystem::path& file,
                                                     std::int64_t samples, std::size_t predictions,
                                                     Diagnostics& diagnostics);

Accuracy accuracy(const std::vector<std::int64_t>& predicted,
                  const std::vector<std::int64_t>& labels);

} // namespace millrace::cli
