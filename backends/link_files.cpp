// SPDX-License-Identifier: Apache-2.0
//
// All of it is said twice to the tools (to v++ in link.cfg; to Vivado, to Linux and to XRT in files
// of their own), and all comes from the kernel's interface and its placement.
#include "backends/link_files.hpp"

#include "backends/embedded_templates.hpp"
#include "backends/template_renderer.hpp"

#include <cmath>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

std::string hex(std::uint64_t number) { return fmt::format("0x{:x}", number); }

std::string hertz_text(double clock_mhz) {
    return fmt::format("{}", std::llround(clock_mhz * 1e6));
}

const KernelArgument& argument_of(const LinkedDesign& design, const PlacedPort& port) {
    return design.interface.arguments[port.argument];
}

/// Without a board there is one assumed memory; a unit on a board of several regions stands in one.
std::string link_configuration(const LinkedDesign& design) {
    const bool embedded = design.board.attachment == Attachment::embedded;
    Json regions = Json::array();
    Json ports = Json::array();
    std::string clocks;
    for (const PlacedUnit& unit : design.units) {
        if (!unit.region.empty()) {
            regions.push_back({{"unit", unit.name}, {"region", unit.region}});
        }
        for (const PlacedPort& port : unit.ports) {
            ports.push_back({{"unit", unit.name},
                             {"bundle", argument_of(design, port).bundle},
                             {"port", port.port}});
        }
        clocks += (clocks.empty() ? "" : ",") + unit.name + ".ap_clk";
    }
    Json scalable = Json::array();
    Json fixed = Json::array();
    if (embedded) {
        fixed.push_back({{"hertz", hertz_text(design.clock_mhz)}, {"units", clocks}});
    } else {
        scalable.push_back({{"mhz", std::llround(design.clock_mhz)}});
    }
    return render_embedded("link/link.cfg.mustache",
                           {{"top", design.interface.kernel},
                            {"assumed", design.board.name.empty()},
                            {"scalable_clock", std::move(scalable)},
                            {"count", design.units.size()},
                            {"in_regions", !regions.empty()},
                            {"spread", regions.empty() && design.board.regions.size() > 1},
                            {"regions", std::move(regions)},
                            {"ports", std::move(ports)},
                            {"fixed_clock", std::move(fixed)}});
}

std::string block_design(const LinkedDesign& design) {
    Json units = Json::array();
    for (const PlacedUnit& unit : design.units) {
        Json ports = Json::array();
        for (const PlacedPort& port : unit.ports) {
            ports.push_back({{"bundle", argument_of(design, port).bundle}, {"port", port.port}});
        }
        units.push_back(
            {{"name", unit.name}, {"base", hex(unit.base)}, {"ports", std::move(ports)}});
    }
    return render_embedded("link/design.tcl.mustache",
                           {{"top", design.interface.kernel},
                            {"part", design.part},
                            {"family", design.board.family},
                            {"board_pattern", design.board.vivado_board},
                            {"clock_mhz", fmt::format("{}", design.clock_mhz)},
                            {"units", std::move(units)}});
}

/// Interrupt i of the programmable logic is shared peripheral interrupt first + i of the processor,
/// which device trees count from 32.
std::string overlay(const LinkedDesign& design) {
    const bool zynq7 = design.board.family == "zynq7";
    const int first = zynq7 ? 29 : 89;
    Json interrupts = Json::array();
    for (std::size_t i = 0; i < design.units.size(); ++i) {
        interrupts.push_back({{"number", first + static_cast<int>(i)},
                              {"separator", i + 1 < design.units.size() ? ", " : ""}});
    }
    return render_embedded(zynq7 ? "link/overlay_zynq7.dts.mustache"
                                 : "link/overlay_zynqmp.dts.mustache",
                           {{"top", design.interface.kernel},
                            {"hertz", hertz_text(design.clock_mhz)},
                            {"interrupts", std::move(interrupts)}});
}

/// xclbinutil's form of the sections: every number is a string.
void add_xclbin_sections(ProjectFiles& files, const LinkedDesign& design) {
    const auto section = [&](const std::string& name, const std::string& list, OrderedJson items) {
        OrderedJson body;
        body["m_count"] = fmt::format("{}", items.size());
        body[list] = std::move(items);
        OrderedJson json;
        json[name] = std::move(body);
        files["scripts/xclbin/" + name + ".json"] = json.dump(1) + "\n";
    };
    OrderedJson memories = OrderedJson::array();
    for (const BoardMemory& memory : design.board.memories) {
        memories.push_back({{"m_type", memory.type},
                            {"m_used", "1"},
                            {"m_sizeKB", hex(memory.kib)},
                            {"m_tag", memory.tag},
                            {"m_base_address", hex(memory.base)}});
    }
    section("mem_topology", "m_mem_data", std::move(memories));
    OrderedJson kernels = OrderedJson::array();
    OrderedJson connections = OrderedJson::array();
    for (std::size_t u = 0; u < design.units.size(); ++u) {
        const PlacedUnit& unit = design.units[u];
        kernels.push_back(
            {{"m_type", "IP_KERNEL"},
             {"m_int_enable", "1"},
             {"m_interrupt_id", fmt::format("{}", u)},
             {"m_ip_control",
              design.interface.protocol == "ap_ctrl_hs" ? "AP_CTRL_HS" : "AP_CTRL_CHAIN"},
             {"m_base_address", hex(unit.base)},
             {"m_name", design.interface.kernel + ":" + unit.name}});
        for (const PlacedPort& port : unit.ports) {
            connections.push_back({{"arg_index", fmt::format("{}", port.argument)},
                                   {"m_ip_layout_index", fmt::format("{}", u)},
                                   {"mem_data_index", fmt::format("{}", port.memory)}});
        }
    }
    section("ip_layout", "m_ip_data", std::move(kernels));
    section("connectivity", "m_connection", std::move(connections));
}

/// The kernel's arguments for XRT.
std::string kernel_metadata(const LinkedDesign& design) {
    Json ports = Json::array();
    Json arguments = Json::array();
    for (const KernelArgument& argument : design.interface.arguments) {
        if (argument.memory) {
            ports.push_back({{"bundle", argument.bundle}, {"bits", argument.word_bits}});
        }
        arguments.push_back(
            {{"name", argument.name},
             {"qualifier", argument.memory ? 1 : 0},
             {"index", argument.index},
             {"port", argument.memory ? "M_AXI_" + argument.bundle : "S_AXI_CONTROL"},
             {"bytes", argument.bytes},
             {"offset", hex(argument.offset)},
             {"type", argument.memory ? "void*" : "int"}});
    }
    Json units = Json::array();
    for (const PlacedUnit& unit : design.units) {
        units.push_back({{"name", unit.name}, {"base", hex(unit.base)}});
    }
    return render_embedded("link/kernel.xml.mustache",
                           {{"top", design.interface.kernel},
                            {"board", design.board.name},
                            {"part", design.part},
                            {"count", design.units.size()},
                            {"clock_mhz", std::llround(design.clock_mhz)},
                            {"protocol", design.interface.protocol},
                            {"range", fmt::format("{:x}", control::space_bytes)},
                            {"ports", std::move(ports)},
                            {"arguments", std::move(arguments)},
                            {"units", std::move(units)}});
}

void add_embedded_files(ProjectFiles& files, const LinkedDesign& design) {
    files["scripts/vivado_bd.tcl"] = embedded_template("link/vivado_bd.tcl");
    files["scripts/design.tcl"] = block_design(design);
    files["scripts/overlay.dts"] = overlay(design);
    files["scripts/bitstream.bif"] = render_embedded(
        "link/bitstream.bif.mustache",
        {{"top", design.interface.kernel}, {"zynqmp", design.board.family == "zynqmp"}});
    files["scripts/shell.json"] = embedded_template("link/shell.json");
    files["scripts/xclbin.sh"] = embedded_template("link/xclbin.sh");
    files["scripts/xclbin/kernel.xml"] = kernel_metadata(design);
    add_xclbin_sections(files, design);
}

} // namespace

void add_link_files(ProjectFiles& files, const LinkedDesign& design) {
    files["scripts/link.cfg"] = link_configuration(design);
    Json embedded = Json::array();
    if (design.board.attachment == Attachment::embedded) {
        embedded.push_back({{"arch", design.board.family == "zynq7" ? "zynq" : "zynqmp"}});
    }
    files["scripts/link.mk"] =
        render_embedded("link/link.mk.mustache", {{"top", design.interface.kernel},
                                                  {"platform", design.board.platform},
                                                  {"embedded", std::move(embedded)}});
    const std::string packager = design.hls ? "Vitis HLS" : "Vivado";
    if (design.board.attachment == Attachment::embedded) {
        add_embedded_files(files, design);
        files["scripts/README.md"] = render_embedded(
            "link/README_embedded.md.mustache", {{"top", design.interface.kernel},
                                                 {"hls", design.hls},
                                                 {"packager", packager},
                                                 {"clock_mhz", fmt::format("{}", design.clock_mhz)},
                                                 {"base", hex(design.units.front().base)},
                                                 {"several", design.units.size() > 1}});
        return;
    }
    Json platform = Json::array();
    if (!design.board.platform.empty()) {
        platform.push_back({{"name", design.board.platform}});
    }
    files["scripts/README.md"] =
        render_embedded("link/README_pcie.md.mustache", {{"top", design.interface.kernel},
                                                         {"hls", design.hls},
                                                         {"packager", packager},
                                                         {"assumed", design.board.name.empty()},
                                                         {"platform", std::move(platform)}});
}

} // namespace millrace::backends
