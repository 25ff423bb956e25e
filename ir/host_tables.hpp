// SPDX-License-Identifier: Apache-2.0
//
// Outputs of a model as tables. The way from an integer output of the hardware to a float output of
// the model is often one elementwise function (scale, offset). Over the integers that occur it is a
// list of floats, found once in exact arithmetic and rounded once, so looking an integer up gives
// the exact result. The reference engine and the manifest's `decoders` use the same tables.
#pragma once

#include "ir/program.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace millrace {

struct HostTable {
    std::size_t body_output; ///< index among the body's outputs
    std::int64_t lo;         ///< the integer of the first entry
    std::size_t entries;     ///< of one channel
    /// [channels][entries]; element e of the body's output, in its order, has channel e modulo
    /// channels.
    std::vector<float> values;
    /// As in HostChain: the looked-up elements are a tensor of shape `factors`, to be transposed by
    /// `perm` (both empty: in their order).
    Shape factors;
    std::vector<std::int64_t> perm;

    [[nodiscard]] std::size_t channels() const { return values.size() / entries; }
};

/// The table of an output of the tail; std::nullopt where it is not float32, more than one
/// elementwise function of one body output, or would have more than `most_entries` values.
std::optional<HostTable> host_table(const Program& program, ValueId output,
                                    std::int64_t most_entries);

/// Where each element of a tensor of shape `factors` transposed by `perm` comes from, both in
/// row-major order; empty where perm is.
std::vector<std::size_t> transposed_sources(const Shape& factors,
                                            const std::vector<std::int64_t>& perm);

} // namespace millrace
