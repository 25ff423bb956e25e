// SPDX-License-Identifier: Apache-2.0
//
// The encoding of protocol buffers (proto2), as far as XRT's emulation uses it: numbers, fixed
// numbers and byte strings under field numbers. Our own messages between processes use it as well.
// A message is taken apart completely or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

/// A message taken apart; its strings are views of the bytes that it was made from.
class WireMessage {
  public:
    /// Nothing when the bytes are no message: a field is cut short, a number has more than 64 bits,
    /// or a kind of field that neither side uses.
    static std::optional<WireMessage> parse(std::string_view bytes);

    /// A field's number; the last one when it is there several times, `otherwise` when not.
    [[nodiscard]] std::uint64_t number(std::uint32_t field, std::uint64_t otherwise = 0) const;
    /// A field's bytes; the last one when it is there several times, nothing when not.
    [[nodiscard]] std::optional<std::string_view> bytes(std::uint32_t field) const;
    /// A field's bytes as text, empty when it is not there.
    [[nodiscard]] std::string text(std::uint32_t field) const;
    /// All of a repeated field.
    [[nodiscard]] std::vector<std::string_view> all(std::uint32_t field) const;
    [[nodiscard]] bool has(std::uint32_t field) const;

  private:
    struct Field {
        std::uint32_t number;
        bool is_bytes;
        std::uint64_t value;
        std::string_view bytes;
    };
    std::vector<Field> fields_;
};

/// Puts a message together.
class WireWriter {
  public:
    WireWriter& number(std::uint32_t field, std::uint64_t value);
    WireWriter& bytes(std::uint32_t field, std::string_view value);
    [[nodiscard]] const std::string& message() const { return message_; }
    std::string take() { return std::move(message_); }

  private:
    void varint(std::uint64_t value);
    std::string message_;
};

/// Fixed numbers, little endian.
std::uint64_t fixed64(const char* bytes);
std::uint32_t fixed32(const char* bytes);
void append_fixed64(std::string& to, std::uint64_t value);

} // namespace millrace::runtime
