// SPDX-License-Identifier: Apache-2.0
//
// A device in this process: the simulation of a kernel as a shared library. The compiled C
// simulation (`csim`) and the Verilated design (`rtlsim`) differ in the library only.
//
// Each compute unit is a kernel of its own with a thread of its own, so several compute units
// run at once; batches of one compute unit run in the order of their starts. The kernel's memory is
// the buffers of the batch that it works on, nothing else: it may read all of them and write the
// outputs, and fails with its address when it reaches beyond.
//
// Without a time limit a batch may take any time while its kernel works: simulations of one network
// differ in speed by a factor of thousands. What then counts as hung is one advance() call that
// takes longer than Patience::step (the calls do a bounded piece of work), and, where the
// simulation has a clock, a batch of more than `factor` times the cycles that the manifest
// predicts: a deadlocked design is found so, however slow the machine is.
//
// A kernel that hangs is stopped between two advance() calls. One that does not come back from
// advance() cannot be stopped: two seconds after the device was destroyed its thread is left alone,
// with its library and buffers, for the rest of the process.
#pragma once

#include "runtime/device.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace millrace::runtime {

/// What a kernel may do in a batch without a time limit before it counts as hung.
struct Patience {
    std::chrono::milliseconds step = std::chrono::minutes(2); ///< for one advance() call
    std::uint64_t factor = 20;                                ///< of the predicted cycles
    std::uint64_t cycles = 1'000'000;                         ///< more than that
};

/// Opens the simulation `library` of the manifest's kernel with its compute units. Throws
/// Error(ErrorKind::device) when it cannot be loaded or simulates another kernel.
std::unique_ptr<Device> open_simulated_device(const std::filesystem::path& library,
                                              const Manifest& manifest, std::string description,
                                              const Patience& patience = {});

} // namespace millrace::runtime
