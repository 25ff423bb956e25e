// SPDX-License-Identifier: Apache-2.0
//
// Everything that later code relies on is checked here, so that a manifest that was edited, cut
// short or written by an older compiler ends in a message and not in a wrong result.
#include "runtime/manifest.hpp"

#include "runtime/error.hpp"
#include "runtime/json_field.hpp"

#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

namespace millrace::runtime {

namespace {

constexpr std::int64_t most_int64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t most_uint32 = std::numeric_limits<std::uint32_t>::max();

std::string read_file(const std::filesystem::path& file) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw Error(ErrorKind::file, file.string() + ": a folder where a file is expected");
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw Error(ErrorKind::file, file.string() + ": cannot be opened");
    }
    std::ostringstream text;
    text << stream.rdbuf();
    if (stream.bad()) {
        throw Error(ErrorKind::file, file.string() + ": cannot be read");
    }
    return std::move(text).str();
}

std::uint32_t uint32_of(const JsonField& field, std::int64_t low, std::int64_t high) {
    return static_cast<std::uint32_t>(field.integer(low, high));
}

ElementType element_of(const JsonField& field) {
    const auto type = element_type_from(field.string());
    if (!type) {
        field.fail("no element type is called \"" + field.string() + "\"");
    }
    return *type;
}

std::vector<TensorInfo> tensors_of(const JsonField& list) {
    std::vector<TensorInfo> result;
    for (const JsonField& field : list.elements()) {
        result.push_back(
            {field["name"].string(), element_of(field["element"]), field["shape"].shape()});
    }
    return result;
}

Encoding encoding_of(const JsonField& field) {
    const std::string& name = field.string();
    if (name == "unsigned") {
        return Encoding::unsigned_integer;
    }
    if (name == "signed") {
        return Encoding::signed_integer;
    }
    if (name == "bipolar") {
        return Encoding::bipolar;
    }
    field.fail("\"" + name + "\" is none of unsigned, signed, bipolar");
}

/// The smallest of 1, 2, 4, 8, 16, 32, 64 that holds so many bits.
std::uint32_t container_for(std::uint32_t bits) {
    std::uint32_t container = 1;
    while (container < bits) {
        container *= 2;
    }
    return container;
}

PortInfo port_of(const JsonField& field, std::size_t argument) {
    PortInfo port;
    port.name = field["port"].string();
    port.argument = static_cast<std::uint32_t>(argument);
    if (field["argument"].integer() != static_cast<std::int64_t>(argument)) {
        field["argument"].fail("the kernel's arguments are not in order: " +
                               std::to_string(argument) + " is expected");
    }
    port.bundle = field["bundle"].string();
    port.shape = field["shape"].shape();
    port.bits = uint32_of(field["bits"], 1, 64);
    port.encoding = encoding_of(field["encoding"]);
    port.container_bits = uint32_of(field["container_bits"], 1, 64);
    port.memory_word_bits = uint32_of(field["memory_word_bits"], 8, 4096);
    const std::int64_t words = field["frame_words"].integer(0, most_int64 / 4096);
    port.frame_bytes = static_cast<std::uint64_t>(field["frame_bytes"].integer(0, most_int64));
    if (port.encoding == Encoding::bipolar && port.bits != 1) {
        field["bits"].fail("a bipolar element has one bit");
    }
    if (port.container_bits != container_for(port.bits)) {
        field["container_bits"].fail(std::to_string(container_for(port.bits)) +
                                     " is expected for elements of " + std::to_string(port.bits) +
                                     " bits");
    }
    const auto word = static_cast<std::int64_t>(port.memory_word_bits);
    if (word % 8 != 0) {
        field["memory_word_bits"].fail("no whole number of bytes");
    }
    // At most 2^31 elements of 64 bits: no overflow.
    const std::int64_t bits =
        element_count(port.shape) * static_cast<std::int64_t>(port.container_bits);
    if (words != (bits + word - 1) / word) {
        field["frame_words"].fail(
            "does not fit the shape: " + std::to_string((bits + word - 1) / word) + " is expected");
    }
    if (port.frame_bytes != static_cast<std::uint64_t>(words * word / 8)) {
        field["frame_bytes"].fail("does not fit frame_words: " + std::to_string(words * word / 8) +
                                  " is expected");
    }
    return port;
}

std::vector<PortInfo> ports_of(const JsonField& list, std::size_t first_argument) {
    std::vector<PortInfo> result;
    for (const JsonField& field : list.elements()) {
        result.push_back(port_of(field, first_argument + result.size()));
    }
    return result;
}

ArgumentInfo argument_of(const JsonField& field, std::size_t index) {
    ArgumentInfo argument;
    argument.name = field["name"].string();
    if (field["index"].integer() != static_cast<std::int64_t>(index)) {
        field["index"].fail("the arguments are not in order: " + std::to_string(index) +
                            " is expected");
    }
    argument.index = static_cast<std::uint32_t>(index);
    argument.offset = uint32_of(field["offset"], 0, most_uint32 - 8);
    const std::string& kind = field["kind"].string();
    if (kind != "memory" && kind != "scalar") {
        field["kind"].fail("\"" + kind + "\" is neither memory nor scalar");
    }
    argument.memory = kind == "memory";
    argument.bytes = uint32_of(field["bytes"], 4, 8);
    if (argument.bytes != (argument.memory ? 8U : 4U)) {
        field["bytes"].fail(argument.memory ? "addresses have 8 bytes" : "numbers have 4 bytes");
    }
    if (argument.memory) {
        argument.bundle = field["bundle"].string();
    }
    return argument;
}

void read_control(const JsonField& control, Manifest& manifest) {
    manifest.control_protocol = control["protocol"].string();
    if (manifest.control_protocol != "ap_ctrl_chain" && manifest.control_protocol != "ap_ctrl_hs") {
        control["protocol"].fail("\"" + manifest.control_protocol +
                                 "\" is neither ap_ctrl_chain nor ap_ctrl_hs");
    }
    manifest.control_bytes = uint32_of(control["bytes"], 16, std::int64_t{1} << 30);
    for (const JsonField& field : control["arguments"].elements()) {
        manifest.arguments.push_back(argument_of(field, manifest.arguments.size()));
        const ArgumentInfo& argument = manifest.arguments.back();
        if (argument.offset + argument.bytes > manifest.control_bytes) {
            field["offset"].fail("beyond the control registers");
        }
    }
    const std::size_t ports = manifest.inputs.size() + manifest.outputs.size();
    if (manifest.arguments.size() != ports + 1) {
        control["arguments"].fail(std::to_string(ports + 1) + " arguments are expected, " +
                                  std::to_string(manifest.arguments.size()) + " stand there");
    }
    for (std::size_t i = 0; i < ports; ++i) {
        const PortInfo& port = i < manifest.inputs.size()
                                   ? manifest.inputs[i]
                                   : manifest.outputs[i - manifest.inputs.size()];
        const ArgumentInfo& argument = manifest.arguments[i];
        if (argument.name != port.name || !argument.memory || argument.bundle != port.bundle) {
            control["arguments"].fail("argument " + std::to_string(i) + " is not the port " +
                                      port.name);
        }
    }
    if (manifest.arguments.back().memory) {
        control["arguments"].fail("the last argument is not the number of frames");
    }
}

ComputeUnitInfo compute_unit_of(const JsonField& field) {
    ComputeUnitInfo unit;
    unit.name = field["name"].string();
    unit.base = static_cast<std::uint64_t>(field["base"].integer(0, most_int64));
    const JsonField banks = field["banks"];
    for (const auto& [argument, bank] : banks.object()) {
        unit.banks[argument] = banks[argument].string();
    }
    return unit;
}

MemoryInfo memory_of(const JsonField& field) {
    return {field["tag"].string(), field["type"].string(),
            static_cast<std::uint64_t>(field["base"].integer(0, most_int64)),
            static_cast<std::uint64_t>(field["kib"].integer(0, most_int64 / 1024))};
}

Manifest manifest_of(const JsonField& top) {
    if (const JsonField format = top["format"]; format.integer() != 1) {
        format.fail("this runtime reads format 1, not " + std::to_string(format.integer()) +
                    ": compile the model again with the Millrace of this runtime");
    }
    // The compiler has not always written these.
    for (const char* key :
         {"platform", "control", "compute_units", "memories", "host", "decoders"}) {
        if (!top.has(key)) {
            top.fail(std::string("the key \"") + key +
                     "\" is missing: compile the model again with the Millrace of this runtime");
        }
    }
    Manifest manifest;
    manifest.model = top["model"].string();
    manifest.backend = top["backend"].string();
    manifest.kernel = top["kernel"].string();
    if (top.has("design")) { // since it is written
        manifest.design = top["design"].string();
        if (manifest.design.find_first_not_of("0123456789abcdef") != std::string::npos) {
            top["design"].fail("it has other characters than hexadecimal digits");
        }
    }
    manifest.part = top["part"].string();
    manifest.board = top["board"].string();
    manifest.platform = top["platform"].string();
    manifest.clock_mhz = top["clock_mhz"].number();
    if (!(manifest.clock_mhz > 0)) {
        top["clock_mhz"].fail("no frequency");
    }
    manifest.interval_cycles =
        static_cast<std::uint64_t>(top["interval_cycles"].integer(0, most_int64));
    manifest.latency_cycles =
        static_cast<std::uint64_t>(top["latency_cycles"].integer(0, most_int64));
    const JsonField interface = top["interface"];
    manifest.model_inputs = tensors_of(interface["inputs"]);
    manifest.model_outputs = tensors_of(interface["outputs"]);
    if (interface.has("selection") && !interface["selection"].is_null()) {
        const auto outputs = static_cast<std::int64_t>(manifest.model_outputs.size());
        manifest.selection =
            static_cast<std::size_t>(interface["selection"].integer(0, outputs - 1));
    }
    manifest.inputs = ports_of(top["inputs"], 0);
    manifest.outputs = ports_of(top["outputs"], manifest.inputs.size());
    read_control(top["control"], manifest);
    for (const JsonField& field : top["compute_units"].elements()) {
        manifest.compute_units.push_back(compute_unit_of(field));
    }
    for (const JsonField& field : top["memories"].elements()) {
        manifest.memories.push_back(memory_of(field));
    }
    // What the host program will look for.
    static_cast<void>(top["decoders"].array());
    for (const char* side : {"head", "tail"}) {
        const JsonField graph = top["host"][side];
        for (const char* key : {"inputs", "constants", "steps", "outputs"}) {
            static_cast<void>(graph[key].array());
        }
    }
    return manifest;
}

} // namespace

Manifest read_manifest(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::path file = path;
    if (file.extension() != ".json" && !std::filesystem::exists(file, error)) {
        throw Error(ErrorKind::file,
                    path.string() + ": does not exist; a project is a folder with millrace.json");
    }
    if (std::filesystem::is_directory(path, error)) {
        file = path / "millrace.json";
        if (!std::filesystem::exists(file, error)) {
            throw Error(ErrorKind::file, path.string() + ": no millrace.json in this folder; it is "
                                                         "not a project that Millrace wrote");
        }
    }
    auto json = std::make_shared<const JsonValue>(parse_json(read_file(file), file.string()));
    Manifest manifest = manifest_of({*json, file.string()});
    manifest.json = std::move(json);
    return manifest;
}

} // namespace millrace::runtime
