// SPDX-License-Identifier: Apache-2.0
//
// Programs that some tests need and a machine may not have.
#pragma once

namespace millrace::tests {

/// False, reported as a skip, where there is no Verilator.
bool has_verilator();
/// The same for Yosys.
bool has_yosys();

} // namespace millrace::tests
