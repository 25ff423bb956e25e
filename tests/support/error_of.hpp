// SPDX-License-Identifier: Apache-2.0
//
// The runtime's errors in tests.
#pragma once

#include "runtime/error.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace millrace::tests {

/// The error of a call; a failed test when there is none.
inline runtime::Error error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const runtime::Error& error) {
        return error;
    }
    FAIL_CHECK("no error");
    return {runtime::ErrorKind::usage, ""};
}

/// Checks that the error's message has this text.
inline void mentions(const std::exception& error, const std::string& text) {
    INFO(std::string(error.what()));
    CHECK(std::string(error.what()).find(text) != std::string::npos);
}

} // namespace millrace::tests
