// SPDX-License-Identifier: Apache-2.0
//
// An xclbin for emulation: the sections that XRT reads, made from the same arguments, offsets,
// addresses and memories that the link step is given, and the simulation of the kernel (a shared
// library, kernel_abi.h) in the place of a bitstream. Equal inputs give equal bytes.
#pragma once

#include "runtime/manifest.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

/// The memories that an emulated device has: the manifest's, or one DDR where it names none.
std::vector<MemoryInfo> emulated_memories(const Manifest& manifest);

/// The file's bytes. Throws Error(ErrorKind::manifest) for what the format cannot hold.
std::string make_xclbin(const Manifest& manifest, std::string_view library);

/// Writes a file, from a library's file. Throws Error(ErrorKind::file) as well.
void write_xclbin(const std::filesystem::path& file, const Manifest& manifest,
                  const std::filesystem::path& library);

} // namespace millrace::runtime
