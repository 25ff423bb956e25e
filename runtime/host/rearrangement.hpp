// SPDX-License-Identifier: Apache-2.0
//
// The `transpose` of quantizers and decoders: a row-major tensor of `shape` transposed by `perm`.
#pragma once

#include "runtime/json_field.hpp"

#include <cstddef>
#include <vector>

namespace millrace::runtime::host {

/// By element of the result, where it comes from; empty where everything stays in place. `json` is
/// an object with `shape` and `perm` for `elements` elements. Throws Error(ErrorKind::manifest).
std::vector<std::size_t> transposed_sources(const JsonField& json, std::size_t elements);

} // namespace millrace::runtime::host
