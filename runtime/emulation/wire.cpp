// SPDX-License-Identifier: Apache-2.0
//
// A field is a varint (field number << 3 | kind) and its value: kind 0 a varint, 1 eight bytes, 2 a
// length and bytes, 5 four bytes. Groups (3, 4) are in no message that is sent here.
#include "runtime/emulation/wire.hpp"

#include <algorithm>

namespace millrace::runtime {

namespace {

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (bytes.empty()) {
            return std::nullopt;
        }
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (shift == 63 && byte > 1) {
            return std::nullopt;
        }
        value |= std::uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    return std::nullopt;
}

} // namespace

std::uint64_t fixed64(const char* bytes) {
    return fixed32(bytes) | std::uint64_t{fixed32(bytes + 4)} << 32;
}

std::uint32_t fixed32(const char* bytes) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) {
        value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    return value;
}

void append_fixed64(std::string& to, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) {
        to.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
    }
}

std::optional<WireMessage> WireMessage::parse(std::string_view bytes) {
    WireMessage message;
    while (!bytes.empty()) {
        const std::optional<std::uint64_t> key = take_varint(bytes);
        if (!key || *key >> 3 == 0 || *key >> 32 != 0) {
            return std::nullopt;
        }
        Field field{static_cast<std::uint32_t>(*key >> 3), false, 0, {}};
        switch (*key & 7) {
        case 0: {
            const std::optional<std::uint64_t> value = take_varint(bytes);
            if (!value) {
                return std::nullopt;
            }
            field.value = *value;
            break;
        }
        case 1:
        case 5: {
            const std::size_t size = (*key & 7) == 1 ? 8 : 4;
            if (bytes.size() < size) {
                return std::nullopt;
            }
            field.value = size == 8 ? fixed64(bytes.data()) : fixed32(bytes.data());
            bytes.remove_prefix(size);
            break;
        }
        case 2: {
            const std::optional<std::uint64_t> size = take_varint(bytes);
            if (!size || *size > bytes.size()) {
                return std::nullopt;
            }
            field.is_bytes = true;
            field.bytes = bytes.substr(0, static_cast<std::size_t>(*size));
            bytes.remove_prefix(static_cast<std::size_t>(*size));
            break;
        }
        default:
            return std::nullopt;
        }
        message.fields_.push_back(field);
    }
    return message;
}

std::uint64_t WireMessage::number(std::uint32_t field, std::uint64_t otherwise) const {
    std::uint64_t result = otherwise;
    for (const Field& candidate : fields_) {
        if (candidate.number == field && !candidate.is_bytes) {
            result = candidate.value;
        }
    }
    return result;
}

std::optional<std::string_view> WireMessage::bytes(std::uint32_t field) const {
    std::optional<std::string_view> result;
    for (const Field& candidate : fields_) {
        if (candidate.number == field && candidate.is_bytes) {
            result = candidate.bytes;
        }
    }
    return result;
}

std::string WireMessage::text(std::uint32_t field) const {
    return std::string(bytes(field).value_or(std::string_view()));
}

std::vector<std::string_view> WireMessage::all(std::uint32_t field) const {
    std::vector<std::string_view> result;
    for (const Field& candidate : fields_) {
        if (candidate.number == field && candidate.is_bytes) {
            result.push_back(candidate.bytes);
        }
    }
    return result;
}

bool WireMessage::has(std::uint32_t field) const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [field](const Field& candidate) { return candidate.number == field; });
}

void WireWriter::varint(std::uint64_t value) {
    while (value >= 0x80) {
        message_.push_back(static_cast<char>((value & 0x7F) | 0x80));
        value >>= 7;
    }
    message_.push_back(static_cast<char>(value));
}

WireWriter& WireWriter::number(std::uint32_t field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3);
    varint(value);
    return *this;
}

WireWriter& WireWriter::bytes(std::uint32_t field, std::string_view value) {
    varint(std::uint64_t{field} << 3 | 2);
    varint(value.size());
    message_.append(value);
    return *this;
}

} // namespace millrace::runtime
