// SPDX-License-Identifier: Apache-2.0
//
// Assembles the project: values for the templates of templates/vitis, constants, golden vectors and
// the manifest. Everything is a function of the design alone, so equal designs give equal bytes.
#include "backends/vitis/vitis_backend.hpp"

#include "backends/embedded_runtime.hpp"
#include "backends/embedded_templates.hpp"
#include "backends/golden_vectors.hpp"
#include "backends/host_files.hpp"
#include "backends/kernel_ports.hpp"
#include "backends/link_files.hpp"
#include "backends/project_model.hpp"
#include "backends/template_renderer.hpp"
#include "backends/vitis/c_library_names.hpp"
#include "backends/vitis/top_view.hpp"
#include "ir/memory_pace.hpp"
#include "ir/names.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <future>

namespace millrace::backends {

namespace {

using Json = nlohmann::json;

std::string period_text(double clock_mhz) { return fmt::format("{:.3f}", 1000.0 / clock_mhz); }

/// What the kernel's name may not be: the C library's names, actors and streams.
std::vector<std::string> taken_names(const TopView& top) {
    std::vector<std::string> names(c_library_names.begin(), c_library_names.end());
    for (const ActorView& actor : top.actors) {
        names.push_back(actor.name);
    }
    for (const StreamView& stream : top.streams) {
        names.push_back(stream.name);
    }
    return names;
}

/// What the templates need to know of a port; `members` are the names that the template uses.
Json port_values(const TopView& top, const std::vector<PortView>& ports,
                 const KernelInterface& interface, std::size_t first, int golden_frames,
                 std::initializer_list<std::string_view> members) {
    Json list = Json::array();
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const PortView& port = ports[i];
        const KernelArgument& argument = interface.arguments[first + i];
        const BurstSettings burst = burst_settings(port.memory_bits);
        const Json all{
            {"name", port.name},
            {"stream", top.stream_names[port.stream]},
            {"element", encoding_type(port.element)},
            {"elements", element_count(port.shape)},
            {"lanes", port.lanes},
            {"memory_bits", port.memory_bits},
            {"memory_words", port.memory_words},
            {"stream_words", port.stream_words},
            {"word_bits", port.lanes * port.element.bits},
            {"cosim_words", port.memory_words * golden_frames},
            {"bundle", argument.bundle},
            {"offset", fmt::format("0x{:02x}", argument.offset)},
            {"command_argument", 3 + first + i},
            {"burst", burst.length},
            {"outstanding", burst.outstanding},
            {"latency", burst.latency},
        };
        Json chosen = Json::object();
        for (const std::string_view member : members) {
            chosen[std::string(member)] = all.at(std::string(member));
        }
        list.push_back(std::move(chosen));
    }
    return list;
}

Json stream_values(const TopView& top) {
    Json list = Json::array();
    for (const StreamView& stream : top.streams) {
        Json memory = Json::array();
        if (!stream.memory.empty()) {
            memory.push_back({{"impl", stream.memory}});
        }
        list.push_back({{"name", stream.name},
                        {"bits", stream.bits},
                        {"depth", stream.depth},
                        {"memory", std::move(memory)}});
    }
    return list;
}

Json connection_values(const TopView& top) {
    Json list = Json::array();
    for (const ActorView& actor : top.actors) {
        Json connections = Json::array();
        for (const std::string& input : actor.inputs) {
            connections.push_back({{"stream", input}});
        }
        for (const std::string& output : actor.outputs) {
            connections.push_back({{"stream", output}});
        }
        list.push_back({{"name", actor.name}, {"connections", std::move(connections)}});
    }
    return list;
}

const ParameterObject& object_named(const TopView& top, const std::string& name) {
    return *std::find_if(top.objects.begin(), top.objects.end(),
                         [&](const ParameterObject& object) { return object.name == name; });
}

Json actor_values(const TopView& top) {
    Json list = Json::array();
    for (const ActorView& actor : top.actors) {
        Json ports = Json::array();
        std::string call = actor.frames_first ? "frames" : "";
        const auto argument = [&call](const std::string& text) {
            call += (call.empty() ? "" : ", ") + text;
        };
        for (std::size_t i = 0; i < actor.input_bits.size(); ++i) {
            const std::string port = actor.input_bits.size() == 1 ? "in" : fmt::format("in{}", i);
            ports.push_back({{"bits", actor.input_bits[i]}, {"port", port}});
            argument(port);
        }
        for (std::size_t i = 0; i < actor.output_bits.size(); ++i) {
            const std::string port =
                actor.output_bits.size() == 1 ? "out" : fmt::format("out{}", i);
            ports.push_back({{"bits", actor.output_bits[i]}, {"port", port}});
            argument(port);
        }
        for (const std::string& operand : actor.operands.empty() ? actor.objects : actor.operands) {
            argument(operand);
        }
        Json partitions = Json::array();
        Json bindings = Json::array();
        for (const std::string& name : actor.objects) {
            const ParameterObject& object = object_named(top, name);
            for (const std::string& member : object_members(object)) {
                // One row in all needs no partition.
                if (object.pe > 1 && !object.shared) {
                    partitions.push_back({{"object", name}, {"member", member}});
                }
                // Weights follow the plan's memory; what a shared copy serves several lanes with
                // must stay distributed.
                if (!actor.rom.empty() && !(object.shared && object.pe > 1)) {
                    bindings.push_back({{"object", name},
                                        {"member", member},
                                        {"type", "rom_1p"},
                                        {"impl", actor.rom}});
                }
            }
        }
        if (!actor.frames_first) {
            argument("frames");
        }
        list.push_back({{"name", actor.name},
                        {"ports", std::move(ports)},
                        {"partitions", std::move(partitions)},
                        {"bindings", std::move(bindings)},
                        {"function", actor.function},
                        {"arguments", actor.arguments},
                        {"call", std::move(call)}});
    }
    return list;
}

Json object_values(const TopView& top) {
    Json list = Json::array();
    for (const ParameterObject& object : top.objects) {
        list.push_back({{"name", object.name}, {"type", object_type(object)}});
    }
    return list;
}

void render(ProjectFiles& files, const std::string& path, const std::string& name,
            const Json& values) {
    files[path] = render_embedded("vitis/" + name, values);
}

void add_library(ProjectFiles& files) {
    for (const std::string_view path : embedded_template_paths()) {
        for (const std::string_view folder : {"hls/millrace/", "hls/sim/"}) {
            if (path.starts_with(folder)) {
                files["lib/" + std::string(path.substr(4))] = embedded_template(path);
            }
        }
    }
}

} // namespace

EmittedProject emit_vitis_project(const CompiledDesign& design, const ProjectOptions& options) {
    const TopView top = view_top(design.dataflow);
    const KernelPorts ports = kernel_ports(design.dataflow);
    const std::string kernel = kernel_name(options.model_name, taken_names(top));
    const KernelInterface interface = interface_of(ports, kernel);
    const Board& board = options.board ? *options.board : unnamed_board();
    const LinkedDesign linked{
        interface, board,
        place_units(interface, board, options.compute_units, !options.region_of.empty()),
        options.part, options.clock_mhz};
    const int golden = frames_at_once(design, options.golden_samples);
    const int block = frames_at_once(design, 256);
    const std::string period = period_text(options.clock_mhz);
    ProjectFiles files;
    const auto inputs = [&](std::initializer_list<std::string_view> members) {
        return port_values(top, ports.inputs, interface, 0, golden, members);
    };
    const auto outputs = [&](std::initializer_list<std::string_view> members) {
        return port_values(top, ports.outputs, interface, ports.inputs.size(), golden, members);
    };

    // The longest pieces of work here, which need nothing of the rest.
    auto vectors =
        std::async(std::launch::async, [&] { return golden_files(design, ports, golden); });
    auto prediction = std::async(std::launch::async,
                                 [&] { return predict_cycles(design.dataflow, design.cycles); });
    add_library(files);
    render(files, "src/actors.hpp", "actors.hpp.mustache",
           {{"top", kernel}, {"objects", object_values(top)}, {"actors", actor_values(top)}});
    render(files, "src/top.hpp", "top.hpp.mustache",
           {{"top", kernel},
            {"inputs", inputs({"name", "memory_bits", "memory_words"})},
            {"outputs", outputs({"name", "memory_bits", "memory_words"})}});
    const auto memory_members = {std::string_view("name"),     std::string_view("memory_bits"),
                                 std::string_view("bundle"),   std::string_view("cosim_words"),
                                 std::string_view("lanes"),    std::string_view("element"),
                                 std::string_view("elements"), std::string_view("stream"),
                                 std::string_view("burst"),    std::string_view("outstanding"),
                                 std::string_view("latency")};
    render(files, "src/top.cpp", "top.cpp.mustache",
           {{"top", kernel},
            {"protocol", interface.protocol},
            {"inputs", inputs(memory_members)},
            {"outputs", outputs(memory_members)},
            {"streams", stream_values(top)},
            {"actors", connection_values(top)}});
    render(files, "src/top_axis.cpp", "top_axis.cpp.mustache",
           {{"top", kernel + "_axis"},
            {"inputs", inputs({"name", "word_bits", "stream_words", "stream"})},
            {"outputs", outputs({"name", "word_bits", "stream_words", "stream"})},
            {"streams", stream_values(top)},
            {"actors", connection_values(top)}});
    files["csim/words.hpp"] = embedded_template("vitis/words.hpp");
    render(files, "csim/main.cpp", "csim_main.cpp.mustache",
           {{"top", kernel},
            {"port_count", ports.inputs.size() + ports.outputs.size()},
            {"block_frames", block},
            {"inputs", inputs({"name", "memory_bits", "command_argument"})},
            {"outputs", outputs({"name", "memory_bits", "command_argument"})}});
    files["csim/kernel_abi.h"] = embedded_runtime_source("kernel_abi.h");
    files["csim/simulated_kernel.hpp"] = embedded_template("vitis/simulated_kernel.hpp");
    files["csim/parameters.S"] = embedded_template("vitis/parameters.S");
    files["csim/exports.map"] = embedded_template("vitis/exports.map");
    render(files, "csim/kernel.cpp", "csim_kernel.cpp.mustache",
           {{"top", kernel},
            {"protocol", interface.protocol == "ap_ctrl_hs" ? "hs" : "chain"},
            {"frames_offset", fmt::format("0x{:02x}", interface.arguments.back().offset)},
            {"block_frames", block},
            {"inputs", inputs({"name", "memory_bits", "offset"})},
            {"outputs", outputs({"name", "memory_bits", "offset"})}});
    render(files, "tb/testbench.cpp", "testbench.cpp.mustache",
           {{"top", kernel},
            {"golden_frames", golden},
            {"inputs", inputs({"name", "memory_bits"})},
            {"outputs", outputs({"name", "memory_bits"})}});
    render(files, "Makefile", "Makefile.mustache",
           {{"top", kernel}, {"embedded", board.attachment == Attachment::embedded}});
    render(files, "CMakeLists.txt", "CMakeLists.txt.mustache", {{"top", kernel}});
    render(files, "scripts/vitis_hls.tcl", "vitis_hls.tcl.mustache",
           {{"top", kernel}, {"part", options.part}, {"period_ns", period}});
    render(files, "scripts/hls_config.cfg", "hls_config.cfg.mustache",
           {{"top", kernel}, {"part", options.part}, {"period_ns", period}});
    files["scripts/vitis.sh"] = embedded_template("vitis/vitis.sh");
    add_link_files(files, linked);
    add_host_files(files);
    files["weights/parameters.bin"] = parameter_file(top.objects);
    for (const ParameterObject& object : top.objects) {
        files["weights/" + object.name + ".inc"] = object_initialiser(object);
    }
    const CyclePrediction cycles = prediction.get();
    render(files, "README.md", "README.md.mustache",
           {{"top", kernel},
            {"model", escaped(options.model_name)},
            {"part", options.part},
            {"period_ns", period},
            {"interval", cycles.interval},
            {"latency", cycles.latency},
            {"board",
             board.name.empty() ? "No board was named." : "The board is " + board.title + "."}});
    add_project_model(files, design, options, "vitis", ports, linked, cycles);
    files.merge(vectors.get());
    return {std::move(files), cycles};
}

} // namespace millrace::backends
