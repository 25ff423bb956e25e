// SPDX-License-Identifier: Apache-2.0
#include "backends/project_model.hpp"

#include "backends/manifest.hpp"
#include "ir/names.hpp"
#include "ir/text.hpp"

#include <bit>
#include <cstdint>
#include <fmt/format.h>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace millrace::backends {

namespace {

using OrderedJson = nlohmann::ordered_json;

std::string_view encoding_name(Encoding encoding) {
    switch (encoding) {
    case Encoding::unsigned_integer:
        return "unsigned";
    case Encoding::signed_integer:
        return "signed";
    case Encoding::bipolar:
        return "bipolar";
    }
    throw Defect("unknown encoding");
}

OrderedJson port_json(const PortView& port, const KernelArgument& argument) {
    OrderedJson json;
    json["port"] = port.name;
    json["argument"] = argument.index;
    json["bundle"] = argument.bundle;
    json["shape"] = port.shape;
    json["bits"] = port.element.bits;
    json["encoding"] = encoding_name(port.element.encoding);
    json["container_bits"] = port.container_bits;
    json["memory_word_bits"] = port.memory_bits;
    json["frame_words"] = port.memory_words;
    json["frame_bytes"] = port.memory_words * port.memory_bits / 8;
    return json;
}

/// 128 bits in hexadecimal digits from the texts, each with its length: for telling designs apart,
/// not against anybody's intent.
std::string design_hash(std::initializer_list<std::string_view> texts) {
    constexpr std::uint64_t prime = 0x100000001B3; // FNV-1a, in two lanes that begin differently
    std::uint64_t a = 0xCBF29CE484222325;
    std::uint64_t b = 0x6D696C6C72616365;
    const auto add = [&](std::uint64_t word) {
        a = (a ^ word) * prime;
        b = std::rotl(b ^ a, 29) * prime + word;
    };
    for (const std::string_view text : texts) {
        add(text.size());
        for (const char character : text) {
            add(static_cast<unsigned char>(character));
        }
    }
    return fmt::format("{:016x}{:016x}", a, b);
}

std::string manifest(const CompiledDesign& design, const ProjectOptions& options,
                     std::string_view backend, const KernelPorts& ports, const LinkedDesign& linked,
                     const CyclePrediction& cycles, std::string_view body) {
    const Program& program = design.program;
    const std::vector<KernelArgument>& arguments = linked.interface.arguments;
    OrderedJson json;
    json["format"] = 1;
    json["generator"] = "millrace";
    json["backend"] = backend;
    json["model"] = escaped(options.model_name);
    json["kernel"] = linked.interface.kernel;
    json["design"] = ""; // its place; below
    json["part"] = options.part;
    json["board"] = linked.board.name;
    json["platform"] = linked.board.platform;
    json["clock_mhz"] = options.clock_mhz;
    json["interval_cycles"] = cycles.interval;
    json["latency_cycles"] = cycles.latency;
    json["interface"] = model_interface_json(design.network, program);
    OrderedJson inputs = OrderedJson::array();
    for (std::size_t i = 0; i < ports.inputs.size(); ++i) {
        OrderedJson port = port_json(ports.inputs[i], arguments[i]);
        const auto& type = std::get<IntegerType>(program.body.value(program.body.inputs[i]).type);
        port["grid"] = grid_json(type.grid);
        port["quantizer"] = input_quantizer_json(program, i);
        inputs.push_back(std::move(port));
    }
    json["inputs"] = std::move(inputs);
    OrderedJson outputs = OrderedJson::array();
    for (std::size_t i = 0; i < ports.outputs.size(); ++i) {
        OrderedJson port = port_json(ports.outputs[i], arguments[ports.inputs.size() + i]);
        const auto& type = std::get<IntegerType>(program.body.value(program.body.outputs[i]).type);
        port["grid"] = grid_json(type.grid);
        outputs.push_back(std::move(port));
    }
    json["outputs"] = std::move(outputs);
    json["control"] = control_json(linked.interface);
    json["compute_units"] = compute_units_json(linked.units, linked.interface, linked.board);
    json["design"] =
        design_hash({body, json["inputs"].dump(), json["outputs"].dump(), json["control"].dump()});
    json["memories"] = memories_json(linked.board);
    json["host"] = {{"head", host_graph_json(program.head)},
                    {"tail", host_graph_json(program.tail)}};
    json["decoders"] = decoders_json(program);
    return json.dump(1) + "\n";
}

} // namespace

void add_project_model(ProjectFiles& files, const CompiledDesign& design,
                       const ProjectOptions& options, std::string_view backend,
                       const KernelPorts& ports, const LinkedDesign& linked,
                       const CyclePrediction& cycles) {
    files["model/network.mir"] = print(design.network);
    files["model/head.mir"] = print(design.program.head);
    const std::string& body = files["model/body.mir"] = print(design.program.body);
    files["millrace.json"] = manifest(design, options, backend, ports, linked, cycles, body);
    files["model/tail.mir"] = print(design.program.tail);
    files["model/dataflow.mir"] = print(design.dataflow);
}

} // namespace millrace::backends
