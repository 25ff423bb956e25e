// SPDX-License-Identifier: Apache-2.0
//
// Each buffer is an anonymous mapping: the kernel of the host keeps it sparse, page by page, so
// that boards with gigabytes can be emulated on a small machine.
#include "runtime/emulation/device_memory.hpp"

#include <cstring>
#include <limits>
#include <mutex>
#include <sstream>
#include <sys/mman.h>

namespace millrace::runtime {

void DeviceMemory::Unmap::operator()(std::byte* data) const { munmap(data, bytes); }

bool DeviceMemory::allocate(std::uint64_t address, std::uint64_t bytes) {
    if (bytes == 0 || bytes > std::numeric_limits<std::size_t>::max() / 2 ||
        address > std::numeric_limits<std::uint64_t>::max() - bytes) {
        return false;
    }
    const std::unique_lock lock(mutex_);
    const auto next = buffers_.lower_bound(address);
    if (next != buffers_.end() && next->first - address < bytes) {
        return false;
    }
    if (next != buffers_.begin()) {
        const auto& [start, before] = *std::prev(next);
        if (address - start < before.bytes) {
            return false;
        }
    }
    const auto size = static_cast<std::size_t>(bytes);
    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) {
        return false;
    }
    buffers_.emplace(address, Buffer{bytes, {static_cast<std::byte*>(data), Unmap{size}}});
    return true;
}

bool DeviceMemory::release(std::uint64_t address) {
    const std::unique_lock lock(mutex_);
    return buffers_.erase(address) != 0;
}

void DeviceMemory::clear() {
    const std::unique_lock lock(mutex_);
    buffers_.clear();
}

std::byte* DeviceMemory::find(std::uint64_t address, std::size_t bytes) const {
    auto next = buffers_.upper_bound(address);
    if (next == buffers_.begin()) {
        return nullptr;
    }
    const auto& [start, buffer] = *std::prev(next);
    const std::uint64_t offset = address - start;
    return offset <= buffer.bytes && bytes <= buffer.bytes - offset ? buffer.data.get() + offset
                                                                    : nullptr;
}

bool DeviceMemory::read(std::uint64_t address, void* to, std::size_t bytes) const {
    const std::shared_lock lock(mutex_);
    const std::byte* from = find(address, bytes);
    if (from == nullptr) {
        return false;
    }
    std::memcpy(to, from, bytes);
    return true;
}

bool DeviceMemory::write(std::uint64_t address, const void* from, std::size_t bytes) {
    const std::shared_lock lock(mutex_);
    std::byte* to = find(address, bytes);
    if (to == nullptr) {
        return false;
    }
    std::memcpy(to, from, bytes);
    return true;
}

std::string DeviceMemory::describe(std::uint64_t address) const {
    const std::shared_lock lock(mutex_);
    std::ostringstream text;
    text << std::hex;
    const auto add = [&text](const char* where, const auto& entry) {
        text << (text.tellp() > 0 ? ", " : "") << where << " 0x" << entry.first << " to 0x"
             << entry.first + entry.second.bytes;
    };
    const auto next = buffers_.upper_bound(address);
    if (next != buffers_.begin()) {
        add("nearest buffer below", *std::prev(next));
    }
    if (next != buffers_.end()) {
        add("nearest buffer above", *next);
    }
    return text.tellp() > 0 ? text.str() : "there are no buffers";
}

} // namespace millrace::runtime
