// SPDX-License-Identifier: Apache-2.0
//
// The size in a packet is checked before memory is taken: XRT cuts transfers into messages of 8 MiB
// (SW_EMU_PACKET_SIZE may change that), so a gigabyte is no message but garbage.
#include "runtime/emulation/call_stream.hpp"

#include "runtime/emulation/wire.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/types.h>

namespace millrace::runtime {

namespace {

constexpr std::size_t packet_bytes = 14;
constexpr char size_key = 1 << 3 | 1;
constexpr char api_key = 2 << 3 | 5;
constexpr std::uint64_t largest_body = std::uint64_t{1} << 30;

/// Bytes read; fewer than asked for only at the end.
std::size_t receive_all(int socket, char* to, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
        const ssize_t count = recv(socket, to + done, bytes - done, 0);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    return done;
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

} // namespace

std::optional<Call> CallStream::receive() {
    std::array<char, packet_bytes> packet{};
    const std::size_t read = receive_all(socket_.get(), packet.data(), packet.size());
    if (read == 0) {
        return std::nullopt;
    }
    if (read < packet.size() || packet[0] != size_key || packet[9] != api_key) {
        throw std::runtime_error("a packet that is no call");
    }
    const std::uint64_t size = fixed64(packet.data() + 1);
    Call call{fixed32(packet.data() + 10), {}};
    if (size > largest_body) {
        throw std::runtime_error("call " + std::to_string(call.api) + " of " +
                                 std::to_string(size) + " bytes");
    }
    call.body.resize(static_cast<std::size_t>(size));
    if (receive_all(socket_.get(), call.body.data(), call.body.size()) < call.body.size()) {
        throw std::runtime_error("call " + std::to_string(call.api) + " that is cut short");
    }
    return call;
}

bool CallStream::reply(std::string_view body) {
    std::string packet(1, size_key);
    append_fixed64(packet, body.size());
    if (body.size() <= 4096) { // one message for the many small ones
        packet.append(body);
        return send_all(socket_.get(), packet);
    }
    return send_all(socket_.get(), packet) && send_all(socket_.get(), body);
}

} // namespace millrace::runtime
