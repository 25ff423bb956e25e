// SPDX-License-Identifier: Apache-2.0
//
// The device's side of XRT's software emulation: answers the shim's calls with a memory and compute
// units, which are simulations of a kernel. What a caller does wrong (an address without a buffer,
// a register without a compute unit, a library that does not load, a call that is not known here)
// is answered as failed, with a line on the log; only what leaves no way to answer is fatal.
#pragma once

#include "runtime/emulation/call_stream.hpp"
#include "runtime/emulation/device_memory.hpp"
#include "runtime/emulation/emulated_unit.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace millrace::runtime {

class WireMessage;

struct DeviceServerOptions {
    EmulatedUnit::Fatal fatal;                   ///< a kernel failed or hangs
    std::function<void(const std::string&)> log; ///< a line for people
    std::chrono::milliseconds watchdog{0};       ///< longest work of a kernel; 0: any
    std::chrono::milliseconds step_watchdog{0};  ///< longest advance() call of a kernel; 0: any
};

class DeviceServer {
  public:
    explicit DeviceServer(DeviceServerOptions options);
    ~DeviceServer();
    DeviceServer(const DeviceServer&) = delete;
    DeviceServer& operator=(const DeviceServer&) = delete;

    /// Answers a call. Throws std::runtime_error for a body that is no message.
    std::string answer(const Call& call);
    /// The host has closed the device for good.
    [[nodiscard]] bool closed() const { return closed_; }
    /// No kernel is at work.
    [[nodiscard]] bool idle() const;
    /// Answers calls until the host has closed the device or is gone. Throws std::runtime_error for
    /// what is no call.
    void serve(CallStream& stream);

  private:
    std::string load(const WireMessage& message);
    std::string allocate(const WireMessage& message);
    std::string release(const WireMessage& message);
    std::string copy_in(const WireMessage& message, std::uint32_t to, std::uint32_t data);
    std::string copy_out(std::uint64_t address, std::uint64_t bytes);
    std::string write_registers(std::uint64_t address, std::string_view words);
    std::string read_registers(std::uint64_t address, std::uint64_t bytes);
    std::string failed(const std::string& what);
    EmulatedUnit* unit_at(std::uint64_t address, std::uint64_t bytes);
    void watch();

    DeviceServerOptions options_;
    DeviceMemory memory_;
    std::vector<std::unique_ptr<EmulatedUnit>> units_;
    std::map<std::uint64_t, Descriptor> files_; ///< that hosts map for zero-copy buffers
    bool closed_ = false;
    std::mutex units_mutex_; ///< the watchdog looks at the units from its own thread
    std::condition_variable stopped_;
    bool stop_ = false;
    std::thread watchdog_;
};

} // namespace millrace::runtime
