// SPDX-License-Identifier: Apache-2.0
//
// The time stamp is zero and the UUID is a hash of all sections: XRT takes images of equal UUID for
// equal, so the UUID must change with every byte and with nothing else.
#include "runtime/emulation/xclbin_writer.hpp"

#include "runtime/emulation/embedded_metadata.hpp"
#include "runtime/emulation/xclbin_format.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <utility>

namespace millrace::runtime {

namespace {

using namespace xclbin;

static_assert(std::endian::native == std::endian::little, "structures are written as they are");

/// XRT's numbers of memory types, in their order.
constexpr std::array<std::string_view, 12> memory_types = {
    "MEM_DDR3", "MEM_DDR4",     "MEM_DRAM", "MEM_STREAMING", "MEM_PREALLOCATED_GLOB",
    "MEM_ARE",  "MEM_HBM",      "MEM_BRAM", "MEM_URAM",      "MEM_STREAMING_CONNECTION",
    "MEM_HOST", "MEM_PS_KERNEL"};

[[noreturn]] void broken(const std::string& what) {
    throw Error(ErrorKind::manifest, "the manifest makes no xclbin: " + what);
}

template <class Object> void append(std::string& to, const Object& object) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(Object)>>(object);
    to.append(bytes.data(), bytes.size());
}

template <class Entry> std::string list(const std::vector<Entry>& entries) {
    std::string result;
    append(result, static_cast<std::int32_t>(entries.size()));
    result.resize(list_header_bytes<Entry>, '\0');
    for (const Entry& entry : entries) {
        append(result, entry);
    }
    return result;
}

/// Text in a field of fixed size, with a terminating zero.
template <std::size_t size>
std::array<char, size> fixed(const std::string& text, const char* what) {
    if (text.size() >= size) {
        broken(std::string(what) + " \"" + text + "\" is longer than " + std::to_string(size - 1) +
               " characters");
    }
    std::array<char, size> result{};
    std::copy(text.begin(), text.end(), result.begin());
    return result;
}

/// The compute units in the order of their addresses, as XRT wants the IP layout.
std::vector<ComputeUnitInfo> sorted_units(const Manifest& manifest) {
    std::vector<ComputeUnitInfo> units = manifest.compute_units;
    std::sort(units.begin(), units.end(),
              [](const auto& a, const auto& b) { return a.base < b.base; });
    for (std::size_t i = 0; i < units.size(); ++i) {
        // XRT carries addresses of registers in 32 bits, the lowest 8 for other purposes.
        if (units[i].base % 256 != 0 || units[i].base + manifest.control_bytes > 0xFFFFFFFF) {
            broken("compute unit " + units[i].name + " has no possible address");
        }
        if (i > 0 && units[i].base - units[i - 1].base < manifest.control_bytes) {
            broken("compute units " + units[i - 1].name + " and " + units[i].name + " overlap");
        }
    }
    return units;
}

/// The index of the memory behind an argument of a compute unit.
std::size_t memory_index(const std::vector<MemoryInfo>& memories, const Manifest& manifest,
                         const ComputeUnitInfo& unit, const ArgumentInfo& argument) {
    const auto bank = unit.banks.find(argument.name);
    if (bank == unit.banks.end()) {
        if (manifest.memories.empty()) {
            return 0;
        }
        broken("argument " + argument.name + " of " + unit.name + " has no memory");
    }
    const auto memory =
        std::find_if(memories.begin(), memories.end(),
                     [&bank](const MemoryInfo& info) { return info.tag == bank->second; });
    if (memory == memories.end()) {
        if (manifest.memories.empty()) {
            return 0;
        }
        broken("there is no memory " + bank->second);
    }
    return static_cast<std::size_t>(memory - memories.begin());
}

std::string build_metadata(const Manifest& manifest) {
    // Names of kernels are identifiers; nothing here needs escaping.
    return R"({"build_metadata":{"dsa":{},"xclbin":{"generated_by":{"name":"millrace","version":"1",)"
           R"("cl":"0","time_stamp":"0"},"user_regions":[{"kernels":[{"name":")" +
           manifest.kernel +
           R"("}]}],"packaged_by":{"name":"millrace","version":"1","hash":"","time_stamp":""}}}})";
}

/// As xclbinutil writes it; a design is of hexadecimal digits.
std::string key_values(const Manifest& manifest) {
    return std::string(R"({"keyvalue_metadata":{"key_values":[{"key":")") + design_key +
           R"(","value":")" + manifest.design + R"("}]}})";
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9FB21C651E98DF25U;
    return hash ^ hash >> 29;
}

/// 128 bits from all sections, marked as a UUID of version 8 (RFC 9562: free use).
std::array<unsigned char, 16>
uuid_of(const std::vector<std::pair<SectionKind, std::string>>& sections) {
    std::array<std::uint64_t, 2> hash = {0x6D696C6C72616365U, 0x78636C62696E3200U};
    for (const auto& [kind, data] : sections) {
        hash[0] = mix(hash[0], static_cast<std::uint64_t>(kind));
        hash[1] = mix(hash[1], data.size());
        for (std::size_t at = 0; at < data.size(); at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, data.data() + at, std::min<std::size_t>(8, data.size() - at));
            hash[0] = mix(hash[0], word);
            hash[1] = mix(std::rotl(hash[1], 23), word);
        }
    }
    hash[0] = mix(hash[0], hash[1]);
    hash[1] = mix(hash[1], hash[0]);
    auto uuid = std::bit_cast<std::array<unsigned char, 16>>(hash);
    uuid[6] = static_cast<unsigned char>((uuid[6] & 0x0F) | 0x80);
    uuid[8] = static_cast<unsigned char>((uuid[8] & 0x3F) | 0x80);
    return uuid;
}

} // namespace

std::vector<MemoryInfo> emulated_memories(const Manifest& manifest) {
    if (!manifest.memories.empty()) {
        return manifest.memories;
    }
    return {{"DDR[0]", "MEM_DDR4", 0, std::uint64_t{16} << 20}};
}

std::string make_xclbin(const Manifest& manifest, std::string_view library) {
    const std::vector<MemoryInfo> memories = emulated_memories(manifest);
    const std::vector<ComputeUnitInfo> units = sorted_units(manifest);
    std::vector<bool> used(memories.size());
    std::vector<Connection> connections;
    std::vector<Ip> ips;
    for (std::size_t unit = 0; unit < units.size(); ++unit) {
        for (const ArgumentInfo& argument : manifest.arguments) {
            if (argument.memory) {
                const std::size_t memory = memory_index(memories, manifest, units[unit], argument);
                used[memory] = true;
                connections.push_back({static_cast<std::int32_t>(argument.index),
                                       static_cast<std::int32_t>(unit),
                                       static_cast<std::int32_t>(memory)});
            }
        }
        const std::uint32_t protocol =
            manifest.control_protocol == "ap_ctrl_chain" ? ip_control_chain : ip_control_hs;
        const auto interrupt = static_cast<std::uint32_t>(unit % 128);
        ips.push_back(
            {ip_kernel,
             ip_interrupt_enable | interrupt << ip_interrupt_shift | protocol << ip_control_shift,
             units[unit].base,
             fixed<64>(manifest.kernel + ":" + units[unit].name, "compute unit")});
    }
    std::vector<Memory> topology;
    for (std::size_t i = 0; i < memories.size(); ++i) {
        const auto* const type =
            std::find(memory_types.begin(), memory_types.end(), memories[i].type);
        if (type == memory_types.end()) {
            broken("memory " + memories[i].tag + " has the unknown type " + memories[i].type);
        }
        topology.push_back({static_cast<std::uint8_t>(type - memory_types.begin()),
                            static_cast<std::uint8_t>(used[i] ? 1 : 0),
                            {},
                            memories[i].kib,
                            memories[i].base,
                            fixed<16>(memories[i].tag, "memory")});
    }
    std::vector<std::pair<SectionKind, std::string>> sections = {
        {SectionKind::memory_topology, list(topology)},
        {SectionKind::ip_layout, list(ips)},
        {SectionKind::connectivity, list(connections)},
        {SectionKind::embedded_metadata, embedded_metadata(manifest)},
        {SectionKind::build_metadata, build_metadata(manifest)},
        {SectionKind::bitstream, std::string(library)},
    };
    if (!manifest.design.empty()) {
        sections.emplace_back(SectionKind::key_values, key_values(manifest));
    }

    std::string data;
    std::vector<SectionHeader> headers;
    const std::size_t start = sizeof(Header) + sections.size() * sizeof(SectionHeader);
    static_assert(sizeof(Header) % 8 == 0 && sizeof(SectionHeader) % 8 == 0);
    for (const auto& [kind, bytes] : sections) {
        headers.push_back(
            {static_cast<std::uint32_t>(kind), {}, 0, start + data.size(), bytes.size()});
        data += bytes;
        data.resize((data.size() + 7) / 8 * 8, '\0');
    }
    Header header{};
    header.magic = magic;
    header.signature_length = -1;
    header.reserved.fill(0xFF);
    header.key_block.fill(0xFF);
    header.length = start + data.size();
    header.version_major = 2;
    header.version_minor = 13;
    header.mode = static_cast<std::uint16_t>(Mode::sw_emu);
    header.platform = fixed<64>(
        manifest.platform.empty() ? "millrace_emulated_1" : manifest.platform, "platform");
    header.uuid = uuid_of(sections);
    header.sections = static_cast<std::uint32_t>(sections.size());

    std::string file;
    file.reserve(static_cast<std::size_t>(header.length));
    append(file, header);
    for (const SectionHeader& section : headers) {
        append(file, section);
    }
    return file + data;
}

void write_xclbin(const std::filesystem::path& file, const Manifest& manifest,
                  const std::filesystem::path& library) {
    std::ifstream input(library, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(input), {}};
    if (!input) {
        throw Error(ErrorKind::file, "cannot read " + library.string());
    }
    const std::string xclbin = make_xclbin(manifest, bytes);
    std::ofstream output(file, std::ios::binary | std::ios::trunc);
    output.write(xclbin.data(), static_cast<std::streamsize>(xclbin.size()));
    output.close();
    if (!output) {
        throw Error(ErrorKind::file, "cannot write " + file.string());
    }
}

} // namespace millrace::runtime
