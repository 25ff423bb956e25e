// SPDX-License-Identifier: Apache-2.0
//
// What runs a kernel: a board behind XRT, an emulation of one, or a simulation in this process. A
// session sees all of them through these two interfaces.
#pragma once

#include "runtime/manifest.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace millrace::runtime {

/// For Batch::wait(): any time, as long as the device works. A simulation counts as hung when one
/// step of it does not come back, or when it has simulated many times the clock cycles that the
/// batch should take; a board has no such sign, so it needs a limit.
inline constexpr std::chrono::milliseconds no_time_limit = std::chrono::milliseconds::max();

/// The buffers of one batch of frames on one compute unit. A batch is used by one thread at a time;
/// several batches of a device may be used by several threads at once. Destroying a batch that runs
/// waits for it, unless it has timed out.
class Batch {
  public:
    Batch() = default;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    virtual ~Batch() = default;

    /// Host memory of an input port, by index in the manifest: capacity * frame_bytes bytes.
    virtual std::span<std::byte> input(std::size_t port) = 0;
    /// Host memory of an output port; holds the results after wait().
    virtual std::span<const std::byte> output(std::size_t port) = 0;
    /// Takes the first `frames` frames of the inputs to the device and starts the kernel; returns
    /// without waiting for it. Throws Error.
    virtual void start(std::uint32_t frames) = 0;
    /// Waits for the kernel and takes its results back. Throws Error(ErrorKind::timeout) when the
    /// kernel has not finished in time, or hangs: the batch and its device are lost then, a new
    /// device can be opened. Throws Error(ErrorKind::device) when the device failed.
    virtual void wait(std::chrono::milliseconds timeout) = 0;
};

class Device {
  public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;

    /// For people: "xilinx_u250_gen3x16_base (xrt:0)", "C simulation".
    [[nodiscard]] virtual std::string description() const = 0;
    [[nodiscard]] virtual std::size_t compute_units() const = 0;
    /// Buffers for up to `capacity` frames on a compute unit. Thread-safe. Throws Error.
    virtual std::unique_ptr<Batch> make_batch(std::size_t compute_unit, std::uint32_t capacity) = 0;
};

/// What a session was opened with.
struct DeviceContext {
    std::filesystem::path project; ///< folder with millrace.json; may lack all but that for xrt
    std::filesystem::path xclbin;  ///< empty: the project's, build/KERNEL.xclbin
    Manifest manifest;
};

/// "sim" (the project's simulation), "csim", "rtlsim", "xrt", "xrt:1", "xrt-emu", "xrt-emu:1".
struct DeviceName {
    std::string kind = "sim";
    unsigned index = 0;
};

/// Throws Error(ErrorKind::usage) for a kind that does not exist, naming those that do.
DeviceName parse_device_name(std::string_view text);

/// Throws Error(ErrorKind::no_device) where the device is missing or this build has no such device.
std::unique_ptr<Device> open_device(const DeviceName& name, const DeviceContext& context);

} // namespace millrace::runtime
