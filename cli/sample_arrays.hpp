// SPDX-License-Identifier: Apache-2.0
//
// Arrays of files as samples of a model: which file belongs to which input or output, and how an
// array's axes split into samples.
#pragma once

#include "ir/diagnostics.hpp"
#include "ir/graph.hpp"
#include "ir/host_array.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::cli {

struct Samples {
    std::vector<HostArray> arrays; ///< [samples, ...one sample as the model shapes it...] each
    std::int64_t count = 0;
};

/// Reads the files `--input` or `--expect` names: each "file" belongs to the next of `values` in
/// order, each "name=file" to the value of this name. All have to be there and to hold equally many
/// samples. Problems are bad_array_file and input_mismatch diagnostics. `option`: its name, for
/// messages.
std::optional<Samples> read_samples(const Graph& network, const std::vector<ValueId>& values,
                                    const std::vector<std::string>& files,
                                    const std::string& option, Diagnostics& diagnostics);

/// The model's float inputs may be given in any type; an integer input takes integer arrays whose
/// values its type holds. Reports input_mismatch and returns false where that is not so. Arrays of
/// integer inputs get the input's type.
bool fit_inputs(const Graph& network, Samples& samples, Diagnostics& diagnostics);

} // namespace millrace::cli
