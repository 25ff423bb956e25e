// SPDX-License-Identifier: Apache-2.0
//
// The compiled C simulation of a project.
#pragma once

#include <filesystem>

namespace millrace::runtime {

/// PROJECT/build/libcsim.so, built by the project's Makefile when it is missing or older than one
/// of its sources. Safe to call from several processes at once. Throws Error(ErrorKind::file) when
/// there is neither the library nor a way to build it, Error(ErrorKind::device) with the compiler's
/// message when it does not build.
std::filesystem::path csim_library(const std::filesystem::path& project);

} // namespace millrace::runtime
