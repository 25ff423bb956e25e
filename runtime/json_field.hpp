// SPDX-License-Identifier: Apache-2.0
//
// Checked reading of a parsed manifest: every access says what it wants, and a message says where
// in the file it is not so ("inputs[0].bits: 0 is not in 1..64").
#pragma once

#include "runtime/array.hpp"
#include "runtime/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

/// A place in a manifest. Refers to the JSON value, which must outlive it. All functions but the
/// constructor throw Error(ErrorKind::manifest).
class JsonField {
  public:
    JsonField(const JsonValue& value, std::string path) : value_(&value), path_(std::move(path)) {}

    [[nodiscard]] const JsonValue& value() const { return *value_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool is_null() const { return value_->is_null(); }
    /// Whether this object has the key.
    [[nodiscard]] bool has(std::string_view key) const;
    /// A member that must be there.
    [[nodiscard]] JsonField operator[](std::string_view key) const;
    /// The elements of an array.
    [[nodiscard]] std::vector<JsonField> elements() const;
    [[nodiscard]] const JsonValue::Array& array() const;
    [[nodiscard]] const JsonValue::Object& object() const;
    [[nodiscard]] const std::string& string() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] double number() const;
    [[nodiscard]] std::int64_t integer() const;
    /// An integer of [low, high].
    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
    [[nodiscard]] std::vector<std::int64_t> integers() const;
    /// Dimensions: none negative, their product at most 2^31, which is more than any
    /// board takes.
    [[nodiscard]] Shape shape() const;
    /// Throws with the place in front of the message.
    [[noreturn]] void fail(const std::string& what) const;

  private:
    const JsonValue* value_;
    std::string path_;
};

} // namespace millrace::runtime
