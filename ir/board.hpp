// SPDX-License-Identifier: Apache-2.0
//
// A board as the compiler sees it: part, resources, memories. planner/ reads boards (docs/boards.md
// describes the files), backends place kernels on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Counts of a device, or of a part of it.
struct Resources {
    std::int64_t lut = 0;
    std::int64_t ff = 0;
    std::int64_t bram36 = 0;
    std::int64_t uram = 0;
    std::int64_t dsp = 0;
    friend bool operator==(const Resources&, const Resources&) = default;
};

/// Shares of the resources that a design may take and still meet its clock.
struct ResourceCaps {
    double lut = 1;
    double ff = 1;
    double bram = 1;
    double uram = 1;
    double dsp = 1;
    friend bool operator==(const ResourceCaps&, const ResourceCaps&) = default;
};

/// A super logic region, with what the platform's shell leaves of it to kernels.
struct BoardRegion {
    std::string name; ///< "SLR0"
    Resources free;
};

/// A memory that kernels can be connected to.
struct BoardMemory {
    std::string tag;                ///< "DDR[0]", "HBM[3]", "PS_DDR": unique on the board
    std::string type;               ///< of xclbin's memory types: "MEM_DDR4", "MEM_HBM"
    std::uint64_t base = 0;         ///< address
    std::uint64_t kib = 0;          ///< size
    std::string region;             ///< where its controller is; empty: a board of one region
    std::vector<std::string> ports; ///< what a connection to it is called: {tag}, or {"HP0", ...}
    double gbytes_per_second = 0;   ///< of the memory together; 0: not known
    std::int64_t port_bits = 0;     ///< that each port carries a cycle, each way; 0: not known
};

enum class Attachment : std::uint8_t { pcie, embedded };

struct Board {
    std::string name;  ///< as --board has it
    std::string title; ///< for people
    std::string part;
    std::string family; ///< "zynq7", "zynqmp", "ultrascale+"
    Attachment attachment = Attachment::pcie;
    std::string platform;      ///< of Vitis; empty: not known, or several
    std::string vivado_board;  ///< pattern of Vivado's board files; embedded only
    double clock_mhz = 100;    ///< what designs on it usually run at
    double pcie_gbytes = 0;    ///< a second, sustained; 0: not known, or embedded
    std::uint64_t control = 0; ///< where control registers begin; embedded only
    Resources device;          ///< the whole part
    ResourceCaps caps;
    std::vector<BoardRegion> regions;  ///< at least one
    std::vector<BoardMemory> memories; ///< at least one
    std::string description;           ///< the file that it was read from, for projects
};

} // namespace millrace
