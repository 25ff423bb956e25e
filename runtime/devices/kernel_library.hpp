// SPDX-License-Identifier: Apache-2.0
//
// Simulations of kernels as loaded shared libraries (kernel_abi.h). A library is unloaded when the
// last kernel and the last holder are gone, so no code is ever called after its library.
#pragma once

#include "runtime/kernel_abi.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace millrace::runtime {

class KernelLibrary {
  public:
    /// Loads a library. Throws Error(ErrorKind::device) when it cannot be loaded, is cut short, is
    /// no simulation of a kernel, or speaks another version of the interface.
    static std::shared_ptr<KernelLibrary> load(const std::filesystem::path& file);
    KernelLibrary(const KernelLibrary&) = delete;
    KernelLibrary& operator=(const KernelLibrary&) = delete;
    ~KernelLibrary();

    /// The kernel's name, as the library gives it.
    [[nodiscard]] std::string kernel_name() const;

  private:
    friend class SimulatedKernel;
    KernelLibrary(void* handle, const std::filesystem::path& file);

    void* handle_;
    decltype(&millrace_kernel_name) name_;
    decltype(&millrace_kernel_open) open_;
    decltype(&millrace_kernel_close) close_;
    decltype(&millrace_kernel_write) write_;
    decltype(&millrace_kernel_read) read_;
    decltype(&millrace_kernel_advance) advance_;
    decltype(&millrace_kernel_error) error_;
    decltype(&millrace_kernel_cycles) cycles_;
};

/// One kernel of a library; used by one thread at a time.
class SimulatedKernel {
  public:
    /// A kernel in reset, with a memory that must outlive it. Throws Error(ErrorKind::device).
    SimulatedKernel(std::shared_ptr<const KernelLibrary> library, const millrace_memory& memory);
    SimulatedKernel(const SimulatedKernel&) = delete;
    SimulatedKernel& operator=(const SimulatedKernel&) = delete;
    ~SimulatedKernel() { library_->close_(kernel_); }

    void write(std::uint32_t offset, std::uint32_t value) {
        library_->write_(kernel_, offset, value);
    }
    [[nodiscard]] std::uint32_t read(std::uint32_t offset) {
        return library_->read_(kernel_, offset);
    }
    /// As millrace_kernel_advance().
    [[nodiscard]] int advance() { return library_->advance_(kernel_); }
    /// Why it failed.
    [[nodiscard]] std::string error() const;
    [[nodiscard]] std::uint64_t cycles() const { return library_->cycles_(kernel_); }

  private:
    std::shared_ptr<const KernelLibrary> library_;
    millrace_kernel* kernel_;
};

/// Bits of the control word at offset 0.
namespace control {
inline constexpr std::uint32_t start = 1;
inline constexpr std::uint32_t done = 2;
inline constexpr std::uint32_t idle = 4;
inline constexpr std::uint32_t ready = 8;
inline constexpr std::uint32_t resume = 16; ///< ap_continue
} // namespace control

} // namespace millrace::runtime
