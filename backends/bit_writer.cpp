// SPDX-License-Identifier: Apache-2.0
#include "backends/bit_writer.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace millrace::backends {

std::uint64_t element_code(std::int64_t number, const ElementFormat& format) {
    if (format.encoding == Encoding::bipolar) {
        return number > 0 ? 1 : 0;
    }
    const auto bits = static_cast<std::uint64_t>(number);
    return format.bits == 64 ? bits : bits & ((std::uint64_t{1} << format.bits) - 1);
}

ElementFormat format_of(const std::vector<std::vector<std::int64_t>>& rows) {
    std::int64_t lo = std::numeric_limits<std::int64_t>::max();
    std::int64_t hi = std::numeric_limits<std::int64_t>::min();
    for (const auto& row : rows) {
        for (const std::int64_t number : row) {
            lo = std::min(lo, number);
            hi = std::max(hi, number);
        }
    }
    return format_for(lo, hi);
}

void BitWriter::append(std::uint64_t value, int bits) {
    pending_ |= static_cast<Uint128>(value) << filled_;
    filled_ += bits;
    while (filled_ >= 8) {
        bytes_ += static_cast<char>(static_cast<unsigned char>(pending_ & 0xff));
        pending_ >>= 8;
        filled_ -= 8;
    }
}

std::string BitWriter::finish(std::size_t multiple) {
    if (filled_ > 0) {
        bytes_ += static_cast<char>(static_cast<unsigned char>(pending_ & 0xff));
        pending_ = 0;
        filled_ = 0;
    }
    bytes_.resize((bytes_.size() + multiple - 1) / multiple * multiple, '\0');
    return std::exchange(bytes_, {});
}

void append_hex(std::string& text, const std::string& little_endian_bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (auto it = little_endian_bytes.rbegin(); it != little_endian_bytes.rend(); ++it) {
        const auto byte = static_cast<unsigned char>(*it);
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
}

} // namespace millrace::backends
