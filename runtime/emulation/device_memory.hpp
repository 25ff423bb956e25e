// SPDX-License-Identifier: Apache-2.0
//
// The memory of an emulated device: buffers at the addresses that XRT gave them. An access is good
// when one buffer holds all of it; everything else is an error of the host or the kernel, which
// real hardware would answer with another buffer's bytes. Safe for any number of threads; the bytes
// themselves are as safe as on a device: whoever reads while another writes gets either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

namespace millrace::runtime {

class DeviceMemory {
  public:
    /// A buffer; zero-filled, pages of the host are taken as they are touched. False when it
    /// overlaps another, is larger than an address space, or there is no memory.
    bool allocate(std::uint64_t address, std::uint64_t bytes);
    /// False when there is no buffer at this address.
    bool release(std::uint64_t address);
    void clear();

    bool read(std::uint64_t address, void* to, std::size_t bytes) const;
    bool write(std::uint64_t address, const void* from, std::size_t bytes);

    /// The buffers around an address, for messages.
    [[nodiscard]] std::string describe(std::uint64_t address) const;

  private:
    struct Unmap {
        std::size_t bytes = 0;
        void operator()(std::byte* data) const;
    };
    struct Buffer {
        std::uint64_t bytes;
        std::unique_ptr<std::byte, Unmap> data;
    };
    /// Null when no buffer holds all of it. The mutex must be held.
    [[nodiscard]] std::byte* find(std::uint64_t address, std::size_t bytes) const;

    mutable std::shared_mutex mutex_;
    std::map<std::uint64_t, Buffer> buffers_;
};

} // namespace millrace::runtime
