// SPDX-License-Identifier: Apache-2.0
#include "runtime/printable.hpp"

namespace millrace::runtime {

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    for (const char character : text) {
        const auto code = static_cast<unsigned char>(character);
        if (code < 0x20 || code == 0x7f) {
            result += "\\x";
            result += digits[code >> 4];
            result += digits[code & 15];
        } else {
            result += character;
        }
    }
    return result;
}

} // namespace millrace::runtime
