// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/program.hpp"

#include <optional>
#include <string>

namespace millrace::passes {

struct LoweringOptions {
    std::string file; ///< for diagnostics
};

/// From the network level to the integer level.
///
/// Guarantees: for every input, tail(body(head(x))) equals the network's outputs exactly, and the
/// body contains integer ops only (ir/ops/integer.hpp). How:
///  - a value computed from a float input stays on the host (head) until the model's own first
///    quantizer makes it an integer; integer inputs are integers at once;
///  - behind that, every value is `chain(q)`: an integer value q of the body and the exact chain of
///    elementwise steps after it, together with the grid its values lie on, where they do;
///  - a layer (matrix product with constant weights) asks for an integer point: the chain becomes
///    one integer function onto its grid. Weights are put on the coarsest grid that holds them;
///  - everything else that follows, down to the outputs, goes to the tail, cut where values lie on
///    a grid, so that as much as possible is in the body.
///
/// Problems (a layer without quantized input or weights, too wide values...) are reported together;
/// std::nullopt then.
std::optional<Program> lower_to_integer(const Graph& network, const LoweringOptions& options,
                                        Diagnostics& diagnostics);

} // namespace millrace::passes
