// SPDX-License-Identifier: Apache-2.0
//
// The runtime's host program against the compiler's own (ir/host_sides.hpp): the same integers for
// the kernel, the same bytes for the outputs.
#pragma once

#include "cli/project_folder.hpp"
#include "ir/host_array.hpp"
#include "passes/pipeline.hpp"
#include "runtime/host_program.hpp"
#include "runtime/manifest.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

/// A network that all passes take, or nothing with the diagnostics in `text`.
std::optional<passes::Compilation> compiled_network(Graph network, std::string& text);
/// A model's file; fails the test when it is refused.
passes::Compilation compiled_file(const std::filesystem::path& file);

/// The emitted millrace.json.
std::string manifest_text(const passes::Compilation& compilation);

/// A manifest's text as the runtime reads it.
runtime::Manifest read_manifest_text(std::string_view text);

/// The array as the runtime's callers have it; refers to its bytes.
runtime::ConstArray runtime_view(const HostArray& array);

struct HostDifference {
    std::int64_t compared = 0; ///< integers and output elements
    std::string text;          ///< the first difference; empty: none
};
/// Encodes the samples, and decodes as many frames of integers drawn from the ranges of the
/// kernel's outputs, both ways. Where the compiler's side raises an error, the runtime must, too.
HostDifference compare_host_sides(const passes::Compilation& compilation,
                                  const std::vector<HostArray>& inputs, std::int64_t samples,
                                  std::uint32_t seed);

} // namespace millrace::tests
