// SPDX-License-Identifier: Apache-2.0
//
// Only the headers are read: images for boards have hundreds of megabytes.
#include "runtime/emulation/xclbin_file.hpp"

#include "runtime/emulation/xclbin_format.hpp"
#include "runtime/error.hpp"
#include "runtime/json.hpp"
#include "runtime/json_field.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace millrace::runtime {

namespace {

/// The value of our key in a section as xclbinutil writes it; empty when there is none.
std::string design_in(const std::string& section) {
    try {
        const JsonValue json = parse_json(section, "KEYVALUE_METADATA");
        const JsonField top(json, "KEYVALUE_METADATA");
        for (const JsonField& entry : top["keyvalue_metadata"]["key_values"].elements()) {
            if (entry["key"].string() == xclbin::design_key) {
                return entry["value"].string();
            }
        }
    } catch (const Error&) { // of another form: somebody else's
    }
    return {};
}

} // namespace

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
        constexpr std::uint64_t most_text = std::uint64_t{1} << 20;
        if (section.kind == static_cast<std::uint32_t>(SectionKind::key_values) &&
            section.size <= most_text) {
            std::string text(static_cast<std::size_t>(section.size), '\0');
            stream.seekg(static_cast<std::streamoff>(section.offset));
            stream.read(text.data(), static_cast<std::streamsize>(text.size()));
            text.resize(text.find_last_not_of('\0') + 1);
            summary.design = design_in(text);
        }
    }
    return summary;
}

void check_design(const XclbinSummary& summary, const std::filesystem::path& file,
                  const Manifest& manifest) {
    if (!summary.design.empty() && !manifest.design.empty() && summary.design != manifest.design) {
        throw Error(ErrorKind::xclbin,
                    file.string() + " is of another design than this project: it has the design " +
                        summary.design + ", millrace.json has " + manifest.design +
                        "; it was made from another model, or from an earlier state of it");
    }
}

} // namespace millrace::runtime
