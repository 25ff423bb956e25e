// SPDX-License-Identifier: Apache-2.0
//
// The elements and attributes are those that `v++ -l` writes and XRT reads. The reader goes through
// the tags in order, which is enough to know the kernel and the instance that an addrRemap is in.
#include "runtime/emulation/embedded_metadata.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace millrace::runtime {

namespace {

struct Entity {
    std::string_view text;
    char character;
};
constexpr std::array<Entity, 5> entities = {
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};

std::string escaped(std::string_view text) {
    std::string result;
    for (const char character : text) {
        const auto* entity =
            std::find_if(entities.begin(), entities.end(),
                         [character](const Entity& e) { return e.character == character; });
        if (entity != entities.end()) {
            result += entity->text;
        } else {
            result += character;
        }
    }
    return result;
}

std::string unescaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto* entity =
            std::find_if(entities.begin(), entities.end(), [text](const Entity& e) {
                return text.substr(0, e.text.size()) == e.text;
            });
        if (entity != entities.end()) {
            result += entity->character;
            text.remove_prefix(entity->text.size());
        } else {
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

std::string hex(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << std::uppercase << value;
    return text.str();
}

/// AXI ports have names in capitals.
std::string port_name(const std::string& bundle) {
    std::string name = "M_AXI_" + bundle;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
}

std::uint32_t bundle_bits(const Manifest& manifest, const std::string& bundle) {
    std::uint32_t bits = 32;
    for (const auto* ports : {&manifest.inputs, &manifest.outputs}) {
        for (const PortInfo& port : *ports) {
            if (port.bundle == bundle) {
                bits = std::max(bits, port.memory_word_bits);
            }
        }
    }
    return bits;
}

/// Each bundle once, in the order of the arguments.
std::vector<std::string> bundles(const Manifest& manifest) {
    std::vector<std::string> result;
    for (const ArgumentInfo& argument : manifest.arguments) {
        if (argument.memory &&
            std::find(result.begin(), result.end(), argument.bundle) == result.end()) {
            result.push_back(argument.bundle);
        }
    }
    return result;
}

} // namespace

std::string embedded_metadata(const Manifest& manifest) {
    const std::string kernel = escaped(manifest.kernel);
    std::ostringstream clock;
    clock << manifest.clock_mhz << "MHz";
    std::ostringstream xml;
    xml << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        << "<project name=\"" << kernel << "\">\n"
        << " <platform vendor=\"xilinx\" boardid=\""
        << escaped(manifest.board.empty() ? "none" : manifest.board)
        << "\" name=\"millrace\" featureRomTime=\"0\">\n"
        << "  <version major=\"0\" minor=\"0\"/>\n"
        << "  <device name=\"fpga0\" fpgaDevice=\"" << escaped(manifest.part)
        << "\" addrWidth=\"0\">\n"
        << "   <core name=\"OCL_REGION_0\" target=\"csim\" type=\"clc_region\" clockFreq=\"0MHz\""
        << " numComputeUnits=\"" << manifest.compute_units.size() << "\">\n"
        << "    <kernelClocks>\n"
        << "     <clock port=\"KERNEL_CLK\" frequency=\"" << clock.str() << "\"/>\n"
        << "     <clock port=\"DATA_CLK\" frequency=\"" << clock.str() << "\"/>\n"
        << "    </kernelClocks>\n"
        << "    <kernel name=\"" << kernel << "\" language=\"c\" vlnv=\"millrace:hls:" << kernel
        << ":1.0\" preferredWorkGroupSizeMultiple=\"0\" workGroupSize=\"1\" interrupt=\"true\""
        << " hwControlProtocol=\"" << escaped(manifest.control_protocol) << "\">\n";
    for (const std::string& bundle : bundles(manifest)) {
        xml << "     <port name=\"" << escaped(port_name(bundle))
            << "\" mode=\"master\" range=\"0xFFFFFFFFFFFFFFFF\" dataWidth=\""
            << bundle_bits(manifest, bundle) << "\" portType=\"addressable\" base=\"0x0\"/>\n";
    }
    xml << "     <port name=\"S_AXI_CONTROL\" mode=\"slave\" range=\""
        << hex(manifest.control_bytes)
        << "\" dataWidth=\"32\" portType=\"addressable\" base=\"0x0\"/>\n";
    for (const ArgumentInfo& argument : manifest.arguments) {
        xml << "     <arg name=\"" << escaped(argument.name) << "\" addressQualifier=\""
            << (argument.memory ? 1 : 0) << "\" id=\"" << argument.index << "\" port=\""
            << escaped(argument.memory ? port_name(argument.bundle) : "S_AXI_CONTROL")
            << "\" size=\"" << hex(argument.bytes) << "\" offset=\"" << hex(argument.offset)
            << "\" hostOffset=\"0x0\" hostSize=\"" << hex(argument.bytes) << "\" type=\""
            << (argument.memory ? "void*" : "unsigned int") << "\"/>\n";
    }
    xml << "     <compileWorkGroupSize x=\"1\" y=\"1\" z=\"1\"/>\n"
        << "     <maxWorkGroupSize x=\"1\" y=\"1\" z=\"1\"/>\n"
        << "     <string_table/>\n";
    for (const ComputeUnitInfo& unit : manifest.compute_units) {
        xml << "     <instance name=\"" << escaped(unit.name) << "\">\n"
            << "      <addrRemap base=\"" << hex(unit.base) << "\" range=\""
            << hex(manifest.control_bytes) << "\" port=\"S_AXI_CONTROL\"/>\n"
            << "     </instance>\n";
    }
    xml << "    </kernel>\n";
    unsigned slave = 0;
    for (const ComputeUnitInfo& unit : manifest.compute_units) {
        const std::string name = escaped(unit.name);
        xml << "    <connection srcType=\"core\" srcInst=\"OCL_REGION_0\" srcPort=\"M00_AXI\""
            << " dstType=\"kernel\" dstInst=\"" << name << "\" dstPort=\"S_AXI_CONTROL\"/>\n";
        for (const std::string& bundle : bundles(manifest)) {
            xml << "    <connection srcType=\"kernel\" srcInst=\"" << name << "\" srcPort=\""
                << escaped(port_name(bundle))
                << "\" dstType=\"core\" dstInst=\"OCL_REGION_0\" dstPort=\"S"
                << (slave < 10 ? "0" : "") << slave << "_AXI\"/>\n";
            ++slave;
        }
    }
    xml << "   </core>\n  </device>\n </platform>\n</project>\n";
    return xml.str();
}

namespace {

/// A tag: its name ("/kernel" for an end) and the rest.
struct Tag {
    std::string_view name;
    std::string_view attributes;

    [[nodiscard]] std::optional<std::string> attribute(std::string_view wanted) const {
        for (std::size_t at = attributes.find(wanted); at != std::string_view::npos;
             at = attributes.find(wanted, at + 1)) {
            const std::string_view rest = attributes.substr(at + wanted.size());
            const bool whole =
                at > 0 && std::isspace(static_cast<unsigned char>(attributes[at - 1])) != 0;
            if (whole && rest.size() > 1 && rest[0] == '=' && (rest[1] == '"' || rest[1] == '\'')) {
                const std::size_t end = rest.find(rest[1], 2);
                if (end != std::string_view::npos) {
                    return unescaped(rest.substr(2, end - 2));
                }
            }
        }
        return std::nullopt;
    }
};

std::optional<Tag> next_tag(std::string_view& xml) {
    const std::size_t start = xml.find('<');
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t end = xml.find('>', start);
    if (end == std::string_view::npos) {
        throw std::runtime_error("the kernel's description is cut short");
    }
    const std::string_view tag = xml.substr(start + 1, end - start - 1);
    xml.remove_prefix(end + 1);
    const std::size_t name_end = std::min(tag.find_first_of(" \t\r\n"), tag.size());
    return Tag{tag.substr(0, name_end), tag.substr(name_end)};
}

std::uint64_t number(const std::optional<std::string>& text) {
    std::uint64_t value = 0;
    if (text) {
        const bool is_hex =
            text->size() > 2 && (*text)[0] == '0' && std::tolower((*text)[1]) == 'x';
        const char* first = text->data() + (is_hex ? 2 : 0);
        const char* last = text->data() + text->size();
        const auto [end, error] = std::from_chars(first, last, value, is_hex ? 16 : 10);
        if (error == std::errc() && end == last && first != last) {
            return value;
        }
    }
    throw std::runtime_error("the kernel's description has a compute unit without an address");
}

} // namespace

std::vector<InstanceInfo> read_instances(std::string_view xml) {
    std::vector<InstanceInfo> result;
    std::string kernel;
    std::string instance;
    bool chain = false;
    bool project = false;
    while (const std::optional<Tag> tag = next_tag(xml)) {
        project = project || tag->name == "project";
        if (tag->name == "kernel") {
            kernel = tag->attribute("name").value_or("");
            chain = tag->attribute("hwControlProtocol") == "ap_ctrl_chain";
        } else if (tag->name == "instance") {
            instance = tag->attribute("name").value_or("");
        } else if (tag->name == "/instance") {
            instance.clear();
        } else if (tag->name == "addrRemap" && !instance.empty()) {
            result.push_back({kernel, instance, number(tag->attribute("base")),
                              number(tag->attribute("range")), chain});
        }
    }
    if (!project) {
        throw std::runtime_error("the kernel's description is no XML of a project");
    }
    return result;
}

} // namespace millrace::runtime
