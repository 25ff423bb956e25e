// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::runtime {

/// The runtime's version, which is the compiler's it came with.
inline constexpr const char* version = "0.1.0";

} // namespace millrace::runtime
