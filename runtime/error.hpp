// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong at run time, as one exception type with a kind that programs can act on.
#pragma once

#include <stdexcept>
#include <string>

namespace millrace::runtime {

enum class ErrorKind {
    usage,       ///< a call or an option that makes no sense
    file,        ///< a file that cannot be read or written
    manifest,    ///< millrace.json is missing, broken, or of another format
    xclbin,      ///< not an xclbin, cut short, or of another kernel or design
    shape,       ///< arrays that are not the model's inputs
    value,       ///< a number without a result: not finite, or out of the model's range
    unsupported, ///< a host step that this runtime does not have
    no_device,   ///< the device is not there, or not built in
    device,      ///< the device failed: its process died, the kernel reached beyond its buffers
    timeout,     ///< the kernel did not finish in time; the session must be reopened
};

/// The kind's name as messages and the C interface have it: "usage", "file", ...
const char* to_string(ErrorKind kind);

class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] ErrorKind kind() const { return kind_; }

  private:
    ErrorKind kind_;
};

} // namespace millrace::runtime
