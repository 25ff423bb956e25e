// SPDX-License-Identifier: Apache-2.0
//
// The kernel's register map joined with its ports: which register holds the address of which
// port's memory, and which one the number of frames. Every device starts a kernel by this.
#pragma once

#include "runtime/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::runtime {

struct KernelArguments {
    struct Memory {
        std::uint32_t index;       ///< of the argument
        std::uint32_t offset;      ///< of its 64-bit register
        std::uint64_t frame_bytes; ///< of the port
    };
    std::vector<Memory> inputs;  ///< by input port
    std::vector<Memory> outputs; ///< by output port
    std::uint32_t frames_index = 0;
    std::uint32_t frames_offset = 0;
    bool chain = false; ///< ap_ctrl_chain: ap_done stays until ap_continue

    /// Throws Error(ErrorKind::manifest) when ports and arguments are not of one kernel.
    explicit KernelArguments(const Manifest& manifest);

    /// Bytes of a port's memory; throws Error(ErrorKind::usage) for more than an address space.
    [[nodiscard]] static std::size_t bytes(const Memory& memory, std::uint32_t frames);
};

} // namespace millrace::runtime
