// SPDX-License-Identifier: Apache-2.0
//
// The container of device images that XRT loads ("xclbin2"), as XRT's own xclbin.h describes it.
// Written down here since this library also builds where XRT is not installed; a test with XRT
// compares every structure with the real one. Little endian, natural alignment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace::runtime::xclbin {

inline constexpr std::array<char, 8> magic = {'x', 'c', 'l', 'b', 'i', 'n', '2', '\0'};

enum class SectionKind : std::uint32_t {
    bitstream = 0,
    embedded_metadata = 2,
    memory_topology = 6,
    connectivity = 7,
    ip_layout = 8,
    build_metadata = 14,
    key_values = 15, ///< of `xclbinutil --key-value`, JSON
};

/// The key whose value is the manifest's `design`.
inline constexpr const char* design_key = "millrace_design";

enum class Mode : std::uint16_t { hardware = 0, partial = 1, hw_emu = 4, sw_emu = 5 };

struct SectionHeader {
    std::uint32_t kind;
    std::array<char, 16> name;
    std::uint32_t padding; ///< named, so that it is written as zero
    std::uint64_t offset;  ///< from the start of the file
    std::uint64_t size;
};

struct Header {
    std::array<char, 8> magic;
    std::int32_t signature_length; ///< -1: none
    std::array<unsigned char, 28> reserved;
    std::array<unsigned char, 256> key_block;
    std::uint64_t unique_id;
    std::uint64_t length; ///< of the file
    std::uint64_t time_stamp;
    std::uint64_t feature_rom_time_stamp;
    std::uint16_t version_patch;
    std::uint8_t version_major;
    std::uint8_t version_minor;
    std::uint16_t mode;
    std::uint16_t action_mask;
    std::array<unsigned char, 16> rom_uuid;
    std::array<char, 64> platform;
    std::array<unsigned char, 16> uuid;
    std::array<char, 16> debug_bin;
    std::uint32_t sections; ///< number of SectionHeaders that follow
    std::uint32_t padding;
};

struct Memory {
    std::uint8_t type;
    std::uint8_t used;
    std::array<std::uint8_t, 6> padding;
    std::uint64_t kib;
    std::uint64_t base;
    std::array<char, 16> tag;
};

struct Connection {
    std::int32_t argument;
    std::int32_t ip; ///< index in the IP layout
    std::int32_t memory;
};

struct Ip {
    std::uint32_t type;
    std::uint32_t properties;
    std::uint64_t base;
    std::array<char, 64> name;
};

inline constexpr std::uint32_t ip_kernel = 1;
inline constexpr std::uint32_t ip_interrupt_enable = 1;
inline constexpr unsigned ip_interrupt_shift = 1;
inline constexpr unsigned ip_control_shift = 8;
inline constexpr std::uint32_t ip_control_hs = 0;
inline constexpr std::uint32_t ip_control_chain = 1;

static_assert(sizeof(SectionHeader) == 40 && offsetof(SectionHeader, offset) == 24);
static_assert(sizeof(Header) == 456 && offsetof(Header, length) == 304);
static_assert(sizeof(Memory) == 40 && sizeof(Connection) == 12 && sizeof(Ip) == 80);

/// Lists begin with a 32-bit count; their entries are aligned as their type asks.
template <class Entry>
inline constexpr std::size_t list_header_bytes = alignof(Entry) > 4 ? alignof(Entry) : 4;

} // namespace millrace::runtime::xclbin
