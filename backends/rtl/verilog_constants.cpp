// SPDX-License-Identifier: Apache-2.0
#include "backends/rtl/verilog_constants.hpp"

#include "backends/bit_writer.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <span>

namespace millrace::backends {

namespace {

/// The digits of a number of `bits`, no more of them than it needs.
std::string digits_of(const std::string& little_endian_bytes, std::int64_t bits) {
    std::string text;
    append_hex(text, little_endian_bytes);
    const auto wanted = static_cast<std::size_t>((bits + 3) / 4);
    return text.substr(text.size() - wanted);
}

template <class Codes> std::string literal(const Codes& codes, int bits) {
    constexpr std::size_t widest = 65536;
    const std::size_t count = std::size(codes);
    const std::size_t a_literal = widest / static_cast<std::size_t>(bits);
    std::vector<std::string> parts; // from bit 0
    for (std::size_t first = 0; first < count; first += a_literal) {
        const std::size_t here = std::min(a_literal, count - first);
        BitWriter writer;
        for (std::size_t i = 0; i < here; ++i) {
            writer.append(codes[first + i], bits);
        }
        const auto width = static_cast<std::int64_t>(here) * bits;
        parts.push_back(fmt::format("{}'h{}", width, digits_of(writer.finish(1), width)));
    }
    if (parts.size() == 1) {
        return parts.front();
    }
    std::reverse(parts.begin(), parts.end());
    return fmt::format("{{{}}}", fmt::join(parts, ",\n          "));
}

const std::vector<std::int32_t>& integers(const Tensor& weights) {
    const ScaledIntegers* scaled = weights.scaled();
    if (scaled == nullptr) {
        throw Defect("weights are not integers");
    }
    return scaled->values;
}

} // namespace

int encoding_code(Encoding encoding) {
    switch (encoding) {
    case Encoding::unsigned_integer:
        return 0;
    case Encoding::signed_integer:
        return 1;
    case Encoding::bipolar:
        return 2;
    }
    throw Defect("unknown encoding");
}

std::string literal_64(std::int64_t number) {
    return fmt::format("64'h{:016x}", static_cast<std::uint64_t>(number));
}

std::string list_literal(const std::vector<std::int64_t>& entries) {
    std::vector<std::string> parts;
    for (const std::int64_t entry : entries) {
        parts.push_back(fmt::format("32'd{}", entry));
    }
    std::reverse(parts.begin(), parts.end());
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string packed_literal(const NumberRows& rows, const ElementFormat& format) {
    std::vector<std::uint64_t> codes;
    for (const auto& row : rows) {
        for (const std::int64_t number : row) {
            codes.push_back(element_code(number, format));
        }
    }
    return literal(codes, format.bits);
}

std::string packed_literal(const std::vector<std::int64_t>& numbers, int bits) {
    return packed_literal(NumberRows{numbers}, {bits, Encoding::signed_integer});
}

std::string matrix_file(const Tensor& weights, const ElementFormat& format, std::int64_t pe,
                        std::int64_t simd) {
    const std::vector<std::int32_t>& numbers = integers(weights);
    const std::int64_t inputs = weights.shape().at(0);
    const std::int64_t outputs = weights.shape().at(1);
    const std::int64_t word_bits = pe * simd * format.bits;
    std::string text;
    text.reserve(static_cast<std::size_t>(inputs * outputs / (pe * simd)) *
                 static_cast<std::size_t>(word_bits / 4 + 2));
    // Groups and their blocks of outputs follow each other: outputs in order.
    for (std::int64_t n = 0; n < outputs; n += pe) {
        for (std::int64_t k = 0; k < inputs; k += simd) {
            BitWriter word;
            for (std::int64_t p = 0; p < pe; ++p) {
                for (int bit = 0; bit < format.bits; ++bit) {
                    for (std::int64_t s = 0; s < simd; ++s) {
                        const std::int64_t at = (k + s) * outputs + n + p;
                        const std::uint64_t code =
                            element_code(numbers[static_cast<std::size_t>(at)], format);
                        word.append(code >> bit & 1, 1);
                    }
                }
            }
            text += digits_of(word.finish(1), word_bits);
            text += '\n';
        }
    }
    return text;
}

} // namespace millrace::backends
