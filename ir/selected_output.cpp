// SPDX-License-Identifier: Apache-2.0
#include "ir/selected_output.hpp"

#include <algorithm>

namespace millrace {

namespace {

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

std::optional<std::size_t> selected_output(const Graph& network) {
    for (std::size_t i = 0; i < network.outputs.size(); ++i) {
        if (is_selection(network, network.outputs[i])) {
            return i;
        }
    }
    return std::nullopt;
}

} // namespace millrace
