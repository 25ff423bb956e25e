// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tools.hpp"

#include "backends/simulation_engine.hpp"
#include "tests/support/shared_data.hpp"

#include <string>

namespace millrace::tests {

namespace {

bool has(const std::string& program) {
    const bool found = backends::command_exists(program);
    if (!found) {
        report_skip("there is no " + program);
    }
    return found;
}

} // namespace

bool has_verilator() { return has("verilator"); }
bool has_yosys() { return has("yosys"); }

} // namespace millrace::tests
