// SPDX-License-Identifier: Apache-2.0
//
// Calls and replies on the socket between XRT's emulation and the device process. A call is a
// packet of 14 bytes (field 1, fixed64: size of the body; field 2, fixed32: number of the call) and
// its body; a reply is 9 bytes (field 1, fixed64: size of the body; XRT reads exactly so many) and
// its body. Each side waits for the other, so there is never more than one call on the way.
#pragma once

#include "runtime/devices/process.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::runtime {

struct Call {
    std::uint32_t api = 0;
    std::string body;
};

class CallStream {
  public:
    explicit CallStream(Descriptor socket) : socket_(std::move(socket)) {}

    /// The next call; nothing when the other side has closed. Throws std::runtime_error for bytes
    /// that are no call, and for a call that is cut short.
    std::optional<Call> receive();
    /// False when the other side is gone.
    bool reply(std::string_view body);

  private:
    Descriptor socket_;
};

} // namespace millrace::runtime
