// SPDX-License-Identifier: Apache-2.0
//
// millrace.json as the runtime reads it (docs/manifest.md of the compiler describes the file).
#pragma once

#include "runtime/array.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::runtime {

class JsonValue;

/// An input or output of the model.
struct TensorInfo {
    std::string name;
    ElementType type = ElementType::float32;
    Shape shape; ///< of a sample, its batch axis (of size 1) included where the model has one
};

enum class Encoding { unsigned_integer, signed_integer, bipolar };

/// A port of the kernel: one array in device memory.
struct PortInfo {
    std::string name;       ///< of the kernel's argument
    std::uint32_t argument; ///< its index
    std::string bundle;     ///< the AXI4 port that carries it
    Shape shape;            ///< of a sample, channels last
    std::uint32_t bits;     ///< of an element
    Encoding encoding;
    std::uint32_t container_bits; ///< 1, 2, 4, 8, 16, 32 or 64
    std::uint32_t memory_word_bits;
    std::uint64_t frame_bytes;
};

/// An argument in the kernel's register map.
struct ArgumentInfo {
    std::string name;
    std::uint32_t index;
    std::uint32_t offset; ///< bytes from the start of the control registers
    std::uint32_t bytes;  ///< 8 for memory, 4 for `frames`
    bool memory;          ///< an address; else a number
    std::string bundle;   ///< of memory
};

/// A memory of the board that ports are connected to.
struct MemoryInfo {
    std::string tag;    ///< as platforms name it: "DDR[0]", "HBM[3]", "bank0"
    std::string type;   ///< of xclbin's memory types: "MEM_DDR4", "MEM_HBM", ...
    std::uint64_t base; ///< address
    std::uint64_t kib;  ///< size
};

struct ComputeUnitInfo {
    std::string name;                         ///< "KERNEL_1"
    std::uint64_t base;                       ///< of its control registers, for emulation
    std::map<std::string, std::string> banks; ///< memory tag by argument name
};

struct Manifest {
    std::string model;
    std::string backend; ///< "vitis" or "rtl"
    std::string kernel;
    std::string design; ///< tells what the kernel computes and its ports apart; empty: not said
    std::string part;
    std::string board;    ///< empty: none was named
    std::string platform; ///< Vitis platform; empty: none
    double clock_mhz = 0;
    std::uint64_t interval_cycles = 0;
    std::uint64_t latency_cycles = 0;
    std::string control_protocol;    ///< "ap_ctrl_chain" or "ap_ctrl_hs"
    std::uint32_t control_bytes = 0; ///< size of the register space
    std::vector<TensorInfo> model_inputs;
    std::vector<TensorInfo> model_outputs;
    /// The output with indices that the model itself selected (interface.selection), if any.
    std::optional<std::size_t> selection;
    std::vector<PortInfo> inputs;
    std::vector<PortInfo> outputs;
    std::vector<ArgumentInfo> arguments; ///< by index
    std::vector<ComputeUnitInfo> compute_units;
    std::vector<MemoryInfo> memories;
    std::shared_ptr<const JsonValue> json; ///< all of it, for the host program
};

/// Reads and checks a manifest: `path` is the file, or a project's folder. Throws
/// Error(ErrorKind::file or ::manifest).
Manifest read_manifest(const std::filesystem::path& path);

} // namespace millrace::runtime
