// SPDX-License-Identifier: Apache-2.0
//
// The place of the shared data is fixed by the build; its absence is reported once per test case.
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstdio>
#include <system_error>

namespace millrace::tests {

void report_skip(std::string_view reason) {
    const doctest::TestCaseData* test = doctest::getContextOptions()->currentTest;
    fmt::print("SKIPPED: {} [{}]\n", reason, test != nullptr ? test->m_name : "no test case");
    // A crash of a later case must not swallow the line.
    std::fflush(stdout);
}

std::optional<std::filesystem::path> shared_dir() {
    std::filesystem::path path = MILLRACE_SHARED_DIR;
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        return path;
    }
    report_skip("../shared is absent");
    return std::nullopt;
}

} // namespace millrace::tests
