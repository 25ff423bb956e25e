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
// A kernel that hangs is stopped between two advance() calls. One that does not come back from
// advance() cannot be stopped: two seconds after the device was destroyed its thread is left alone,
// with its library and buffers, for the rest of the process.
#pragma once

#include "runtime/device.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace millrace::runtime {

/// Opens the simulation `library` of the manifest's kernel with its compute units. Throws
/// Error(ErrorKind::device) when it cannot be loaded or simulates another kernel.
std::unique_ptr<Device> open_simulated_device(const std::filesystem::path& library,
                                              const Manifest& manifest, std::string description);

} // namespace millrace::runtime
