// SPDX-License-Identifier: Apache-2.0
//
// The header of a .npy file is a Python dictionary literal with three keys. It is read by a parser
// for just that: strings, True, False and tuples of numbers. Format: the NumPy enhancement proposal
// 1 and numpy.lib.format.
#include "runtime/npy.hpp"

#include "runtime/error.hpp"
#include "runtime/printable.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace millrace::runtime {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 20;
/// Beyond NumPy's own limit of 64.
constexpr std::size_t most_dimensions = 64;

/// The file is not usable; the message says why.
class Malformed : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct Header {
    std::string descr;
    bool fortran_order = false;
    Shape shape;
};

class HeaderParser {
  public:
    explicit HeaderParser(std::string_view text) : text_(text) {}

    Header parse() {
        Header header;
        bool has_descr = false;
        bool has_order = false;
        bool has_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                header.descr = descr();
                has_descr = true;
            } else if (key == "fortran_order") {
                header.fortran_order = boolean();
                has_order = true;
            } else if (key == "shape") {
                header.shape = tuple();
                has_shape = true;
            } else {
                throw Malformed("the header has an unknown key");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_blanks();
        if (position_ != text_.size()) {
            throw Malformed("the header has text behind its end");
        }
        if (!has_descr || !has_order || !has_shape) {
            throw Malformed("the header lacks 'descr', 'fortran_order' or 'shape'");
        }
        return header;
    }

  private:
    void skip_blanks() {
        position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
    }
    bool accept(char character) {
        skip_blanks();
        if (position_ < text_.size() && text_[position_] == character) {
            ++position_;
            return true;
        }
        return false;
    }
    void expect(char character) {
        if (!accept(character)) {
            throw Malformed(std::string("the header is not a dictionary: '") + character +
                            "' expected");
        }
    }
    bool accept_word(std::string_view word) {
        skip_blanks();
        if (text_.substr(position_).starts_with(word)) {
            position_ += word.size();
            return true;
        }
        return false;
    }

    std::string string() {
        skip_blanks();
        const char quote = position_ < text_.size() ? text_[position_] : '\0';
        if (quote != '\'' && quote != '"') {
            throw Malformed("the header is not a dictionary: a string is expected");
        }
        const std::size_t end = text_.find(quote, position_ + 1);
        if (end == std::string_view::npos) {
            throw Malformed("the header has a string without end");
        }
        std::string result(text_.substr(position_ + 1, end - position_ - 1));
        position_ = end + 1;
        return result;
    }

    std::string descr() {
        skip_blanks();
        if (position_ < text_.size() && text_[position_] == '[') {
            throw Malformed("structured arrays are not supported");
        }
        return string();
    }

    bool boolean() {
        if (accept_word("True")) {
            return true;
        }
        if (accept_word("False")) {
            return false;
        }
        throw Malformed("'fortran_order' is neither True nor False");
    }

    Shape tuple() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            skip_blanks();
            std::int64_t value = 0;
            const char* begin = text_.data() + position_;
            const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
            if (error != std::errc() || value < 0) {
                throw Malformed("'shape' is not a tuple of sizes");
            }
            position_ += static_cast<std::size_t>(end - begin);
            accept('L'); // as Python 2 wrote long integers
            shape.push_back(value);
            if (shape.size() > most_dimensions) {
                throw Malformed("'shape' has too many dimensions");
            }
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

struct ElementName {
    ElementType type;
    std::string_view name; ///< without the byte order
};
constexpr std::array element_names{
    ElementName{ElementType::boolean, "b1"}, ElementName{ElementType::int8, "i1"},
    ElementName{ElementType::uint8, "u1"},   ElementName{ElementType::int16, "i2"},
    ElementName{ElementType::uint16, "u2"},  ElementName{ElementType::int32, "i4"},
    ElementName{ElementType::uint32, "u4"},  ElementName{ElementType::int64, "i8"},
    ElementName{ElementType::uint64, "u8"},  ElementName{ElementType::float16, "f2"},
    ElementName{ElementType::float32, "f4"}, ElementName{ElementType::float64, "f8"},
};

ElementType element_type(const std::string& descr) {
    if (descr.size() > 1 && std::string_view("<>=|").find(descr[0]) != std::string_view::npos) {
        for (const ElementName& element : element_names) {
            if (element.name == std::string_view(descr).substr(1)) {
                return element.type;
            }
        }
    }
    throw Malformed("elements of type '" + printable(descr) + "' are not supported");
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | static_cast<unsigned char>(bytes[i - 1]);
    }
    return value;
}

/// Product of the sizes, or nothing beyond `limit`.
std::optional<std::size_t> checked_count(const Shape& shape, std::size_t limit) {
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
        return 0;
    }
    std::size_t count = 1;
    for (const std::int64_t size : shape) {
        if (static_cast<std::uint64_t>(size) > limit / count) {
            return std::nullopt;
        }
        count *= static_cast<std::size_t>(size);
    }
    return count;
}

/// Elements in Fortran order to row-major order.
void reorder(const Shape& shape, std::size_t element_size, std::string_view from,
             std::vector<std::byte>& to) {
    std::vector<std::size_t> strides(shape.size());
    std::size_t stride = element_size;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        strides[axis] = stride;
        stride *= static_cast<std::size_t>(shape[axis]);
    }
    std::vector<std::int64_t> index(shape.size(), 0);
    for (std::size_t offset = 0; offset < to.size(); offset += element_size) {
        std::size_t source = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            source += static_cast<std::size_t>(index[axis]) * strides[axis];
        }
        std::memcpy(to.data() + offset, from.data() + source, element_size);
        for (std::size_t axis = shape.size(); axis > 0; --axis) {
            if (++index[axis - 1] < shape[axis - 1]) {
                break;
            }
            index[axis - 1] = 0;
        }
    }
}

Array parse(std::string_view bytes) {
    if (!bytes.starts_with(magic) || bytes.size() < 10) {
        throw Malformed("this is not a .npy file");
    }
    const auto major = static_cast<unsigned char>(bytes[6]);
    if (major < 1 || major > 3) {
        throw Malformed("format version " + std::to_string(major) + " is unknown");
    }
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    if (bytes.size() < 8 + length_bytes) {
        throw Malformed("the file ends within its header");
    }
    const std::size_t length = little_endian(bytes.substr(8, length_bytes));
    const std::size_t begin = 8 + length_bytes;
    if (length > longest_header) {
        throw Malformed("the header is too long");
    }
    if (bytes.size() < begin + length) {
        throw Malformed("the file ends within its header");
    }
    const Header header = HeaderParser(bytes.substr(begin, length)).parse();
    const ElementType type = element_type(header.descr);
    const std::size_t element_size = bytes_per_element(type);
    const std::string_view data = bytes.substr(begin + length);
    const auto count = checked_count(header.shape, data.size() / element_size);
    if (!count) {
        throw Malformed("the file ends too early: shape " + to_string(header.shape) + " of " +
                        to_string(type) + " needs more than its " + std::to_string(data.size()) +
                        " bytes of data");
    }
    if (*count * element_size != data.size()) {
        throw Malformed(std::to_string(data.size() - *count * element_size) +
                        " bytes follow the data");
    }
    Array array;
    array.type = type;
    array.shape = header.shape;
    array.bytes.resize(data.size());
    if (header.fortran_order && header.shape.size() > 1) {
        reorder(header.shape, element_size, data, array.bytes);
    } else if (!data.empty()) {
        std::memcpy(array.bytes.data(), data.data(), data.size());
    }
    static_assert(std::endian::native == std::endian::little, "arrays are little-endian");
    if (header.descr[0] == '>') {
        for (std::size_t offset = 0; offset < array.bytes.size(); offset += element_size) {
            const auto first = array.bytes.begin() + static_cast<std::ptrdiff_t>(offset);
            std::reverse(first, first + static_cast<std::ptrdiff_t>(element_size));
        }
    }
    if (type == ElementType::boolean) {
        for (std::byte& value : array.bytes) {
            value = value == std::byte{0} ? std::byte{0} : std::byte{1};
        }
    }
    return array;
}

/// The array in a type that NumPy has.
Array storable(const Array& array) {
    Array result = array;
    if (array.type == ElementType::int4) {
        result.type = ElementType::int8;
    } else if (array.type == ElementType::uint4) {
        result.type = ElementType::uint8;
    } else if (array.type == ElementType::bfloat16) {
        // The upper half of the same number's float32.
        result = Array(ElementType::float32, array.shape);
        for (std::size_t i = 0; i + 1 < array.bytes.size(); i += 2) {
            result.bytes[2 * i + 2] = array.bytes[i];
            result.bytes[2 * i + 3] = array.bytes[i + 1];
        }
    }
    return result;
}

} // namespace

Array parse_npy(std::string_view bytes) {
    try {
        return parse(bytes);
    } catch (const Malformed& problem) {
        throw Error(ErrorKind::file, problem.what());
    }
}

Array read_npy(const std::filesystem::path& file) {
    std::error_code error;
    std::ifstream stream(file, std::ios::binary);
    if (std::filesystem::is_directory(file, error) || !stream) {
        throw Error(ErrorKind::file, "the file cannot be read");
    }
    std::ostringstream bytes;
    bytes << stream.rdbuf();
    return parse_npy(bytes.view());
}

std::string npy_bytes(const Array& array) {
    const Array stored = storable(array);
    const auto name = std::find_if(element_names.begin(), element_names.end(),
                                   [&](const ElementName& e) { return e.type == stored.type; });
    if (name == element_names.end()) {
        throw Error(ErrorKind::usage, "array of a type that .npy cannot hold");
    }
    std::string shape;
    for (const std::int64_t size : stored.shape) {
        shape += std::to_string(size) + ", ";
    }
    if (stored.shape.size() > 1) {
        shape.resize(shape.size() - 2);
    } else if (!shape.empty()) {
        shape.pop_back();
    }
    std::string header = "{'descr': '";
    header += bytes_per_element(stored.type) == 1 ? '|' : '<';
    header += std::string(name->name) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    // Data begins at a multiple of 64 bytes; the header ends with a newline.
    constexpr std::size_t alignment = 64;
    const std::size_t unpadded = magic.size() + 4 + header.size() + 1;
    header.append((alignment - unpadded % alignment) % alignment, ' ');
    header += '\n';
    std::string result(magic);
    result += '\1';
    result += '\0';
    result += static_cast<char>(header.size() & 0xff);
    result += static_cast<char>(header.size() >> 8);
    result += header;
    result.append(reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size());
    return result;
}

} // namespace millrace::runtime
