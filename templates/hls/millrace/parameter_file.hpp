// SPDX-License-Identifier: Apache-2.0
//
// Reads an actor network's constants from one binary file, or from its bytes in memory, for C
// simulation only.
//
// The file, all numbers little-endian:
//   8 bytes   magic "MLRPARAM"
//   uint32    version, 1
//   uint32    number of sections
//   per section 128 bytes: char name[96] (zero-padded), uint32 encoding (0 unsigned, 1 signed,
//             2 bipolar), uint32 bits (1..64), uint64 count of elements, uint64 offset of the data
//             from the start of the file, uint64 bytes of data = 8 * ceil(count * bits / 64)
//   data      sections in the order of the table, without gaps
// Element i of a section is bits [i * bits, (i + 1) * bits) of its data, bit j of the data being
// bit j % 8 of byte j / 8.
//
// Everything is checked before it is used: a file that is missing, cut short, too long, of another
// version, or whose sections are not exactly those asked for throws std::runtime_error with the
// file's name and what is wrong.
#ifndef MILLRACE_PARAMETER_FILE_HPP
#define MILLRACE_PARAMETER_FILE_HPP

#include "parameters.hpp"

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

namespace millrace {

class ParameterFile {
  public:
    ParameterFile(const std::string& directory, const std::string& name)
        : path_(directory.empty() ? name : directory + "/" + name) {
        read_bytes();
        check_header();
    }

    // The file's bytes in memory, which are copied; `name` stands in messages.
    ParameterFile(const void* data, std::size_t size, const std::string& name)
        : path_(name),
          bytes_(static_cast<const unsigned char*>(data),
                 static_cast<const unsigned char*>(data) + size) {
        check_header();
    }

    // Fills a parameter object from the section of that name. Only the loop depends on the object's
    // type, so that a network of many objects compiles quickly.
    template <typename Parameters> void load(const char* name, Parameters& parameters) {
        typedef typename Parameters::Encoding E;
        parameters.resize();
        constexpr std::uint32_t encoding = E::is_bipolar ? 2 : E::is_signed ? 1 : 0;
        const unsigned char* const data =
            section_data(name, encoding, E::bits, parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            parameters.set(i, fast::decode_code<E>(code_at(data, i, E::bits)));
        }
    }

    // To be called after the last load: every section of the file must have been used.
    void finish() const {
        if (loaded_ != sections_) {
            fail("it has " + std::to_string(sections_) + " sections, the design uses " +
                 std::to_string(loaded_));
        }
    }

  private:
    struct Section {
        std::uint32_t encoding;
        std::uint32_t bits;
        std::uint64_t count;
        std::uint64_t offset;
    };
    static constexpr std::size_t header_bytes = 16;
    static constexpr std::size_t name_bytes = 96;
    static constexpr std::size_t entry_bytes = 128;

    static std::uint64_t word64(const unsigned char* p) {
        std::uint64_t value = 0;
        for (int i = 7; i >= 0; --i) value = value << 8 | p[i];
        return value;
    }
    static std::uint32_t word32(const unsigned char* p) {
        return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
               static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw std::runtime_error("parameter file '" + path_ + "': " + what);
    }

    void read_bytes() {
        std::FILE* file = std::fopen(path_.c_str(), "rb");
        if (file == nullptr) fail("cannot be opened");
        bool good = std::fseek(file, 0, SEEK_END) == 0;
        const long size = good ? std::ftell(file) : -1;
        good = size >= 0 && std::fseek(file, 0, SEEK_SET) == 0;
        if (good) {
            bytes_.resize(static_cast<std::size_t>(size));
            good = std::fread(bytes_.data(), 1, bytes_.size(), file) == bytes_.size();
        }
        std::fclose(file);
        if (!good) fail("cannot be read");
    }

    void check_header() {
        if (bytes_.size() < header_bytes || std::memcmp(bytes_.data(), "MLRPARAM", 8) != 0) {
            fail("is not a parameter file");
        }
        if (word32(bytes_.data() + 8) != 1) fail("has another version than 1");
        sections_ = word32(bytes_.data() + 12);
        if (sections_ > (bytes_.size() - header_bytes) / entry_bytes) fail("is cut short");
        std::uint64_t expected = header_bytes + entry_bytes * sections_;
        for (std::size_t i = 0; i < sections_; ++i) {
            const unsigned char* entry = bytes_.data() + header_bytes + entry_bytes * i;
            const std::uint64_t bits = word32(entry + name_bytes + 4);
            const std::uint64_t count = word64(entry + name_bytes + 8);
            const std::uint64_t size = word64(entry + name_bytes + 24);
            if (bits < 1 || bits > 64 || count > 8 * bytes_.size()) fail("has a damaged table");
            if (size != (count * bits + 63) / 64 * 8) fail("has a damaged table");
            if (word64(entry + name_bytes + 16) != expected) fail("has a damaged table");
            expected += size;
            if (expected > bytes_.size()) fail("is cut short");
        }
        if (expected != bytes_.size()) fail("is longer than its table says");
    }

    // The data of a section that must be exactly of this type and size.
    const unsigned char* section_data(const char* name, std::uint32_t encoding, std::uint32_t bits,
                                      std::uint64_t count) {
        const Section section = find(name);
        if (section.encoding != encoding || section.bits != bits) {
            fail(std::string("section '") + name + "' has another element type");
        }
        if (section.count != count) {
            fail(std::string("section '") + name + "' has " + std::to_string(section.count) +
                 " elements instead of " + std::to_string(count));
        }
        ++loaded_;
        return bytes_.data() + section.offset;
    }

    static std::uint64_t code_at(const unsigned char* data, std::size_t index, int bits) {
        const std::size_t at = index * static_cast<std::size_t>(bits);
        const int offset = static_cast<int>(at & 63);
        std::uint64_t code = word64(data + at / 64 * 8) >> offset;
        if (offset + bits > 64) code |= word64(data + at / 64 * 8 + 8) << (64 - offset);
        return code & (~std::uint64_t(0) >> (64 - bits));
    }

    Section find(const char* name) const {
        if (std::strlen(name) < name_bytes) {
            for (std::size_t i = 0; i < sections_; ++i) {
                const unsigned char* entry = bytes_.data() + header_bytes + entry_bytes * i;
                char stored[name_bytes + 1] = {};
                std::memcpy(stored, entry, name_bytes);
                if (std::strcmp(stored, name) == 0) {
                    return {word32(entry + name_bytes), word32(entry + name_bytes + 4),
                            word64(entry + name_bytes + 8), word64(entry + name_bytes + 16)};
                }
            }
        }
        fail(std::string("has no section '") + name + "'");
    }

    std::string path_;
    std::vector<unsigned char> bytes_;
    std::size_t sections_ = 0;
    std::size_t loaded_ = 0;
};

} // namespace millrace

#endif // MILLRACE_PARAMETER_FILE_HPP
