// SPDX-License-Identifier: Apache-2.0
//
// The description of a kernel inside an xclbin (section EMBEDDED_METADATA, XML): written from a
// manifest, and read back by the device process, which learns its compute units from it.
#pragma once

#include "runtime/manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

std::string embedded_metadata(const Manifest& manifest);

/// A compute unit in a device's address space.
struct InstanceInfo {
    std::string kernel;
    std::string name;
    std::uint64_t base = 0;  ///< of its control registers
    std::uint64_t bytes = 0; ///< of them
    bool chain = false;      ///< ap_ctrl_chain
};

/// The compute units of a description; elements and attributes that say nothing of them are passed
/// over. Throws std::runtime_error for text that is no such description.
std::vector<InstanceInfo> read_instances(std::string_view xml);

} // namespace millrace::runtime
