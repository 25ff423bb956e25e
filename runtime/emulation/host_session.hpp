// SPDX-License-Identifier: Apache-2.0
//
// The XRT process's side of a session: opens the device as the session says and runs its batches.
#pragma once

#include "runtime/emulation/host_protocol.hpp"

namespace millrace::runtime {

/// Serves until the session closes; an exit code. Ends the process when the session is gone.
int serve_host_session(Channel channel);

} // namespace millrace::runtime
