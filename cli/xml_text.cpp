// SPDX-License-Identifier: Apache-2.0
#include "cli/xml_text.hpp"

#include "ir/diagnostics.hpp"

namespace millrace::cli {

std::string xml_text(std::string_view text) {
    std::string result;
    for (const char c : escaped(std::string(text))) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

} // namespace millrace::cli
