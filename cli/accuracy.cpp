// SPDX-License-Identifier: Apache-2.0
#include "cli/accuracy.hpp"

#include "cli/elements.hpp"
#include "cli/npy.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::cli {

namespace {

/// Whether a value holds indices that ArgMax or TopK selected; ops that move or retype elements are
/// looked through.
bool is_selection(const Graph& network, ValueId id) {
    for (auto node = network.nodes.rbegin(); node != network.nodes.rend(); ++node) {
        const auto output = std::find(node->outputs.begin(), node->outputs.end(), id);
        if (output == node->outputs.end()) {
            continue;
        }
        if (std::holds_alternative<ops::ArgMax>(node->op)) {
            return true;
        }
        if (std::holds_alternative<ops::TopK>(node->op)) {
            return output != node->outputs.begin();
        }
        if (!std::holds_alternative<ops::Cast>(node->op) &&
            !std::holds_alternative<ops::Reshape>(node->op) &&
            !std::holds_alternative<ops::Transpose>(node->op)) {
            return false;
        }
        id = node->inputs.at(0);
    }
    return false;
}

} // namespace

std::vector<std::int64_t> predictions(const Graph& network, const std::vector<HostArray>& outputs) {
    std::size_t chosen = 0;
    bool selection = false;
    for (std::size_t i = 0; i < network.outputs.size() && !selection; ++i) {
        if (is_selection(network, network.outputs[i])) {
            chosen = i;
            selection = true;
        }
    }
    const HostArray& output = outputs.at(chosen);
    const std::int64_t count = element_count(output.shape);
    // An ArgMax that dropped its axis has one element a sample.
    const bool single = output.shape.size() < 2;
    const std::int64_t row = single ? 1 : std::max<std::int64_t>(output.shape.back(), 1);
    std::vector<std::int64_t> result;
    for (std::int64_t first = 0; first + row <= count; first += row) {
        if (selection) {
            result.push_back(static_cast<std::int64_t>(element_at(output, first)));
            continue;
        }
        std::int64_t best = 0;
        for (std::int64_t i = 1; i < row; ++i) {
            if (element_at(output, first + i) > element_at(output, first + best)) {
                best = i;
            }
        }
        result.push_back(best);
    }
    return result;
}

std::optional<std::vector<std::int64_t>>
read_labels(const std::filesystem::path& file, std::size_t expected, Diagnostics& diagnostics) {
    const std::optional<HostArray> array = read_npy(file, diagnostics);
    if (!array) {
        return std::nullopt;
    }
    const std::int64_t count = element_count(array->shape);
    if (!is_integer(array->type) || static_cast<std::size_t>(count) != expected) {
        diagnostics.add({Code::input_mismatch, Severity::error, file.string(), "", "",
                         fmt::format("{} labels of type {}, but the model makes {} predictions",
                                     count, to_string(array->type), expected),
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
    Accuracy result;
    result.total = static_cast<std::int64_t>(predicted.size());
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        result.correct += predicted[i] == labels.at(i) ? 1 : 0;
    }
    return result;
}

} // namespace millrace::cli
