// SPDX-License-Identifier: Apache-2.0
//
// JSON as RFC 8259 has it, and nothing else: no comments, no trailing commas, no duplicate keys, no
// numbers beyond the doubles, valid UTF-8 only. Integers that fit 64 bits are kept as integers, all
// other numbers are the nearest doubles, so what a compiler wrote is read back bit for bit. Depth
// and size are limited, so that no file can exhaust the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::runtime {

class JsonValue {
  public:
    struct Member; ///< of an object: key and value
    using Array = std::vector<JsonValue>;
    using Object = std::vector<Member>; ///< in the file's order
    using Null = std::monostate;
    using Storage = std::variant<Null, bool, std::int64_t, double, std::string, Array, Object>;

    JsonValue() = default;
    explicit JsonValue(Storage value) : value_(std::move(value)) {}

    /// The value as one of Storage's types, or null when it is another.
    template <class T> [[nodiscard]] const T* get_if() const { return std::get_if<T>(&value_); }
    [[nodiscard]] bool is_null() const { return std::holds_alternative<Null>(value_); }
    /// A member of an object; null when there is none or this is no object.
    [[nodiscard]] const JsonValue* find(std::string_view key) const;
    /// What this is, for messages: "a string", "an array", ...
    [[nodiscard]] const char* kind() const;

  private:
    Storage value_;
};

struct JsonValue::Member {
    std::string key;
    JsonValue value;
};

struct JsonLimits {
    std::size_t bytes = std::size_t{1} << 30;
    int depth = 64;
};

/// Reads a text. `name` (a file's) stands in messages. Throws Error(ErrorKind::manifest) with line
/// and column, both from 1, columns in bytes.
JsonValue parse_json(std::string_view text, const std::string& name, const JsonLimits& limits = {});

} // namespace millrace::runtime
