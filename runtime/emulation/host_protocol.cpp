// SPDX-License-Identifier: Apache-2.0
//
// Sequenced packets keep messages whole and in order without framing of our own.
#include "runtime/emulation/host_protocol.hpp"

#include "runtime/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace millrace::runtime {

namespace {

constexpr std::size_t largest_message = 128 * 1024;
constexpr std::size_t page = 4096;

} // namespace

Channel::Channel(Descriptor socket) : socket_(std::move(socket)), buffer_(largest_message) {}

std::pair<Descriptor, Descriptor> Channel::connect() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw Error(ErrorKind::device,
                    "cannot make a pair of sockets: " + std::generic_category().message(errno));
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

bool Channel::send(const WireWriter& message, int descriptor) {
    iovec part{const_cast<char*>(message.message().data()), message.message().size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
    }
    ssize_t sent = 0;
    do {
        sent = sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(part.iov_len);
}

std::optional<Channel::Received> Channel::receive() {
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t count = 0;
    do {
        count = recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return std::nullopt;
    }
    Received received;
    received.bytes.assign(buffer_.data(), static_cast<std::size_t>(count));
    for (cmsghdr* rights = CMSG_FIRSTHDR(&header); rights != nullptr;
         rights = CMSG_NXTHDR(&header, rights)) {
        if (rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
            received.descriptor = Descriptor(descriptor);
        }
    }
    return received;
}

std::string pack_manifest(const Manifest& manifest) {
    WireWriter writer;
    writer.bytes(1, manifest.kernel)
        .bytes(2, manifest.control_protocol)
        .number(3, manifest.control_bytes);
    for (const ArgumentInfo& argument : manifest.arguments) {
        writer.bytes(4, WireWriter()
                            .bytes(1, argument.name)
                            .number(2, argument.index)
                            .number(3, argument.offset)
                            .number(4, argument.bytes)
                            .number(5, argument.memory ? 1 : 0)
                            .message());
    }
    const auto port = [](const PortInfo& info) {
        return WireWriter()
            .bytes(1, info.name)
            .number(2, info.argument)
            .number(3, info.frame_bytes)
            .take();
    };
    for (const PortInfo& info : manifest.inputs) {
        writer.bytes(5, port(info));
    }
    for (const PortInfo& info : manifest.outputs) {
        writer.bytes(6, port(info));
    }
    for (const ComputeUnitInfo& unit : manifest.compute_units) {
        writer.bytes(7, unit.name);
    }
    return writer.take();
}

Manifest unpack_manifest(std::string_view bytes) {
    const auto parse = [](std::string_view part) {
        std::optional<WireMessage> result = WireMessage::parse(part);
        if (!result) {
            throw std::runtime_error("a malformed message");
        }
        return *std::move(result);
    };
    const WireMessage all = parse(bytes);
    Manifest manifest;
    manifest.kernel = all.text(1);
    manifest.control_protocol = all.text(2);
    manifest.control_bytes = static_cast<std::uint32_t>(all.number(3));
    for (const std::string_view part : all.all(4)) {
        const WireMessage argument = parse(part);
        manifest.arguments.push_back({argument.text(1),
                                      static_cast<std::uint32_t>(argument.number(2)),
                                      static_cast<std::uint32_t>(argument.number(3)),
                                      static_cast<std::uint32_t>(argument.number(4)),
                                      argument.number(5) != 0,
                                      {}});
    }
    const auto port = [&parse](std::string_view part) {
        const WireMessage info = parse(part);
        PortInfo result{};
        result.name = info.text(1);
        result.argument = static_cast<std::uint32_t>(info.number(2));
        result.frame_bytes = info.number(3);
        return result;
    };
    for (const std::string_view part : all.all(5)) {
        manifest.inputs.push_back(port(part));
    }
    for (const std::string_view part : all.all(6)) {
        manifest.outputs.push_back(port(part));
    }
    for (const std::string_view name : all.all(7)) {
        manifest.compute_units.push_back({std::string(name), 0, {}});
    }
    return manifest;
}

SharedMemory::SharedMemory(const KernelArguments& arguments, std::uint32_t capacity)
    : descriptor_(memfd_create("millrace-batch", MFD_CLOEXEC)) {
    map(arguments, capacity, true);
}

SharedMemory::SharedMemory(const KernelArguments& arguments, std::uint32_t capacity,
                           Descriptor descriptor)
    : descriptor_(std::move(descriptor)) {
    map(arguments, capacity, false);
}

SharedMemory::~SharedMemory() { munmap(data_, bytes_); }

void SharedMemory::map(const KernelArguments& arguments, std::uint32_t capacity, bool create) {
    std::vector<std::size_t> offsets;
    bytes_ = 0;
    const auto place = [&](const std::vector<KernelArguments::Memory>& ports) {
        for (const KernelArguments::Memory& port : ports) {
            offsets.push_back(bytes_);
            const std::size_t bytes = KernelArguments::bytes(port, capacity);
            if (bytes > std::numeric_limits<std::size_t>::max() / 2 - bytes_ - page) {
                throw Error(ErrorKind::usage, "the batch does not fit into memory");
            }
            bytes_ += (bytes + page - 1) / page * page;
        }
    };
    place(arguments.inputs);
    place(arguments.outputs);
    bytes_ = bytes_ == 0 ? page : bytes_;
    if (!descriptor_ || (create && ftruncate(descriptor_.get(), static_cast<off_t>(bytes_)) != 0)) {
        throw Error(ErrorKind::device,
                    "cannot make shared memory: " + std::generic_category().message(errno));
    }
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
    if (data_ == MAP_FAILED) {
        throw Error(ErrorKind::device,
                    "cannot map shared memory: " + std::generic_category().message(errno));
    }
    auto* data = static_cast<std::byte*>(data_);
    std::size_t next = 0;
    for (const KernelArguments::Memory& port : arguments.inputs) {
        inputs_.emplace_back(data + offsets[next++], KernelArguments::bytes(port, capacity));
    }
    for (const KernelArguments::Memory& port : arguments.outputs) {
        outputs_.emplace_back(data + offsets[next++], KernelArguments::bytes(port, capacity));
    }
}

} // namespace millrace::runtime
