// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 is taken apart as RFC 3629 has it: no longer forms than needed, no surrogates, nothing
// beyond U+10FFFF.
#include "runtime/printable.hpp"

#include <cstddef>

namespace millrace::runtime {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string hex_byte(char character) {
    const auto code = static_cast<unsigned char>(character);
    return {digits[code >> 4], digits[code & 15]};
}

/// The bytes of the character that the text begins with; 0: it is no UTF-8.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const bool fits = first == 0xE0 ? byte(1) >= 0xA0 : first != 0xED || byte(1) <= 0x9F;
        return fits && follows(1) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool fits = first == 0xF0 ? byte(1) >= 0x90 : first != 0xF4 || byte(1) <= 0x8F;
        return fits && follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

/// C0, DEL and C1 (U+0080 to U+009F).
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    return character.size() == 1 ? first < 0x20 || first == 0x7F
                                 : first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

/// Calls `good` with each character of the text, `bad` with each byte that belongs to none.
template <class Good, class Bad>
void for_each_character(std::string_view text, Good&& good, Bad&& bad) {
    while (!text.empty()) {
        const std::size_t bytes = character_bytes(text);
        if (bytes == 0) {
            bad(text[0]);
        } else {
            good(text.substr(0, bytes));
        }
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
}

} // namespace

std::string printable(std::string_view text) {
    std::string result;
    const auto escape = [&](char byte) {
        result += "\\x";
        result += hex_byte(byte);
    };
    for_each_character(
        text,
        [&](std::string_view character) {
            if (!is_control(character)) {
                result += character;
                return;
            }
            for (const char byte : character) {
                escape(byte);
            }
        },
        escape);
    return result;
}

std::string printable_lines(std::string_view text) {
    std::string result;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        result += printable(text.substr(0, end)) + "\n  ";
        text.remove_prefix(end + 1);
    }
    return result + printable(text);
}

std::string json_string(std::string_view text) {
    std::string result = "\"";
    for_each_character(
        text,
        [&](std::string_view character) {
            if (character == "\n") {
                result += "\\n";
            } else if (character == "\"" || character == "\\") {
                result += '\\';
                result += character;
            } else if (is_control(character)) {
                result += "\\u00";
                result += hex_byte(character.back());
            } else {
                result += character;
            }
        },
        [&](char /*byte*/) { result += "\\ufffd"; });
    return result + "\"";
}

} // namespace millrace::runtime
