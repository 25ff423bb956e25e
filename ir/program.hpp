// SPDX-License-Identifier: Apache-2.0
//
// A model split between host and hardware: what stays before the hardware, the hardware's part as
// an integer graph, and what follows. Nothing of the model is dropped: tail(body(head(x))) is the
// network, exactly.
#pragma once

#include "ir/graph.hpp"

namespace millrace {

struct Program {
    /// Network level. Inputs: the model's. Outputs: first one integer-valued tensor for each input
    /// of the body, then values that pass by the hardware.
    Graph head;
    /// Integer level.
    Graph body;
    /// Network level. Inputs: first one integer-valued tensor for each output of the body, then the
    /// values that pass by. Outputs: the model's.
    Graph tail;
};

} // namespace millrace
