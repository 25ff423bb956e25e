// SPDX-License-Identifier: Apache-2.0
//
// The kernel as a host sees it: control registers and memory ports, as docs/kernel-interface.md
// describes them. The one model of arguments and offsets from which the manifest, the pragmas of
// the HLS top, the link configuration and the metadata of an xclbin are made; a backend that writes
// its own control logic takes the offsets from here.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace millrace::backends {

/// Offsets of the control registers, and bits of the first.
namespace control {
inline constexpr std::uint32_t word = 0x00;
inline constexpr std::uint32_t interrupt_global = 0x04;
inline constexpr std::uint32_t interrupt_enable = 0x08;
inline constexpr std::uint32_t interrupt_status = 0x0c;
inline constexpr std::uint32_t first_argument = 0x10;
inline constexpr std::uint32_t space_bytes = 64 * 1024; ///< of the address map, for one unit

inline constexpr std::uint32_t ap_start = 1U << 0;
inline constexpr std::uint32_t ap_done = 1U << 1;
inline constexpr std::uint32_t ap_idle = 1U << 2;
inline constexpr std::uint32_t ap_ready = 1U << 3;
inline constexpr std::uint32_t ap_continue = 1U << 4;
} // namespace control

/// A memory port, before it has an offset.
struct KernelPort {
    std::string name;
    std::int64_t word_bits = 64; ///< 64, 128, 256 or 512
    bool input = true;
};

struct KernelArgument {
    std::string name;
    std::uint32_t index = 0;
    std::uint32_t offset = 0; ///< bytes from the start of the control registers
    std::uint32_t bytes = 8;  ///< 8: an address, 4: a number
    bool memory = true;
    bool input = true;          ///< of memory: the kernel only reads it
    std::string bundle;         ///< of memory: "gmem0", ...; the AXI4 port is m_axi_BUNDLE
    std::int64_t word_bits = 0; ///< of memory
};

struct KernelInterface {
    std::string kernel;
    std::string protocol = "ap_ctrl_chain";
    std::vector<KernelArgument> arguments; ///< inputs, outputs, `frames`
};

/// Lays the ports out as Vitis HLS does: each argument takes its data words and one reserved word,
/// from 0x10 on; `frames` is the last. Throws Defect for a port without a possible word width.
KernelInterface kernel_interface(std::string kernel, std::span<const KernelPort> ports);

/// The manifest's `control`.
nlohmann::ordered_json control_json(const KernelInterface& interface);

} // namespace millrace::backends
