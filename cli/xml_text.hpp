// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::cli {

/// Any bytes as text or attribute of an XML document: what is no printable ASCII is escaped as in
/// messages, then XML's own characters.
std::string xml_text(std::string_view text);

} // namespace millrace::cli
