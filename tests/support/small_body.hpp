// SPDX-License-Identifier: Apache-2.0
//
// A small integer-level graph for tests of plans: x u8 [1,12] -> fc1 (12 x 8) -> act1 (to u2) ->
// fc2 (8 x 6) -> best (the largest of 6).
#pragma once

#include "ir/graph.hpp"

namespace millrace::tests {

Graph small_body();

} // namespace millrace::tests
