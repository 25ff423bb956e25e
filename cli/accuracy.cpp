// SPDX-License-Identifier: Apache-2.0
#include "cli/accuracy.hpp"

#include "cli/elements.hpp"
#include "cli/npy.hpp"
#include "ir/selected_output.hpp"
#include "runtime/predictions.hpp"

#include <fmt/format.h>

namespace millrace::cli {

std::vector<std::int64_t> predictions(const Graph& network, const std::vector<HostArray>& outputs) {
    const std::optional<std::size_t> selected = selected_output(network);
    return runtime::predictions(view(outputs.at(selected.value_or(0))), selected.has_value());
}

std::optional<std::vector<std::int64_t>> read_labels(const std::filesystem::path& file,
                                                     std::int64_t samples, std::size_t predictions,
                                                     Diagnostics& diagnostics) {
    if (static_cast<std::size_t>(samples) != predictions) {
        diagnostics.add({Code::input_mismatch, Severity::error, file.string(), "", "",
                         fmt::format("the model is no classifier: it makes {} predictions for {} "
                                     "samples, and labels are one for each sample",
                                     predictions, samples),
                         "leave --labels out, and compare what --output writes"});
        return std::nullopt;
    }
    const std::optional<HostArray> array = read_npy(file, diagnostics);
    if (!array) {
        return std::nullopt;
    }
    const std::int64_t count = element_count(array->shape);
    if (!is_integer(array->type) || count != samples) {
        diagnostics.add({Code::input_mismatch, Severity::error, file.string(), "", "",
                         fmt::format("{} labels of type {} for {} samples", count,
                                     to_string(array->type), samples),
                         "labels are integers, one for each sample"});
        return std::nullopt;
    }
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::int64_t>(element_at(*array, i)));
    }
    return labels;
}

Accuracy accuracy(const std::vector<std::int64_t>& predicted,
                  const std::vector<std::int64_t>& labels) {
    return {runtime::count_correct(predicted, labels), static_cast<std::int64_t>(predicted.size())};
}

} // namespace millrace::cli
