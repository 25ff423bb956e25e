// SPDX-License-Identifier: Apache-2.0
//
// A compute unit of an emulated device: a kernel with a thread of its own that works while the
// kernel has something to do, behind registers that the host reads and writes at any time.
#pragma once

#include "runtime/devices/kernel_library.hpp"
#include "runtime/emulation/device_memory.hpp"
#include "runtime/emulation/embedded_metadata.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace millrace::runtime {

class EmulatedUnit {
  public:
    /// Called once with what went wrong, from any thread, when the kernel fails or reaches beyond
    /// the buffers. The device process ends itself there.
    using Fatal = std::function<void(const std::string&)>;

    /// Throws Error(ErrorKind::device) when the kernel does not start. `memory` and what `fatal`
    /// uses must outlive it.
    EmulatedUnit(InstanceInfo info, std::shared_ptr<const KernelLibrary> library,
                 DeviceMemory& memory, Fatal fatal);
    EmulatedUnit(const EmulatedUnit&) = delete;
    EmulatedUnit& operator=(const EmulatedUnit&) = delete;
    /// Waits for the current advance() call.
    ~EmulatedUnit();

    [[nodiscard]] const InstanceInfo& info() const { return info_; }
    void write(std::uint32_t offset, std::uint32_t value);
    /// Never waits for the kernel at offset 0: while it is inside advance(), the control word reads
    /// as started. XRT polls this word of all compute units by turns, over one connection.
    [[nodiscard]] std::uint32_t read(std::uint32_t offset);
    /// How long the kernel has been at work since the last start; zero when it is not.
    [[nodiscard]] std::chrono::milliseconds at_work() const;
    /// How long the advance() call under way has lasted; zero when there is none.
    [[nodiscard]] std::chrono::milliseconds in_step() const;

  private:
    void serve();
    std::uint32_t read_control();
    void fail(const std::string& what);
    int access_failed(const char* what, std::uint64_t address, std::size_t bytes);
    static int read_memory(void* context, std::uint64_t address, void* to, std::size_t bytes);
    static int write_memory(void* context, std::uint64_t address, const void* from,
                            std::size_t bytes);

    InstanceInfo info_;
    DeviceMemory& device_memory_;
    Fatal fatal_;
    millrace_memory memory_;
    std::mutex mutex_; ///< of the kernel and of all below
    std::condition_variable changed_;
    SimulatedKernel kernel_;
    bool busy_ = false;
    bool stop_ = false;
    bool failed_ = false;
    bool owed_ = false; ///< ap_ctrl_chain: the host has seen ap_done and not written ap_continue
    bool done_seen_ = false;       ///< ap_done has been read since the last start
    std::uint32_t taken_ = 0;      ///< bits that were read here and that the host has yet to read
    std::atomic<int> waiting_ = 0; ///< register accesses that want the kernel
    std::atomic<std::int64_t> since_ = 0;      ///< steady clock in ms of the last start; 0: idle
    std::atomic<std::int64_t> step_since_ = 0; ///< the same of the advance() call; 0: none
    std::thread thread_;
};

} // namespace millrace::runtime
