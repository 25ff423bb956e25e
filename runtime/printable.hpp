// SPDX-License-Identifier: Apache-2.0
//
// Any bytes (file names, names of a model, what a tool printed) as text that does no harm: nothing
// that reaches a terminal moves its cursor, and JSON stays JSON.
#pragma once

#include <string>
#include <string_view>

namespace millrace::runtime {

/// For a terminal: control characters and bytes that are no UTF-8 as \\xNN.
std::string printable(std::string_view text);

/// The same for a message, whose lines stay lines: those behind the first are indented, so that no
/// name can pose as a line of ours.
std::string printable_lines(std::string_view text);

/// A string of JSON with its quotes; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

} // namespace millrace::runtime
