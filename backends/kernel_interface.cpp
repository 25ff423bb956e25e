// SPDX-License-Identifier: Apache-2.0
//
// Vitis HLS gives every argument in the control space its data rounded up to 32-bit words and one
// word more (reserved, or the argument's own flags): 12 bytes for an address, 8 for a number.
#include "backends/kernel_interface.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace millrace::backends {

namespace {

constexpr std::uint32_t register_bytes = 4;

void check_width(const KernelPort& port) {
    for (const std::int64_t bits : {64, 128, 256, 512}) {
        if (port.word_bits == bits) {
            return;
        }
    }
    throw Defect(fmt::format("port '{}' has words of {} bits", port.name, port.word_bits));
}

} // namespace

KernelInterface kernel_interface(std::string kernel, std::span<const KernelPort> ports) {
    KernelInterface result;
    result.kernel = std::move(kernel);
    std::uint32_t offset = control::first_argument;
    const auto add = [&](KernelArgument argument) {
        argument.index = static_cast<std::uint32_t>(result.arguments.size());
        argument.offset = offset;
        offset += argument.bytes + register_bytes;
        result.arguments.push_back(std::move(argument));
    };
    for (const bool inputs : {true, false}) {
        for (const KernelPort& port : ports) {
            if (port.input == inputs) {
                check_width(port);
                add({.name = port.name,
                     .bytes = 8,
                     .memory = true,
                     .input = inputs,
                     .bundle = fmt::format("gmem{}", result.arguments.size()),
                     .word_bits = port.word_bits});
            }
        }
    }
    add({.name = "frames", .bytes = 4, .memory = false, .input = true, .bundle = ""});
    if (offset > control::space_bytes) {
        throw Defect("the arguments do not fit into the control space");
    }
    return result;
}

nlohmann::ordered_json control_json(const KernelInterface& interface) {
    nlohmann::ordered_json json;
    json["protocol"] = interface.protocol;
    json["bytes"] = control::space_bytes;
    json["arguments"] = nlohmann::ordered_json::array();
    for (const KernelArgument& argument : interface.arguments) {
        nlohmann::ordered_json entry;
        entry["name"] = argument.name;
        entry["index"] = argument.index;
        entry["offset"] = argument.offset;
        entry["bytes"] = argument.bytes;
        entry["kind"] = argument.memory ? "memory" : "scalar";
        if (argument.memory) {
            entry["bundle"] = argument.bundle;
        }
        json["arguments"].push_back(std::move(entry));
    }
    return json;
}

} // namespace millrace::backends
