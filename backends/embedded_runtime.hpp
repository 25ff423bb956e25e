// SPDX-License-Identifier: Apache-2.0
//
// The sources of runtime/ as they were when the compiler was built: every project has a copy, from
// which its host application builds. The definitions are generated (cmake/embed.cmake); names are
// paths relative to runtime/, for example "kernel_abi.h".
#pragma once

#include <span>
#include <string_view>

namespace millrace::backends {

/// Every name that embedded_runtime_source() knows, in ascending order.
std::span<const std::string_view> embedded_runtime_paths();

/// The bytes of one file. They live as long as the program.
/// Throws std::out_of_range naming the path when there is no such file.
std::string_view embedded_runtime_source(std::string_view path);

} // namespace millrace::backends
