// SPDX-License-Identifier: Apache-2.0
//
// Constants as bits: element by element from bit 0, and as digits of generated text.
#pragma once

#include "ir/type.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::backends {

/// The bits of a number in a format.
std::uint64_t element_code(std::int64_t number, const ElementFormat& format);

/// The narrowest format for all numbers of some rows.
ElementFormat format_of(const std::vector<std::vector<std::int64_t>>& rows);

/// Bits in little-endian order, appended element by element.
class BitWriter {
  public:
    void append(std::uint64_t value, int bits);
    /// All bytes, the last one filled with zeros, padded to a multiple; the writer is empty then.
    std::string finish(std::size_t multiple);
    void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  private:
    __extension__ typedef unsigned __int128 Uint128;
    Uint128 pending_ = 0;
    int filled_ = 0;
    std::string bytes_;
};

/// Appends the hexadecimal digits of a little-endian number, two for each byte.
void append_hex(std::string& text, const std::string& little_endian_bytes);

} // namespace millrace::backends
