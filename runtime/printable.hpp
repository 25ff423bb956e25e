// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::runtime {

/// The text for a terminal: control characters, which file names and models may hold, as \\xNN.
std::string printable(std::string_view text);

} // namespace millrace::runtime
