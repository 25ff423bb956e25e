// SPDX-License-Identifier: Apache-2.0
//
// Test data that lies beside the repository and not in it: models of other projects with reference
// outputs. A test that needs them says so when they are absent; it never passes in silence.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace millrace::tests {

/// Prints "SKIPPED: <reason> [<test case>]" on standard output; `./run test` collects these lines
/// and shows them before the summary. Call it inside a test case.
void report_skip(std::string_view reason);

/// The folder of shared test data, or nothing when it is absent; then the skip has been reported.
std::optional<std::filesystem::path> shared_dir();

} // namespace millrace::tests
