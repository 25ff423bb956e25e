// SPDX-License-Identifier: Apache-2.0
//
// The queue as a part of other modules.
#pragma once

#include "ir/cost.hpp"

namespace millrace::cost {

/// mr_fifo; `registered`: its output comes from a register.
Cost fifo(std::int64_t bits, std::int64_t depth, ops::MemoryStyle style, bool registered,
          Family family);

} // namespace millrace::cost
