// SPDX-License-Identifier: Apache-2.0
//
// The runtime's helper programs.
#pragma once

#include <filesystem>
#include <string>

namespace millrace::runtime {

inline constexpr const char* xrt_host_program = "millrace-xrt-host";
inline constexpr const char* emulated_device_program = "millrace-emulated-device";

/// Finds a helper program: in $MILLRACE_LIBEXEC, next to the running program, next to this library,
/// or in ../libexec/millrace from either. Throws Error(ErrorKind::no_device) that says where it was
/// looked for.
std::filesystem::path find_program(const std::string& name);

} // namespace millrace::runtime
