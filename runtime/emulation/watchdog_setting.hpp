// SPDX-License-Identifier: Apache-2.0
//
// MILLRACE_EMULATION_WATCHDOG_MS: how long a kernel may work in XRT's emulation before the device
// process ends, 0 for ever.
#pragma once

#include <chrono>
#include <optional>

namespace millrace::runtime {

/// The variable's value; nothing when it is not set or empty. Throws Error(ErrorKind::usage) for
/// what is no number of milliseconds.
std::optional<std::chrono::milliseconds> watchdog_setting();

} // namespace millrace::runtime
