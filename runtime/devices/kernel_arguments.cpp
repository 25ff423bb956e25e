// SPDX-License-Identifier: Apache-2.0
//
// Every memory argument belongs to exactly one port and the other way round; the one number is the
// count of frames. Anything else is another kernel's manifest, and would start a kernel with
// addresses that nobody wrote.
#include "runtime/devices/kernel_arguments.hpp"

#include "runtime/error.hpp"
#include "runtime/printing.hpp"

#include <limits>
#include <string>

namespace millrace::runtime {

namespace {

[[noreturn]] void broken(const std::string& what) {
    throw Error(ErrorKind::manifest, "the manifest's control arguments are broken: " + what);
}

const ArgumentInfo& argument_of(const Manifest& manifest, const PortInfo& port) {
    for (const ArgumentInfo& argument : manifest.arguments) {
        if (argument.index == port.argument) {
            if (!argument.memory) {
                broken("port " + port.name + " has argument " + argument.name +
                       ", which is a number");
            }
            return argument;
        }
    }
    broken("port " + port.name + " has no argument");
}

} // namespace

KernelArguments::KernelArguments(const Manifest& manifest) {
    if (manifest.control_protocol != "ap_ctrl_chain" && manifest.control_protocol != "ap_ctrl_hs") {
        broken("unknown protocol \"" + manifest.control_protocol + "\"");
    }
    chain = manifest.control_protocol == "ap_ctrl_chain";
    std::size_t memories = 0;
    bool frames = false;
    for (const ArgumentInfo& argument : manifest.arguments) {
        if (argument.offset % 4 != 0 || argument.offset < 16 ||
            std::uint64_t{argument.offset} + argument.bytes > manifest.control_bytes) {
            broken("argument " + argument.name + " is outside the registers");
        }
        if (argument.memory) {
            ++memories;
        } else if (argument.name == "frames" && !frames) {
            frames = true;
            frames_index = argument.index;
            frames_offset = argument.offset;
        } else {
            broken("argument " + argument.name + " is not known");
        }
    }
    if (!frames) {
        broken("there is no argument for the number of frames");
    }
    for (const PortInfo& port : manifest.inputs) {
        const ArgumentInfo& argument = argument_of(manifest, port);
        inputs.push_back({argument.index, argument.offset, port.frame_bytes});
    }
    for (const PortInfo& port : manifest.outputs) {
        const ArgumentInfo& argument = argument_of(manifest, port);
        outputs.push_back({argument.index, argument.offset, port.frame_bytes});
    }
    if (memories != inputs.size() + outputs.size()) {
        broken(counted(static_cast<std::int64_t>(memories), "memory argument") + " for " +
               counted(static_cast<std::int64_t>(inputs.size() + outputs.size()), "port"));
    }
    if (manifest.compute_units.empty()) {
        broken("there is no compute unit");
    }
}

std::size_t KernelArguments::bytes(const Memory& memory, std::uint32_t frames) {
    // A half, so that sums of a few buffers do not wrap either.
    constexpr std::uint64_t limit = std::numeric_limits<std::size_t>::max() / 2;
    if (memory.frame_bytes != 0 && frames > limit / memory.frame_bytes) {
        throw Error(ErrorKind::usage, "a batch of " + counted(frames, "frame") + " of " +
                                          std::to_string(memory.frame_bytes) +
                                          " bytes does not fit into memory");
    }
    return static_cast<std::size_t>(frames * memory.frame_bytes);
}

} // namespace millrace::runtime
