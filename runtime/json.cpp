// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent, one function for each kind of value.
#include "runtime/json.hpp"

#include "runtime/error.hpp"

#include <charconv>
#include <cmath>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace millrace::runtime {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
  public:
    Parser(std::string_view text, const std::string& name, const JsonLimits& limits)
        : text_(text),
          name_(name),
          limits_(limits) {}

    JsonValue document() {
        if (text_.size() > limits_.bytes) {
            throw Error(ErrorKind::manifest,
                        name_ + ": larger than " + std::to_string(limits_.bytes) + " bytes");
        }
        JsonValue result = value(0);
        skip_space();
        if (at_ != text_.size()) {
            fail("text after the end of the document");
        }
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        std::size_t line = 1;
        std::size_t start = 0;
        for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
            if (text_[i] == '\n') {
                ++line;
                start = i + 1;
            }
        }
        throw Error(ErrorKind::manifest, name_ + ": line " + std::to_string(line) + ", column " +
                                             std::to_string(at_ - start + 1) + ": " + what);
    }

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    /// The character in hand; 0 at the end, which no rule accepts.
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

    void skip_space() {
        while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')) {
            ++at_;
        }
    }

    bool accept(char c) {
        skip_space();
        if (at_end() || peek() != c) {
            return false;
        }
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!accept(c)) {
            fail(at_end() ? std::string("the text ends where '") + c + "' is expected"
                          : std::string("'") + c + "' is expected");
        }
    }

    JsonValue value(int depth) {
        if (depth > limits_.depth) {
            fail("nested deeper than " + std::to_string(limits_.depth) + " levels");
        }
        skip_space();
        if (at_end()) {
            fail("the text ends where a value is expected");
        }
        switch (peek()) {
        case '{':
            return object(depth);
        case '[':
            return array(depth);
        case '"':
            return JsonValue(string());
        case 't':
            return literal("true", JsonValue(true));
        case 'f':
            return literal("false", JsonValue(false));
        case 'n':
            return literal("null", JsonValue());
        default:
            return number();
        }
    }

    JsonValue literal(std::string_view word, JsonValue result) {
        if (text_.substr(at_, word.size()) != word) {
            fail("a value is expected");
        }
        at_ += word.size();
        return result;
    }

    JsonValue object(int depth) {
        JsonValue::Object members;
        std::unordered_set<std::string> keys;
        expect('{');
        if (accept('}')) {
            return JsonValue(std::move(members));
        }
        do {
            skip_space();
            if (peek() != '"') {
                fail("a key in quotes is expected");
            }
            const std::size_t start = at_;
            std::string key = string();
            if (!keys.insert(key).second) {
                at_ = start;
                fail("the key \"" + key + "\" stands twice");
            }
            expect(':');
            members.push_back({std::move(key), value(depth + 1)});
        } while (accept(','));
        expect('}');
        return JsonValue(std::move(members));
    }

    JsonValue array(int depth) {
        JsonValue::Array elements;
        expect('[');
        if (accept(']')) {
            return JsonValue(std::move(elements));
        }
        do {
            elements.push_back(value(depth + 1));
        } while (accept(','));
        expect(']');
        return JsonValue(std::move(elements));
    }

    void skip_digits() {
        if (!is_digit(peek())) {
            fail("a digit is expected");
        }
        while (is_digit(peek())) {
            ++at_;
        }
    }

    JsonValue number() {
        const std::size_t start = at_;
        if (peek() == '-') {
            ++at_;
        } else if (!is_digit(peek())) {
            fail("a value is expected");
        }
        if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
            fail("a number that begins with 0");
        }
        skip_digits();
        bool whole = true;
        if (peek() == '.') {
            whole = false;
            ++at_;
            skip_digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            whole = false;
            ++at_;
            if (peek() == '+' || peek() == '-') {
                ++at_;
            }
            skip_digits();
        }
        const char* first = text_.data() + start;
        const char* last = text_.data() + at_;
        if (whole) {
            std::int64_t integer = 0;
            if (const auto read = std::from_chars(first, last, integer);
                read.ec == std::errc() && read.ptr == last) {
                return JsonValue(integer);
            }
        }
        double result = 0;
        const auto read = std::from_chars(first, last, result);
        if (read.ec != std::errc() || read.ptr != last || !std::isfinite(result)) {
            at_ = start;
            fail("a number beyond the range of doubles");
        }
        return JsonValue(result);
    }

    std::string string() {
        std::string result;
        ++at_; // the quote
        while (true) {
            if (at_end()) {
                fail("the text ends within a string");
            }
            const char c = peek();
            if (c == '"') {
                ++at_;
                return result;
            }
            if (c == '\\') {
                ++at_;
                escape(result);
            } else if (static_cast<unsigned char>(c) < 0x20) {
                fail("a control character within a string");
            } else if (static_cast<unsigned char>(c) < 0x80) {
                result += c;
                ++at_;
            } else {
                multibyte(result);
            }
        }
    }

    void escape(std::string& to) {
        const char c = peek();
        static constexpr std::string_view names = "\"\\/bfnrt";
        static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (c == 'u') {
            ++at_;
            std::uint32_t code = hex4();
            if (code >= 0xdc00 && code <= 0xdfff) {
                fail("half of a surrogate pair");
            }
            if (code >= 0xd800 && code <= 0xdbff) {
                if (text_.substr(at_, 2) != "\\u") {
                    fail("half of a surrogate pair");
                }
                at_ += 2;
                const std::uint32_t low = hex4();
                if (low < 0xdc00 || low > 0xdfff) {
                    fail("half of a surrogate pair");
                }
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
            append_utf8(to, code);
            return;
        }
        const std::size_t index = at_end() ? std::string_view::npos : names.find(c);
        if (index == std::string_view::npos) {
            fail("an escape that JSON does not have");
        }
        to += meanings[index];
        ++at_;
    }

    std::uint32_t hex4() {
        std::uint32_t code = 0;
        const std::string_view digits = text_.substr(at_, 4);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 4 || read.ec != std::errc() ||
            read.ptr != digits.data() + digits.size()) {
            fail("four hexadecimal digits are expected");
        }
        at_ += 4;
        return code;
    }

    static void append_utf8(std::string& to, std::uint32_t code) {
        const auto byte = [&](std::uint32_t value) { to += static_cast<char>(value); };
        if (code < 0x80) {
            byte(code);
        } else if (code < 0x800) {
            byte(0xc0 | code >> 6);
            byte(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            byte(0xe0 | code >> 12);
            byte(0x80 | (code >> 6 & 0x3f));
            byte(0x80 | (code & 0x3f));
        } else {
            byte(0xf0 | code >> 18);
            byte(0x80 | (code >> 12 & 0x3f));
            byte(0x80 | (code >> 6 & 0x3f));
            byte(0x80 | (code & 0x3f));
        }
    }

    /// One character of two to four bytes: the shortest form of a code point that exists.
    void multibyte(std::string& to) {
        const auto lead = static_cast<unsigned char>(peek());
        const std::size_t count = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        std::uint32_t code = lead & (0x7fU >> count);
        bool good = lead >= 0xc2 && lead <= 0xf4 && at_ + count <= text_.size();
        for (std::size_t i = 1; good && i < count; ++i) {
            const auto next = static_cast<unsigned char>(text_[at_ + i]);
            good = (next & 0xc0) == 0x80;
            code = code << 6 | (next & 0x3f);
        }
        constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (!good || code < smallest[count] || code > 0x10ffff ||
            (code >= 0xd800 && code <= 0xdfff)) {
            fail("bytes that are not UTF-8");
        }
        to.append(text_.substr(at_, count));
        at_ += count;
    }

    std::string_view text_;
    const std::string& name_;
    JsonLimits limits_;
    std::size_t at_ = 0;
};

} // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
    if (const auto* object = get_if<Object>()) {
        for (const Member& member : *object) {
            if (member.key == key) {
                return &member.value;
            }
        }
    }
    return nullptr;
}

const char* JsonValue::kind() const {
    constexpr const char* names[] = {"null",     "true or false", "a number", "a number",
                                     "a string", "an array",      "an object"};
    return names[value_.index()];
}

JsonValue parse_json(std::string_view text, const std::string& name, const JsonLimits& limits) {
    return Parser(text, name, limits).document();
}

} // namespace millrace::runtime
