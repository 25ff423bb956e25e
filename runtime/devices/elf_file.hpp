// SPDX-License-Identifier: Apache-2.0
//
// A look at a shared library before the system's loader gets it: the loader maps what the headers
// say, and a file that ends earlier kills the process with SIGBUS.
#pragma once

#include <filesystem>
#include <string>

namespace millrace::runtime {

/// What shows that a shared library of this machine was cut short: headers, segments or sections
/// that its end leaves out ("it has 4096 bytes, its sections need 70000"). An empty text where
/// nothing does, also for a file that is missing or is none of that format, which the loader tells
/// by itself.
std::string damage_of_library(const std::filesystem::path& file);

} // namespace millrace::runtime
