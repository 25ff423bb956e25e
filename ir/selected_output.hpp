// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.hpp"

#include <cstddef>
#include <optional>

namespace millrace {

/// The first output of a network that holds indices which the network itself selected (ArgMax, or
/// the indices of TopK): its prediction. Ops that move or retype elements are looked through.
std::optional<std::size_t> selected_output(const Graph& network);

} // namespace millrace
