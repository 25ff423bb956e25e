// SPDX-License-Identifier: Apache-2.0
//
// Writes parameter files for benches, from the description of the format in templates/hls/README.md
// and bit by bit, so that nothing is shared with the reader; and a directory to put them in.
#ifndef MILLRACE_TESTS_HLS_PARAMETER_WRITER_HPP
#define MILLRACE_TESTS_HLS_PARAMETER_WRITER_HPP

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace bench {

struct Section {
    std::string name;
    std::uint32_t encoding;
    std::uint32_t bits;
    std::vector<std::int64_t> numbers;
};

inline void append(std::string& bytes, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 255));
}

inline std::string file_of(const std::vector<Section>& sections) {
    std::string bytes = "MLRPARAM";
    append(bytes, 1, 4);
    append(bytes, sections.size(), 4);
    std::string data;
    for (const Section& section : sections) {
        std::string name = section.name;
        name.resize(96, '\0');
        bytes += name;
        append(bytes, section.encoding, 4);
        append(bytes, section.bits, 4);
        append(bytes, section.numbers.size(), 8);
        append(bytes, 16 + 128 * sections.size() + data.size(), 8);
        std::string packed((section.numbers.size() * section.bits + 63) / 64 * 8, '\0');
        for (std::size_t i = 0; i < section.numbers.size(); ++i) {
            const std::uint64_t code = section.encoding == 2
                                           ? (section.numbers[i] > 0 ? 1u : 0u)
                                           : static_cast<std::uint64_t>(section.numbers[i]);
            for (std::size_t b = 0; b < section.bits; ++b) {
                const std::size_t at = i * section.bits + b;
                if ((code >> b & 1) != 0) packed[at / 8] |= static_cast<char>(1 << at % 8);
            }
        }
        append(bytes, packed.size(), 8);
        data += packed;
    }
    return bytes + data;
}

class Directory {
  public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }
    void write(const std::string& bytes) const {
        std::ofstream(path_ + "/parameters.bin", std::ios::binary) << bytes;
    }

  private:
    std::string path_;
};

} // namespace bench

#endif // MILLRACE_TESTS_HLS_PARAMETER_WRITER_HPP
