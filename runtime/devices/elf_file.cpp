// SPDX-License-Identifier: Apache-2.0
//
// Linkers write the table of sections last, so a file that ends early lacks a part of it at least;
// where it was stripped, the segments are what is looked at. All sums are checked: the numbers come
// from the file.
#include "runtime/devices/elf_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <limits>
#include <link.h>
#include <system_error>

namespace millrace::runtime {

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);

constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

std::uint64_t end_of(std::uint64_t offset, std::uint64_t bytes) {
    return bytes > std::numeric_limits<std::uint64_t>::max() - offset
               ? std::numeric_limits<std::uint64_t>::max()
               : offset + bytes;
}

/// The end of the furthest entry of a table at `offset`, by `end` of an entry; the table must lie
/// in the file.
template <class Entry, class End>
std::uint64_t furthest(std::ifstream& stream, std::uint64_t offset, std::uint64_t count,
                       const End& end) {
    std::uint64_t result = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        Entry entry{};
        stream.seekg(static_cast<std::streamoff>(offset + i * sizeof entry));
        stream.read(reinterpret_cast<char*>(&entry), sizeof entry);
        if (stream) {
            result = std::max(result, end(entry));
        }
    }
    return result;
}

} // namespace

std::string damage_of_library(const std::filesystem::path& file) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) {
        return {};
    }
    const auto short_of = [size](const char* what, std::uint64_t needed) {
        return "it has " + std::to_string(size) + " bytes, its " + what + " need " +
               std::to_string(needed);
    };
    Header header{};
    stream.read(reinterpret_cast<char*>(&header), sizeof header);
    const auto read = static_cast<std::size_t>(stream.gcount());
    if (size == 0) {
        return "it is empty";
    }
    if (read < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return {};
    }
    if (read < sizeof header) {
        return short_of("headers", sizeof header);
    }
    if (header.e_ident[EI_CLASS] != own_class || header.e_phentsize != sizeof(Segment) ||
        (header.e_shnum != 0 && header.e_shentsize != sizeof(Section))) {
        return {}; // of another machine
    }
    const std::uint64_t segments_end =
        end_of(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Segment));
    const std::uint64_t sections_end =
        end_of(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Section));
    if (const std::uint64_t end = std::max(segments_end, sections_end); end > size) {
        return short_of("headers", end);
    }
    const std::uint64_t loaded =
        furthest<Segment>(stream, header.e_phoff, header.e_phnum, [](const Segment& segment) {
            return segment.p_type == PT_NULL ? 0 : end_of(segment.p_offset, segment.p_filesz);
        });
    if (loaded > size) {
        return short_of("segments", loaded);
    }
    const std::uint64_t described =
        furthest<Section>(stream, header.e_shoff, header.e_shnum, [](const Section& section) {
            return section.sh_type == SHT_NULL || section.sh_type == SHT_NOBITS
                       ? 0
                       : end_of(section.sh_offset, section.sh_size);
        });
    return described > size ? short_of("sections", described) : std::string();
}

} // namespace millrace::runtime
