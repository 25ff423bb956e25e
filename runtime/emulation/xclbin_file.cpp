// SPDX-License-Identifier: Apache-2.0
//
// Only the headers are read: images for boards have hundreds of megabytes.
#include "runtime/emulation/xclbin_file.hpp"

#include "runtime/emulation/xclbin_format.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace millrace::runtime {

XclbinSummary check_xclbin(const std::filesystem::path& file) {
    using namespace xclbin;
    const auto wrong = [&file](const std::string& what) -> Error {
        return {ErrorKind::xclbin, file.string() + " " + what};
    };
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) {
        throw wrong("cannot be read; a project's xclbin is made by its link step");
    }
    Header header{};
    stream.read(reinterpret_cast<char*>(&header), sizeof header);
    const auto read = static_cast<std::size_t>(stream.gcount());
    if (read < sizeof header.magic || header.magic != magic) {
        throw wrong("is no xclbin");
    }
    if (read < sizeof header || header.length > size) {
        throw wrong("is truncated: it has " + std::to_string(size) + " bytes" +
                    (read < sizeof header ? "" : " of " + std::to_string(header.length)));
    }
    if (header.length != size) {
        throw wrong("is damaged: it has " + std::to_string(size) + " bytes, its header says " +
                    std::to_string(header.length));
    }
    if (header.sections > (size - sizeof header) / sizeof(SectionHeader)) {
        throw wrong("is damaged: its list of sections does not fit");
    }
    XclbinSummary summary;
    summary.uuid = header.uuid;
    summary.platform.assign(header.platform.begin(),
                            std::find(header.platform.begin(), header.platform.end(), '\0'));
    summary.software_emulation = header.mode == static_cast<std::uint16_t>(Mode::sw_emu);
    for (std::uint32_t i = 0; i < header.sections; ++i) {
        SectionHeader section{};
        stream.seekg(static_cast<std::streamoff>(sizeof header + i * sizeof section));
        stream.read(reinterpret_cast<char*>(&section), sizeof section);
        if (!stream || section.offset > size || section.size > size - section.offset) {
            throw wrong("is damaged: a section reaches beyond its end");
        }
        if (section.kind == static_cast<std::uint32_t>(SectionKind::bitstream) &&
            section.size >= 4) {
            std::array<char, 4> start{};
            stream.seekg(static_cast<std::streamoff>(section.offset));
            stream.read(start.data(), start.size());
            summary.simulation = start == std::array<char, 4>{'\x7F', 'E', 'L', 'F'};
        }
    }
    return summary;
}

} // namespace millrace::runtime
