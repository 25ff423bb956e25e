// SPDX-License-Identifier: Apache-2.0
//
// Why a device cannot be used any more. The first reason is the one that says what happened;
// whoever asks later, of whatever thread or batch, gets the same kind of error with the same
// message.
#pragma once

#include "runtime/error.hpp"

#include <string>

namespace millrace::runtime {

/// For one thread at a time.
class Loss {
  public:
    /// `name` stands in front of the messages; may be empty.
    explicit Loss(std::string name = {}) : name_(std::move(name)) {}

    /// A kernel that hangs is ErrorKind::timeout, all else ErrorKind::device.
    void set(ErrorKind kind, const std::string& reason) {
        if (reason_.empty()) {
            kind_ = kind;
            reason_ = reason;
        }
    }
    [[nodiscard]] bool lost() const { return !reason_.empty(); }
    /// Throws the Error, if there is one.
    void check() const {
        if (!lost()) {
            return;
        }
        const std::string front = name_.empty() ? "" : name_ + ": ";
        throw Error(kind_, kind_ == ErrorKind::timeout
                               ? front + reason_ + "; the device must be opened again"
                               : front + "the device is lost and must be opened again: " + reason_);
    }

  private:
    std::string name_;
    ErrorKind kind_ = ErrorKind::device;
    std::string reason_; ///< empty: the device is there
};

} // namespace millrace::runtime
