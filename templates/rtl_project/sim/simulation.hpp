// SPDX-License-Identifier: Apache-2.0
//
// The simulated kernel as its users see it: kernel_abi.h, which hosts know, and main.cpp, which
// measures. What is behind it (rtl_kernel.hpp and the Verilated design) is kernel.cpp's alone.
#ifndef MILLRACE_SIMULATION_HPP
#define MILLRACE_SIMULATION_HPP

#include "kernel_abi.h"
#include "measurement.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

// A memory port of the kernel and the stream behind its mover.
struct PortInfo {
    const char* name;
    std::uint32_t offset;       // of the address register
    unsigned index;             // among the inputs or the outputs, the bit of its probe
    unsigned memory_bits;       // of a memory word
    std::uint64_t memory_words; // of a frame
    // In which the board's memory moves these, no fewer than them.
    std::uint64_t memory_cycles;
    std::uint64_t stream_words; // of a frame

    std::uint64_t frame_bytes() const { return memory_words * (memory_bits / 8); }
};

enum class ControlProtocol {
    hs,   // ap_ctrl_hs: ap_done is cleared when it is read
    chain // ap_ctrl_chain: ap_done stays until ap_continue, and no other call ends before
};

struct KernelInfo {
    const char* name;
    ControlProtocol protocol;
    std::uint32_t frames_offset;
    std::uint64_t settling_cycles; // after a reset, until nothing moves any more
    std::vector<PortInfo> inputs;
    std::vector<PortInfo> outputs;
};

struct SimulationOptions {
    bool stalls = false;        // random pauses on all AXI channels; registers start as noise
    std::uint64_t seed = 0;     // of the stalls
    bool measure = false;       // record when frames begin and end
    std::uint64_t patience = 0; // cycles without a stream word that are a deadlock; 0: any number
};

// As kernel_abi.h describes the functions of the same names; failures are told by error(), not
// thrown.
class Simulation {
  public:
    Simulation() = default;
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    virtual ~Simulation() = default;

    virtual void write(std::uint32_t offset, std::uint32_t value) = 0;
    virtual std::uint32_t read(std::uint32_t offset) = 0;
    virtual int advance() = 0;
    virtual std::uint64_t cycles() const = 0;
    virtual const std::string& error() const = 0;
    virtual const Measurement& measurement() const = 0;
};

const KernelInfo& kernel_info();

// A kernel after its reset. Throws std::runtime_error, for example where there is no temporary
// folder for the weights.
std::unique_ptr<Simulation> make_simulation(const millrace_memory& memory,
                                            const SimulationOptions& options);

} // namespace millrace

#endif
