// SPDX-License-Identifier: Apache-2.0
//
// The files of templates/ as they were when the compiler was built: its binary carries them, so it
// runs anywhere without a source tree. The definitions are generated (cmake/embed.cmake); names are
// paths relative to templates/, for example "hls/millrace/mvau.hpp".
#pragma once

#include <span>
#include <string_view>

namespace millrace::backends {

/// Every name that embedded_template() knows, in ascending order.
std::span<const std::string_view> embedded_template_paths();

/// The bytes of one file. They live as long as the program.
/// Throws std::out_of_range naming the path when there is no such file.
std::string_view embedded_template(std::string_view path);

} // namespace millrace::backends
