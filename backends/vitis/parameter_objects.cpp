// SPDX-License-Identifier: Apache-2.0
#include "backends/vitis/parameter_objects.hpp"

#include "backends/bit_writer.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <limits>

namespace millrace::backends {

namespace {

void append_number(std::string& text, std::int64_t number, const ElementFormat& format) {
    if (format.encoding == Encoding::bipolar) {
        text += number > 0 ? '1' : '0';
        return;
    }
    if (number == std::numeric_limits<std::int64_t>::min()) {
        text += "(-9223372036854775807LL - 1)"; // the literal itself does not exist
        return;
    }
    fmt::format_to(std::back_inserter(text), "{}", number);
    if (number != static_cast<std::int32_t>(number)) {
        text += "LL";
    }
}

void append_weight_words(std::string& text, const ParameterObject& object) {
    const std::int64_t output_folds = object.channels / object.pe;
    const std::int64_t input_folds = object.depth / object.simd;
    const std::int64_t word_bits = object.simd * object.element.bits;
    text.reserve(static_cast<std::size_t>(object.channels * object.depth) *
                     static_cast<std::size_t>(object.element.bits) / 4 +
                 static_cast<std::size_t>(object.channels * input_folds) * 32);
    text += "{\n";
    for (std::int64_t pe = 0; pe < object.pe; ++pe) {
        text += "{";
        for (std::int64_t nf = 0; nf < output_folds; ++nf) {
            for (std::int64_t sf = 0; sf < input_folds; ++sf) {
                BitWriter word;
                const auto first = static_cast<std::size_t>((nf * object.pe + pe) * object.depth +
                                                            sf * object.simd);
                for (std::int64_t s = 0; s < object.simd; ++s) {
                    word.append(element_code(object.numbers[first + static_cast<std::size_t>(s)],
                                             object.element),
                                object.element.bits);
                }
                text += nf + sf == 0 ? "" : ",\n";
                const std::string bytes = word.finish(1);
                if (word_bits <= 64) {
                    text += "0x";
                    append_hex(text, bytes);
                    text += word_bits <= 32 ? "u" : "ULL";
                } else {
                    fmt::format_to(std::back_inserter(text), "ap_uint<{}>(\"0x", word_bits);
                    append_hex(text, bytes);
                    text += "\", 16)";
                }
            }
        }
        text += pe + 1 == object.pe ? "}\n" : "},\n";
    }
    text += "}\n";
}

/// Rows of the hardware's ROMs: for each PE lane, number `select(channel row)` by fold.
template <class Entries>
void append_rows(std::string& text, const ParameterObject& object, Entries&& entries) {
    const std::int64_t rows = object.shared ? 1 : object.pe;
    const std::int64_t folds = object.shared ? 1 : object.channels / object.pe;
    text += "{\n";
    for (std::int64_t pe = 0; pe < rows; ++pe) {
        text += "{";
        for (std::int64_t fold = 0; fold < folds; ++fold) {
            const auto row = static_cast<std::size_t>((object.shared ? 0 : fold * object.pe + pe) *
                                                      object.depth);
            text += fold == 0 ? "" : ",\n";
            entries(row);
        }
        text += pe + 1 == rows ? "}\n" : "},\n";
    }
    text += "}";
}

int tree_stages(std::int64_t count) {
    return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count))));
}

} // namespace

std::string encoding_type(const ElementFormat& format) {
    switch (format.encoding) {
    case Encoding::unsigned_integer:
        return fmt::format("millrace::Unsigned<{}>", format.bits);
    case Encoding::signed_integer:
        return fmt::format("millrace::Signed<{}>", format.bits);
    case Encoding::bipolar:
        return "millrace::Bipolar";
    }
    throw Defect("unknown encoding");
}

std::string object_type(const ParameterObject& object) {
    const std::string element = encoding_type(object.element);
    switch (object.kind) {
    case ParameterObject::Kind::weights:
        return fmt::format("millrace::MatrixWeights<{}, {}, {}, {}, {}>", object.depth,
                           object.channels, object.simd, object.pe, element);
    case ParameterObject::Kind::table:
        return fmt::format("millrace::ChannelTable<{}, {}, {}, {}, {}>", object.channels, object.pe,
                           element, object.depth, object.shared);
    case ParameterObject::Kind::tree:
        return fmt::format("millrace::ThresholdTree<{}, {}, {}, {}, {}>", object.channels,
                           object.pe, element, object.depth, object.shared);
    }
    throw Defect("unknown kind of parameter object");
}

std::vector<std::string> object_members(const ParameterObject& object) {
    switch (object.kind) {
    case ParameterObject::Kind::weights:
        return {"words"};
    case ParameterObject::Kind::table:
        return {"values"};
    case ParameterObject::Kind::tree: {
        std::vector<std::string> members;
        for (int stage = 0; stage < tree_stages(object.depth); ++stage) {
            members.push_back(fmt::format("level{}", stage));
        }
        return members;
    }
    }
    throw Defect("unknown kind of parameter object");
}

std::string object_initialiser(const ParameterObject& object) {
    std::string text;
    switch (object.kind) {
    case ParameterObject::Kind::weights:
        append_weight_words(text, object);
        return text;
    case ParameterObject::Kind::table:
        append_rows(text, object, [&](std::size_t row) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(object.depth); ++i) {
                text += i == 0 ? "" : ", ";
                append_number(text, object.numbers[row + i], object.element);
            }
        });
        text += '\n';
        return text;
    case ParameterObject::Kind::tree: {
        const int stages = tree_stages(object.depth);
        for (int stage = 0; stage < stages; ++stage) {
            append_rows(text, object, [&](std::size_t row) {
                for (std::int64_t i = 0; i < std::int64_t{1} << stage; ++i) {
                    const std::int64_t index = ((2 * i + 1) << (stages - 1 - stage)) - 1;
                    text += i == 0 ? "" : ", ";
                    append_number(text,
                                  index < object.depth
                                      ? object.numbers[row + static_cast<std::size_t>(index)]
                                      : 0,
                                  object.element);
                }
            });
            text += ",\n";
        }
        return text;
    }
    }
    throw Defect("unknown kind of parameter object");
}

std::string parameter_file(const std::vector<ParameterObject>& objects) {
    constexpr std::size_t name_bytes = 96;
    constexpr std::size_t entry_bytes = 128;
    std::string header = "MLRPARAM";
    const auto append_integer = [&header](std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) {
            header += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
        }
    };
    append_integer(1, 4);
    append_integer(objects.size(), 4);
    std::uint64_t offset = header.size() + objects.size() * entry_bytes;
    std::vector<std::string> sections;
    for (const ParameterObject& object : objects) {
        BitWriter writer;
        writer.reserve(object.numbers.size() * static_cast<std::size_t>(object.element.bits) / 8 +
                       8);
        for (const std::int64_t number : object.numbers) {
            writer.append(element_code(number, object.element), object.element.bits);
        }
        sections.push_back(writer.finish(8));
        if (object.name.size() >= name_bytes) {
            throw Defect("name of a parameter object is too long");
        }
        header += object.name;
        header.append(name_bytes - object.name.size(), '\0');
        append_integer(static_cast<std::uint64_t>(object.element.encoding), 4);
        append_integer(static_cast<std::uint64_t>(object.element.bits), 4);
        append_integer(object.numbers.size(), 8);
        append_integer(offset, 8);
        append_integer(sections.back().size(), 8);
        offset += sections.back().size();
    }
    for (std::string& section : sections) {
        header += section;
        section = {};
    }
    return header;
}

ParameterObject weight_object(std::string name, const Tensor& weights, const ElementFormat& format,
                              std::int64_t pe, std::int64_t simd) {
    const ScaledIntegers* scaled = weights.scaled();
    if (scaled == nullptr) {
        throw Defect("weights are not integers");
    }
    ParameterObject object;
    object.name = std::move(name);
    object.kind = ParameterObject::Kind::weights;
    object.element = format;
    object.depth = weights.shape().at(0);
    object.channels = weights.shape().at(1);
    object.pe = pe;
    object.simd = simd;
    const auto inputs = static_cast<std::size_t>(object.depth);
    const auto outputs = static_cast<std::size_t>(object.channels);
    object.numbers.resize(inputs * outputs);
    constexpr std::size_t block = 32; // a transposition that stays in the cache
    for (std::size_t n0 = 0; n0 < outputs; n0 += block) {
        for (std::size_t k0 = 0; k0 < inputs; k0 += block) {
            for (std::size_t n = n0; n < std::min(n0 + block, outputs); ++n) {
                for (std::size_t k = k0; k < std::min(k0 + block, inputs); ++k) {
                    object.numbers[n * inputs + k] = scaled->values[k * outputs + n];
                }
            }
        }
    }
    return object;
}

ParameterObject row_object(std::string name, ParameterObject::Kind kind,
                           const std::vector<std::vector<std::int64_t>>& rows,
                           const ElementFormat& element, std::int64_t channels, std::int64_t pe) {
    ParameterObject object;
    object.name = std::move(name);
    object.kind = kind;
    object.element = element;
    object.channels = channels;
    object.pe = pe;
    object.depth = std::ssize(rows.front());
    object.shared = rows.size() == 1;
    for (const auto& row : rows) {
        object.numbers.insert(object.numbers.end(), row.begin(), row.end());
    }
    return object;
}

} // namespace millrace::backends
