// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"

namespace millrace::runtime {

const char* to_string(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return "usage";
    case ErrorKind::file:
        return "file";
    case ErrorKind::manifest:
        return "manifest";
    case ErrorKind::xclbin:
        return "xclbin";
    case ErrorKind::shape:
        return "shape";
    case ErrorKind::value:
        return "value";
    case ErrorKind::unsupported:
        return "unsupported";
    case ErrorKind::no_device:
        return "no_device";
    case ErrorKind::device:
        return "device";
    case ErrorKind::timeout:
        return "timeout";
    }
    return "unknown";
}

} // namespace millrace::runtime
