// SPDX-License-Identifier: Apache-2.0
//
// What a session and its supervised XRT process (millrace-xrt-host) say to each other: whole
// messages over a pair of connected sockets, and the memory of batches as shared memory. Both
// programs are of one build, so the messages have no versions.
#pragma once

#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/process.hpp"
#include "runtime/emulation/wire.hpp"
#include "runtime/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace::runtime {

enum class MessageKind : std::uint64_t {
    // to the XRT process
    open = 1,   ///< manifest, xclbin, device index
    make_batch, ///< batch, compute unit, capacity; with the shared memory
    start,      ///< batch, frames
    drop_batch, ///< batch
    close,
    // from its supervisor
    folder, ///< text: the temporary folder; or `failed`
    // from it
    opened, ///< description
    made,   ///< batch
    done,   ///< batch: the results are in the shared memory
    failed, ///< batch (0: the device), kind of error, text
};

namespace field {
inline constexpr std::uint32_t kind = 1;
inline constexpr std::uint32_t batch = 2;
inline constexpr std::uint32_t number = 3; ///< frames, device index, compute unit, kind of error
inline constexpr std::uint32_t capacity = 4;
inline constexpr std::uint32_t text = 5; ///< xclbin, folder, description, error
inline constexpr std::uint32_t manifest = 6;
} // namespace field

inline WireWriter message(MessageKind kind) {
    WireWriter writer;
    writer.number(field::kind, static_cast<std::uint64_t>(kind));
    return writer;
}

/// One end of the connection. Sending is for one thread at a time, receiving too.
class Channel {
  public:
    struct Received {
        std::string bytes;
        Descriptor descriptor; ///< that came with it
    };
    /// Two connected ends.
    static std::pair<Descriptor, Descriptor> connect();

    explicit Channel(Descriptor socket);
    /// False when the other side is gone.
    bool send(const WireWriter& message, int descriptor = -1);
    /// Nothing when the other side is gone.
    std::optional<Received> receive();
    [[nodiscard]] int get() const { return socket_.get(); }

  private:
    Descriptor socket_;
    std::vector<char> buffer_; ///< of receive(): its size is the limit of a message
};

/// The parts of a manifest that a device needs.
std::string pack_manifest(const Manifest& manifest);
/// Throws std::runtime_error.
Manifest unpack_manifest(std::string_view bytes);

/// The memory of a batch, shared by the two processes: all inputs, then all outputs, each from a
/// page's start.
class SharedMemory {
  public:
    /// New memory, zero-filled. Throws Error(ErrorKind::device), and as KernelArguments::bytes.
    SharedMemory(const KernelArguments& arguments, std::uint32_t capacity);
    /// The other process's memory.
    SharedMemory(const KernelArguments& arguments, std::uint32_t capacity, Descriptor descriptor);
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    [[nodiscard]] std::span<std::byte> input(std::size_t port) const { return inputs_.at(port); }
    [[nodiscard]] std::span<std::byte> output(std::size_t port) const { return outputs_.at(port); }
    [[nodiscard]] std::size_t inputs() const { return inputs_.size(); }
    [[nodiscard]] std::size_t outputs() const { return outputs_.size(); }
    [[nodiscard]] int get() const { return descriptor_.get(); }

  private:
    void map(const KernelArguments& arguments, std::uint32_t capacity, bool create);

    Descriptor descriptor_;
    void* data_ = nullptr;
    std::size_t bytes_ = 0;
    std::vector<std::span<std::byte>> inputs_;
    std::vector<std::span<std::byte>> outputs_;
};

} // namespace millrace::runtime
