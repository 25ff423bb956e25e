// SPDX-License-Identifier: Apache-2.0
//
// Assembles the project: values for the templates of templates/rtl_project, weights, golden vectors
// and the manifest. Everything is a function of the design alone, so equal designs give equal
// bytes.
#include "backends/rtl/rtl_backend.hpp"

#include "backends/embedded_runtime.hpp"
#include "backends/embedded_templates.hpp"
#include "backends/golden_vectors.hpp"
#include "backends/host_files.hpp"
#include "backends/kernel_ports.hpp"
#include "backends/link_files.hpp"
#include "backends/project_model.hpp"
#include "backends/rtl/network_view.hpp"
#include "backends/rtl/open_board.hpp"
#include "backends/rtl/synthesis.hpp"
#include "backends/rtl/verilog_constants.hpp"
#include "backends/template_renderer.hpp"
#include "ir/cycle_prediction.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "ir/names.hpp"
#include "ir/token_simulation.hpp"

#include <bit>
#include <cctype>
#include <fmt/format.h>
#include <future>
#include <set>

namespace millrace::backends {

namespace {

using Json = nlohmann::json;

/// Names of the modules around the network: the kernel, KERNEL_network and one for each actor.
struct ModuleNames {
    std::string kernel;
    std::string network;
    std::vector<std::string> actors;
};

ModuleNames module_names(const ProjectOptions& options, const NetworkView& network) {
    ModuleNames names;
    // Instances and nets of the kernel and the network.
    names.kernel = kernel_name(options.model_name, std::vector<std::string>{"network", "unit"});
    names.network = names.kernel + "_network";
    for (const ActorModule& actor : network.actors) {
        names.actors.push_back(fmt::format("{}_actor_{}", names.kernel, actor.name));
    }
    return names;
}

void render(ProjectFiles& files, const std::string& path, const std::string& name,
            const Json& values) {
    files[path] = render_embedded("rtl_project/" + name, values);
}

Json stream_ports(const std::vector<StreamPort>& ports) {
    Json list = Json::array();
    for (const StreamPort& port : ports) {
        list.push_back({{"port", port.name}, {"msb", port.bits - 1}});
    }
    return list;
}

std::string actor_text(const ActorModule& actor, const std::string& module,
                       const std::string& kernel) {
    Json parameters = Json::array();
    for (std::size_t i = 0; i < actor.parameters.size(); ++i) {
        const auto& [name, value] = actor.parameters[i];
        parameters.push_back({{"name", name},
                              {"value", value},
                              {"separator", i + 1 == actor.parameters.size() ? "" : ","}});
    }
    Json connections = Json::array();
    for (const auto& [port, to] : actor.connections) {
        connections.push_back({{"port", port}, {"to", to}});
    }
    return render_embedded("rtl_project/actor.sv.mustache",
                           {{"name", actor.name},
                            {"top", kernel},
                            {"module", module},
                            {"inputs", stream_ports(actor.inputs)},
                            {"outputs", stream_ports(actor.outputs)},
                            {"statements", actor.statements},
                            {"unit", actor.unit},
                            {"parameters", std::move(parameters)},
                            {"connections", std::move(connections)}});
}

Json network_values(const NetworkView& network, const KernelPorts& ports,
                    const ModuleNames& names) {
    const auto port_list = [&](const std::vector<PortView>& views) {
        Json list = Json::array();
        for (const PortView& port : views) {
            list.push_back({{"name", port.name},
                            {"msb", port.lanes * port.element.bits - 1},
                            {"net", network.nets[port.stream]}});
        }
        return list;
    };
    Json queues = Json::array();
    for (const QueueInstance& queue : network.queues) {
        queues.push_back({{"name", queue.name},
                          {"msb", queue.bits - 1},
                          {"bits", queue.bits},
                          {"depth", queue.depth},
                          {"style", queue.style},
                          // Memory in LUTs is read without a register.
                          {"registered", queue.style == 1 ? 0 : 1}});
    }
    Json actors = Json::array();
    for (std::size_t i = 0; i < network.actors.size(); ++i) {
        const ActorModule& actor = network.actors[i];
        Json connections = Json::array();
        for (const std::vector<StreamPort>* side : {&actor.inputs, &actor.outputs}) {
            for (const StreamPort& port : *side) {
                connections.push_back({{"port", port.name}, {"net", port.net}});
            }
        }
        actors.push_back({{"name", actor.name},
                          {"module", names.actors[i]},
                          {"connections", std::move(connections)}});
    }
    return {{"top", names.kernel},
            {"module", names.network},
            {"inputs", port_list(ports.inputs)},
            {"outputs", port_list(ports.outputs)},
            {"queues", std::move(queues)},
            {"actors", std::move(actors)}};
}

/// The members that a template uses, of everything that can be said of the ports of one side.
Json port_values(const std::vector<PortView>& ports, const KernelInterface& interface,
                 std::size_t first, std::initializer_list<std::string_view> members) {
    Json list = Json::array();
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const PortView& port = ports[i];
        const KernelArgument& argument = interface.arguments[first + i];
        const BurstSettings burst = burst_settings(port.memory_bits);
        const Json all{
            {"name", port.name},
            {"index", i},
            {"mover", first + i},
            {"bundle", argument.bundle},
            {"offset", fmt::format("0x{:02x}", argument.offset)},
            {"memory_bits", port.memory_bits},
            {"memory_msb", port.memory_bits - 1},
            {"strobe_msb", port.memory_bits / 8 - 1},
            {"size", std::countr_zero(static_cast<std::uint64_t>(port.memory_bits / 8))},
            {"memory_words", port.memory_words},
            {"stream_words", port.stream_words},
            {"memory_cycles", std::max(port.memory_cycles, port.memory_words)},
            {"stream_msb", port.lanes * port.element.bits - 1},
            {"bits", port.element.bits},
            {"encoding", encoding_code(port.element.encoding)},
            {"lanes", port.lanes},
            {"elements", element_count(port.shape)},
            {"burst", burst.length},
            {"outstanding", burst.outstanding},
        };
        Json chosen = Json::object();
        for (const std::string_view member : members) {
            chosen[std::string(member)] = all.at(std::string(member));
        }
        list.push_back(std::move(chosen));
    }
    return list;
}

Json kernel_values(const KernelPorts& ports, const KernelInterface& interface,
                   const ModuleNames& names) {
    const std::size_t inputs = ports.inputs.size();
    const std::size_t outputs = ports.outputs.size();
    return {{"top", names.kernel},
            {"network", names.network},
            {"input_count", inputs},
            {"output_count", outputs},
            {"last_input", inputs - 1},
            {"last_output", outputs - 1},
            {"last_mover", inputs + outputs - 1},
            {"addresses_msb", 64 * (inputs + outputs) - 1},
            {"chain", interface.protocol == "ap_ctrl_chain" ? 1 : 0},
            {"inputs",
             port_values(ports.inputs, interface, 0,
                         {"name", "index", "mover", "bundle", "memory_bits", "memory_msb", "size",
                          "stream_msb", "bits", "lanes", "elements", "burst", "outstanding"})},
            {"outputs", port_values(ports.outputs, interface, inputs,
                                    {"name", "index", "mover", "bundle", "memory_bits",
                                     "memory_msb", "strobe_msb", "size", "stream_msb", "bits",
                                     "encoding", "lanes", "elements", "burst", "outstanding"})}};
}

/// Where the placer is to put each cell of the kernel; a guideline to it.
std::string region_constraints(const CompiledDesign& design, const KernelPorts& ports,
                               const std::vector<std::string>& region_of) {
    std::map<std::string, std::vector<std::string>> cells;
    cells[region_of.front()].emplace_back("control");
    const auto port_of = [](const std::vector<PortView>& views, ValueId stream) {
        return std::find_if(views.begin(), views.end(),
                            [&](const PortView& port) { return port.stream == stream; })
            ->name;
    };
    const std::vector<Node>& nodes = design.dataflow.nodes;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        const Node& node = nodes[n];
        std::vector<std::string>& here = cells[region_of[n]];
        if (std::holds_alternative<ops::MemoryToStream>(node.op)) {
            here.push_back("read_" + port_of(ports.inputs, node.outputs[0]));
        } else if (std::holds_alternative<ops::StreamToMemory>(node.op)) {
            here.push_back("write_" + port_of(ports.outputs, node.inputs[0]));
        } else if (std::holds_alternative<ops::Fifo>(node.op)) {
            here.push_back("network/" + node.name);
        } else if (!std::holds_alternative<ops::StreamReshape>(node.op)) {
            here.push_back("network/actor_" + node.name);
        }
    }
    std::string text =
        "# Generated by Millrace: the regions of a kernel that is larger than one, for "
        "Vivado's placer.\n";
    for (const auto& [region, names] : cells) {
        for (const std::string& name : names) {
            text += fmt::format("set_property USER_SLR_ASSIGNMENT {} [get_cells {{{}}}]\n", region,
                                name);
        }
    }
    return text;
}

Json vivado_values(const KernelInterface& interface, const ProjectOptions& options) {
    Json ports = Json::array();
    for (const KernelArgument& argument : interface.arguments) {
        if (argument.memory) {
            ports.push_back({{"name", argument.name},
                             {"bundle", argument.bundle},
                             {"offset", fmt::format("0x{:02x}", argument.offset)}});
        }
    }
    return {{"top", interface.kernel},
            {"part", options.part},
            {"period_ns", fmt::format("{:.3f}", 1000.0 / options.clock_mhz)},
            {"protocol", interface.protocol},
            {"ports", std::move(ports)},
            {"frames_offset", fmt::format("0x{:02x}", interface.arguments.back().offset)}};
}

/// Adds a module of the library and those that it instantiates, once each. The library's names
/// begin with mr_ and stand in its texts for nothing else.
void add_library_module(ProjectFiles& files, const std::string& module) {
    std::string& text = files["rtl/lib/" + module + ".sv"];
    if (!text.empty()) {
        return;
    }
    text = embedded_template("rtl/" + module + ".sv");
    static const std::set<std::string> known = [] {
        std::set<std::string> names;
        for (const std::string_view path : embedded_template_paths()) {
            if (path.starts_with("rtl/mr_") && path.ends_with(".sv")) {
                names.emplace(path.substr(4, path.size() - 7));
            }
        }
        return names;
    }();
    const std::string source = text; // files may grow below
    const auto in_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    for (std::size_t at = source.find("mr_"); at != std::string::npos;
         at = source.find("mr_", at + 1)) {
        std::size_t end = at;
        while (end < source.size() && in_name(source[end])) {
            ++end;
        }
        const std::string name = source.substr(at, end - at);
        const std::size_t line = source.rfind('\n', at) + 1;
        const bool comment = source.find("//", line) < at;
        if ((at == 0 || !in_name(source[at - 1])) && !comment && name != module &&
            known.contains(name)) {
            add_library_module(files, name);
        }
    }
}

} // namespace

int dsp_bits_of(const std::string& part) { return part.starts_with("xc7") ? 25 : 27; }

EmittedProject emit_rtl_project(const CompiledDesign& design, const ProjectOptions& options) {
    if (design.dataflow.library != ActorLibrary::rtl) {
        throw Defect("an RTL project of a design whose cycles are those of another library");
    }
    const KernelPorts ports = kernel_ports(design.dataflow);
    const int golden = frames_at_once(design, options.golden_samples);
    ProjectFiles files;
    // The longest pieces of work here, which need nothing of the rest.
    auto vectors =
        std::async(std::launch::async, [&] { return golden_files(design, ports, golden); });
    auto prediction = std::async(std::launch::async,
                                 [&] { return predict_cycles(design.dataflow, design.cycles); });
    NetworkView network = view_network(design.dataflow, dsp_bits_of(options.part));
    const ModuleNames names = module_names(options, network);
    const KernelInterface interface = interface_of(ports, names.kernel);
    const Board& board = options.board ? *options.board : unnamed_board();
    const LinkedDesign linked{
        interface,
        board,
        place_units(interface, board, options.compute_units, !options.region_of.empty()),
        options.part,
        options.clock_mhz,
        false};

    for (const char* module :
         {"mr_control", "mr_memory_to_stream", "mr_stream_to_memory", "mr_fifo"}) {
        add_library_module(files, module);
    }
    for (std::size_t i = 0; i < network.actors.size(); ++i) {
        add_library_module(files, network.actors[i].unit);
        files[fmt::format("rtl/actors/{}.sv", names.actors[i])] =
            actor_text(network.actors[i], names.actors[i], names.kernel);
    }
    render(files, fmt::format("rtl/{}.sv", names.network), "network.sv.mustache",
           network_values(network, ports, names));
    render(files, fmt::format("rtl/{}.sv", names.kernel), "kernel.sv.mustache",
           kernel_values(ports, interface, names));
    Json weights = Json::array();
    for (auto& [name, contents] : network.weights) {
        weights.push_back({{"index", weights.size()}, {"name", name}});
        files["weights/" + name] = std::move(contents);
    }
    render(files, "sim/weights.S", "sim/weights.S.mustache",
           {{"top", names.kernel}, {"files", std::move(weights)}});
    const auto sim_members = {std::string_view("name"),         std::string_view("bundle"),
                              std::string_view("offset"),       std::string_view("memory_bits"),
                              std::string_view("memory_words"), std::string_view("memory_cycles"),
                              std::string_view("stream_words"), std::string_view("index")};
    render(files, "sim/kernel.cpp", "sim/kernel.cpp.mustache",
           {{"top", names.kernel},
            {"protocol", interface.protocol == "ap_ctrl_hs" ? "hs" : "chain"},
            {"frames_offset", fmt::format("0x{:02x}", interface.arguments.back().offset)},
            {"settling_cycles", settling_cycles(design.dataflow)},
            {"inputs", port_values(ports.inputs, interface, 0, sim_members)},
            {"outputs", port_values(ports.outputs, interface, ports.inputs.size(), sim_members)}});
    files["sim/kernel_abi.h"] = embedded_runtime_source("kernel_abi.h");
    for (const std::string_view path : embedded_template_paths()) {
        constexpr std::string_view folder = "rtl_project/sim/";
        if (path.starts_with(folder) && !path.ends_with(".mustache")) {
            files["sim/" + std::string(path.substr(folder.size()))] = embedded_template(path);
        }
    }
    render(files, "Makefile", "Makefile.mustache", {{"top", names.kernel}});
    render(files, "scripts/vivado.tcl", "scripts/vivado.tcl.mustache",
           vivado_values(interface, options));
    if (!options.region_of.empty()) {
        files["scripts/regions.xdc"] = region_constraints(design, ports, options.region_of);
    }
    add_synthesis_files(files);
    add_open_board_files(files, ports, names.kernel, names.network);
    add_link_files(files, linked);
    add_host_files(files);
    const CyclePrediction cycles = prediction.get();
    add_project_model(files, design, options, "rtl", ports, linked, cycles);
    files.merge(vectors.get());
    return {std::move(files), cycles};
}

} // namespace millrace::backends
